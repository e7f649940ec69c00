/** A few processes on one store for some seconds; more and longer in `test/heavy`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workTogether } from "./trials/many-processes";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-processes-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

test("[R12] 4 processes for 1 s, same and different keys: 0 errors, each result computed once", async () => {
  // Six rounds at least: a key of all in each, and two of each process.
  expect((await workTogether(base, 4, 1000)).done).toBeGreaterThanOrEqual(6 + 4 * 2);
});
