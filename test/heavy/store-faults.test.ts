/** A fault at each file operation of everything that writes to a disk store. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exploreFaults, scenarios } from "../store/disk/trials/fault-scenarios";

let base: string;
let faultCount = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-every-fault-"))));
afterAll(async () => {
  await rm(base, { recursive: true, force: true });
  console.log(`${faultCount} faults`);
});

const faults = [
  ...["ENOSPC", "EIO", "EMFILE", "EACCES"].flatMap((code) => [["once", code] as const, ["onwards", code] as const]),
  ...(["short", "torn", "late"] as const).map((kind) => [kind, "EIO"] as const),
];

describe.each(Object.keys(scenarios))("[C12] %s", (name) => {
  test.each(faults)(
    "[C12] %s %s at every operation: all other results are complete, no wrong value is loaded",
    async (kind, code) => {
      const count = await exploreFaults(base, name, kind, code, 1);
      faultCount += count;
      expect(count).toBeGreaterThan(5);
    },
    600_000,
  );
});
