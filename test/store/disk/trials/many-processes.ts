/** Many processes on one store: each piece of work is done once, and nothing goes wrong. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { createDiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { compileStore } from "../compiled-store";

interface Answer {
  readonly done: number;
  readonly found: number;
  readonly waited: number;
  readonly told: readonly string[];
}

/** Returns how many pieces of work were done, and how often one waited for another. */
export async function workTogether(
  base: string,
  processes: number,
  forMs: number,
): Promise<{ readonly done: number; readonly waited: number }> {
  const [folder, record] = [join(base, "store"), join(base, "record")];
  const worker = await compileStore(join(base, "compiled"), "store-worker.cjs");
  const answers = await Promise.all(
    Array.from({ length: processes }, (_, id) => answerOf([worker, folder, record, String(forMs), String(id)])),
  );
  expect(answers.flatMap(({ told }) => told)).toEqual([]);
  const done = (await readFile(record, "utf8")).trim().split("\n");
  expect(new Set(done).size).toBe(done.length);
  expect(answers.reduce((sum, answer) => sum + answer.done, 0)).toBe(done.length);
  const store = createDiskStore({ folder, onProblem: (message, where) => expect.unreachable(`${message}: ${where}`) });
  expect(await store.verify({})).toMatchObject({ entries: done.length, problems: [] });
  return { done: done.length, waited: answers.reduce((sum, { waited }) => sum + waited, 0) };
}

async function answerOf(args: readonly string[]): Promise<Answer> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [said, wrong] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (wrong += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect({ code, wrong }).toEqual({ code: 0, wrong: "" });
  return JSON.parse(said) as Answer;
}
