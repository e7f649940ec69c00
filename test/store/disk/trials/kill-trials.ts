/** Processes killed at any moment of their work on a disk store: commits, files, claims, maintenance. */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { digestValue } from "../../../../kernel-lib/src/key/values/canonical";
import { digestOf } from "../../../../kernel-lib/src/key/digest";
import { v8Codec } from "../../../../kernel-lib/src/store/codecs/v8-codec";
import { createDiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { blobOf } from "../../contract/entries";

interface Trials {
  readonly folder: string;
  /** The compiled `store-writer.cjs`. */
  readonly writer: string;
  readonly trials: number;
  readonly writers: number;
  readonly seed: number;
}

/** Checks that no wrong value is loaded, no committed result is lost and leftovers are removed. Returns the number of committed results. */
export async function killWriters({ folder, writer, trials, writers, seed }: Trials): Promise<number> {
  const delays = fc.sample(fc.integer({ min: 0, max: 120 }), { seed, numRuns: trials * writers });
  const committed = new Set<number>();
  for (let trial = 0; trial < trials; trial++) {
    const killed = Array.from({ length: writers }, (_, at) =>
      startAndKill(writer, folder, trial * 100 + at * 3, delays[trial * writers + at] ?? 0, at),
    );
    for (const numbers of await Promise.all(killed)) for (const n of numbers) committed.add(n);
  }
  await expectAllExist(folder, committed);
  return committed.size;
}

async function expectAllExist(folder: string, committed: ReadonlySet<number>): Promise<void> {
  const warnings: string[] = [];
  const store = createDiskStore({ folder, onProblem: (message, where) => warnings.push(`${message}: ${where}`) });
  await store.sweep();
  for (const n of committed) {
    const entry = await store.findEntry(digestOf(`key ${n}`));
    const bytes = entry && (await store.readBlob(blobOf(entry)));
    const value = bytes && (v8Codec.decode(bytes) as { readonly n: number });
    expect(value?.n).toBe(n);
    expect(digestValue(value)).toBe(entry?.output.digest);
    for (const file of entry?.output.files ?? [])
      expect(await readFile((await store.filePath(file))!, "utf8")).toBe(`file of ${n}`);
    expect((await store.history({ notebook: "n", stage: `s${n % 3}` })).map((row) => row.at)).toContain(n);
  }
  await expectWholeEntries(folder, store);
  // The partial line of a killed process may be reported, but no result.
  expect(warnings.filter((message) => !message.includes("a line of the history"))).toEqual([]);
  // A claim whose process was killed between creating and writing the file is free only after 5 s.
  const left = async (): Promise<readonly string[]> => {
    await store.sweep();
    return leftoversIn(folder);
  };
  await expect.poll(left, { interval: 500 }).toEqual([]);
  await store.gc({});
  expect((await store.verify({ repair: true })).problems.filter(({ what }) => !what.includes("history"))).toEqual([]);
  expect((await store.verify({})).problems).toEqual([]);
}

/** The files of killed processes, without those of this one. */
async function leftoversIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const isLeft = (name: string): boolean => /\.(tmp|aside)-|^(holds|claims|live).|^scratch.[^/]*$/.test(name);
  return names.filter((name) => isLeft(name) && !name.includes(`-${process.pid}-`));
}

/** Every entry has its value, also those whose commit was not reported. */
async function expectWholeEntries(folder: string, store: ReturnType<typeof createDiskStore>): Promise<void> {
  for (const name of await readdir(join(folder, "entries-v1"))) {
    if (name.startsWith(".")) continue;
    const entry = await store.findEntry(name.slice(0, 64) as ReturnType<typeof digestOf>);
    const bytes = entry && (await store.readBlob(blobOf(entry)));
    expect(bytes && digestValue(v8Codec.decode(bytes)), name).toBe(entry?.output.digest);
  }
}

/**
 * Returns the numbers that the child reported as committed. It is killed `delayMs` after it has reported that it is ready and then
 * `commits` commits.
 */
async function startAndKill(
  writer: string,
  folder: string,
  start: number,
  delayMs: number,
  commits: number,
): Promise<readonly number[]> {
  const child = spawn(process.execPath, [writer, folder, String(start)], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    child.once("exit", resolve);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (timer === undefined && output.split("\n").length > 1 + commits)
        timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
    });
  });
  return output.split("\n").slice(1, -1).map(Number);
}
