/** Sixteen processes on one store for a minute. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { workTogether } from "../store/disk/trials/many-processes";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-sixteen-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

test("[R12] 16 processes for 60 s, same and different keys: 0 errors, each result computed once", async () => {
  const { done, waited } = await workTogether(base, 16, 60_000);
  console.log(`${done} results, each computed once; ${waited} waits for another process`);
  expect(done).toBeGreaterThan(200);
}, 240_000);
