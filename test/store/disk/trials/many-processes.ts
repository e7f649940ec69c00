/** Many processes on one store: each result is computed once, and no errors occur. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { createDiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { compileStore } from "../compiled-store";

interface Outcome {
  readonly done: number;
  readonly found: number;
  readonly waited: number;
  readonly warnings: readonly string[];
}

/** Returns the number of computed results, and how often a process waited for another. */
export async function workTogether(
  base: string,
  processes: number,
  forMs: number,
): Promise<{ readonly done: number; readonly waited: number }> {
  const [folder, record] = [join(base, "store"), join(base, "record")];
  const worker = await compileStore(join(base, "compiled"), "store-worker.cjs");
  const outcomes = await Promise.all(
    Array.from({ length: processes }, (_, id) => outcomeOf([worker, folder, record, String(forMs), String(id)])),
  );
  expect(outcomes.flatMap(({ warnings }) => warnings)).toEqual([]);
  const done = (await readFile(record, "utf8")).trim().split("\n");
  expect(new Set(done).size).toBe(done.length);
  expect(outcomes.reduce((sum, outcome) => sum + outcome.done, 0)).toBe(done.length);
  const store = createDiskStore({ folder, onProblem: (message, where) => expect.unreachable(`${message}: ${where}`) });
  expect(await store.verify({})).toMatchObject({ entries: done.length, problems: [] });
  return { done: done.length, waited: outcomes.reduce((sum, { waited }) => sum + waited, 0) };
}

async function outcomeOf(args: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect({ code, errors }).toEqual({ code: 0, errors: "" });
  return JSON.parse(output) as Outcome;
}
