/** Processes killed at any moment of what they do with a disk store: commits, files, claims, upkeep. */
import { spawn } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { digestValue } from "../../../../kernel-lib/src/key/values/canonical";
import { digestOf } from "../../../../kernel-lib/src/key/digest";
import { v8Codec } from "../../../../kernel-lib/src/store/codecs/codec";
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

/** Checks that nothing loads wrong, nothing committed is lost and leftovers are swept. Returns how many results were committed. */
export async function killWriters({ folder, writer, trials, writers, seed }: Trials): Promise<number> {
  const delays = fc.sample(fc.integer({ min: 0, max: 120 }), { seed, numRuns: trials * writers });
  const committed = new Set<number>();
  for (let trial = 0; trial < trials; trial++) {
    const killed = Array.from({ length: writers }, (_, at) =>
      startAndKill(writer, folder, trial * 100 + at * 3, delays[trial * writers + at] ?? 0, at),
    );
    for (const numbers of await Promise.all(killed)) for (const n of numbers) committed.add(n);
  }
  await expectAllThere(folder, committed);
  return committed.size;
}

async function expectAllThere(folder: string, committed: ReadonlySet<number>): Promise<void> {
  const told: string[] = [];
  const store = createDiskStore({ folder, onProblem: (message, where) => told.push(`${message}: ${where}`) });
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
  // The half-written line of a killed process may be told; no result is.
  expect(told.filter((message) => !message.includes("a line of the history"))).toEqual([]);
  // A claim that was killed between its making and its writing is nobody's only after 5 s.
  const left = async (): Promise<readonly string[]> => {
    await store.sweep();
    return leftoversIn(folder);
  };
  await expect.poll(left, { interval: 500 }).toEqual([]);
  await store.gc({});
  expect((await store.verify({ repair: true })).problems.filter(({ what }) => !what.includes("history"))).toEqual([]);
  expect((await store.verify({})).problems).toEqual([]);
}

/** What killed processes left; what this one has is not meant. */
async function leftoversIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const isLeft = (name: string): boolean => /\.(tmp|aside)-|^(holds|claims|live).|^scratch.[^/]*$/.test(name);
  return names.filter((name) => isLeft(name) && !name.includes(`-${process.pid}-`));
}

/** Every entry that is there has its value, also of commits that nobody heard of. */
async function expectWholeEntries(folder: string, store: ReturnType<typeof createDiskStore>): Promise<void> {
  for (const name of await readdir(join(folder, "entries-v1"))) {
    if (name.startsWith(".")) continue;
    const entry = await store.findEntry(name.slice(0, 64) as ReturnType<typeof digestOf>);
    const bytes = entry && (await store.readBlob(blobOf(entry)));
    expect(bytes && digestValue(v8Codec.decode(bytes)), name).toBe(entry?.output.digest);
  }
}

/**
 * Returns the numbers that the child said it had committed. The kill comes `delayMs` after it has said that it is ready and so many
 * `commits` more.
 */
async function startAndKill(
  writer: string,
  folder: string,
  start: number,
  delayMs: number,
  commits: number,
): Promise<readonly number[]> {
  const child = spawn(process.execPath, [writer, folder, String(start)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  let timer: NodeJS.Timeout | undefined;
  await new Promise<void>((resolve) => {
    child.once("exit", resolve);
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (timer === undefined && said.split("\n").length > 1 + commits)
        timer = setTimeout(() => child.kill("SIGKILL"), delayMs);
    });
  });
  return said.split("\n").slice(1, -1).map(Number);
}
