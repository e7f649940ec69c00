/** Processes killed at any moment of a write. */
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { digestValue } from "../../kernel-lib/src/key/canonical";
import { digestOf } from "../../kernel-lib/src/key/digest";
import { v8Codec } from "../../kernel-lib/src/store/codec";
import { createDiskStore } from "../../kernel-lib/src/store/disk-store";
import { compileStore } from "./compiled-store";
import { blobOf } from "./entries";

const TRIALS = 20;
const WRITERS = 2;

let base: string;
let writer: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "stagebook-kill-"));
  writer = await compileStore(join(base, "compiled"));
});
afterAll(async () => rm(base, { recursive: true, force: true }));

describe("[C12] kill -9", () => {
  const seed = Number(process.env.STAGEBOOK_SEED ?? 20_261_120);
  const delays = fc.sample(fc.integer({ min: 0, max: 120 }), { seed, numRuns: TRIALS * WRITERS });

  test(`[C12] ${TRIALS} times, ${WRITERS} writers each (seed ${seed}): nothing loads wrong, nothing committed is lost, leftovers are swept`, async () => {
    const folder = join(base, "store");
    const committed = new Set<number>();
    for (let trial = 0; trial < TRIALS; trial++) {
      const writers = Array.from({ length: WRITERS }, (_, at) =>
        startAndKill(folder, trial * 100 + at * 3, delays[trial * WRITERS + at] ?? 0, at),
      );
      for (const numbers of await Promise.all(writers)) for (const n of numbers) committed.add(n);
    }
    // Every second writer has committed something before its time runs.
    expect(committed.size).toBeGreaterThanOrEqual(TRIALS);

    const told: string[] = [];
    const store = createDiskStore({ folder, trouble: (message, where) => told.push(`${message}: ${where}`) });
    for (const n of committed) {
      const entry = await store.findEntry(digestOf(`key ${n}`));
      const bytes = entry && (await store.readBlob(blobOf(entry)));
      const value = bytes && (v8Codec.decode(bytes) as { readonly n: number });
      expect(value?.n).toBe(n);
      expect(digestValue(value)).toBe(entry?.output.digest);
      expect((await store.history({ notebook: "n", stage: `s${n % 3}` })).map((row) => row.at)).toContain(n);
    }
    await expectWholeEntries(folder, store);
    // The half-written line of a killed process may be told; no result is.
    expect(told.filter((message) => !message.includes("a line of the history"))).toEqual([]);

    await store.sweep();
    const left = await readdir(folder, { recursive: true });
    expect(left.filter((name) => name.includes(".tmp-"))).toEqual([]);
  }, 300_000);
});

/** Every entry that is there has its value, also of commits that nobody heard of. */
async function expectWholeEntries(folder: string, store: ReturnType<typeof createDiskStore>): Promise<void> {
  for (const name of await readdir(join(folder, "entries-v1"))) {
    if (name.startsWith(".")) continue;
    const entry = await store.findEntry(name.slice(0, 64) as ReturnType<typeof digestOf>);
    const bytes = entry && (await store.readBlob(blobOf(entry)));
    expect(bytes && digestValue(v8Codec.decode(bytes)), name).toBe(entry?.output.digest);
  }
}

/** Returns the numbers that the child said it had committed. The kill comes `delayMs` after it has said that it is ready and `commits` more. */
async function startAndKill(
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
