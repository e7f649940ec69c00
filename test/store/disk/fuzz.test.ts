/** A few thousand hostile inputs; a hundred thousand in `test/heavy`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fuzzStore } from "./trials/fuzz";

const seed = Number(process.env.STAGEBOOK_SEED ?? 20_261_120);

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-fuzz-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

test(`[Y5] 3,000 hostile records and blobs (seed ${seed}): no crash, no changed prototype, nothing outside the store`, async () => {
  expect(await fuzzStore(join(base, "store"), 3000, seed)).toBeGreaterThanOrEqual(3000);
});
