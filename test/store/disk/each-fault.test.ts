/** A fault at file operations of everything that writes: some of them here, all of them in `test/heavy`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exploreFaults, scenarios } from "./trials/fault-scenarios";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-each-fault-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

describe("[C12] a fault at an operation", () => {
  test.each(Object.keys(scenarios))(
    "[C12] of %s: all other results are complete, no wrong value is loaded, the error says what to do",
    async (name) => {
      expect(await exploreFaults(base, name, "once", "ENOSPC", 3)).toBeGreaterThan(2);
      expect(await exploreFaults(base, name, "onwards", "EIO", 7)).toBeGreaterThan(1);
      await exploreFaults(base, name, "torn", "EIO", 11);
    },
  );
});
