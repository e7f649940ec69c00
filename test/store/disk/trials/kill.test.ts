/** Processes killed at any moment of a write; many more of them in `test/heavy`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileStore } from "../compiled-store";
import { killWriters } from "./kill-trials";

const TRIALS = 4;
const WRITERS = 2;
const seed = Number(process.env.STAGEBOOK_SEED ?? 20_261_120);

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-kill-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

describe("[C12] kill -9", () => {
  test(`[C12] ${TRIALS} times, ${WRITERS} writers each (seed ${seed}): no wrong value is loaded, no committed result is lost, leftovers are removed`, async () => {
    const writer = await compileStore(join(base, "compiled"));
    const trials = { folder: join(base, "store"), writer, trials: TRIALS, writers: WRITERS, seed };
    // Every second writer has committed something before its delay starts.
    expect(await killWriters(trials)).toBeGreaterThanOrEqual(TRIALS);
  });
});
