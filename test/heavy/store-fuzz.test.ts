/** A hundred thousand hostile inputs for the disk store. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fuzzStore } from "../store/disk/trials/fuzz";

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 1_000_000);

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-fuzz-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

test(`[Y5] 100,000 hostile records and blobs (seed ${seed}): no crash, no changed prototype, bounded memory`, async () => {
  const before = process.memoryUsage().rss;
  const tried = await fuzzStore(join(base, "store"), 100_000, seed);
  const grown = Math.round((process.memoryUsage().rss - before) / 2 ** 20);
  console.log(`${tried} inputs, memory grew by ${grown} MB`);
  expect(tried).toBeGreaterThanOrEqual(100_000);
  expect(grown).toBeLessThan(400);
}, 1_800_000);
