/** A fault at file operations of everything that writes: some of them here, all of them in `test/heavy`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { exploreFaults, scenarios } from "./trials/fault-scenarios";

let base: string;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-each-fault-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

describe("[C12] a fault at an operation", () => {
  test.each(Object.keys(scenarios))(
    "[C12] of %s: all other results are complete, no wrong value is loaded, the error says what to do",
    async (name) => {
      expect(await exploreFaults(base, name, "once", "ENOSPC", orHeavy(13, 3))).toBeGreaterThan(0);
      expect(await exploreFaults(base, name, "onwards", "EIO", orHeavy(25, 7))).toBeGreaterThan(0);
      await exploreFaults(base, name, "torn", "EIO", orHeavy(35, 11));
    },
  );
});
