/** Three writers killed at any moment of commits, files, claims and maintenance. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compileStore } from "../store/disk/compiled-store";
import { killWriters } from "../store/disk/trials/kill-trials";

const TRIALS = 300;
const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000);

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-kills-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

test(`[C12] ${TRIALS} times 3 writers (seed ${seed}): 0 wrong values, 0 lost results, leftovers removed`, async () => {
  const writer = await compileStore(join(base, "compiled"));
  const committed = await killWriters({ folder: join(base, "store"), writer, trials: TRIALS, writers: 3, seed });
  console.log(`${TRIALS * 3} kills, ${committed} results committed and complete`);
  expect(committed).toBeGreaterThan(TRIALS);
}, 1_800_000);
