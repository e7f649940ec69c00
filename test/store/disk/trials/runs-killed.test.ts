/** Maintenance that stops forever at any of its operations on the list of a notebook's runs: the list keeps every remaining run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "stagebook/protocol";
import { createDiskStore, type DiskStore } from "../../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../../kernel-lib/src/store/files/file-system";
import { runListOf } from "../../../../kernel-lib/src/store/maintenance/run-choices";
import { faultyFiles } from "./faulty-files";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-killed-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const GONE = 4_000_000_000;
const list = runListOf("n");
const runs = Array.from({ length: 4 }, (_, at) => runIdOf(1_700_000_000_000 + at, GONE, at));
const rowOf = (at: number): string => JSON.stringify({ id: runs[at] });

const open = (folder: string, fileSystem?: FileSystem): DiskStore =>
  createDiskStore({ folder, onProblem: (message) => expect.fail(message), fileSystem });

async function withRuns(count: number): Promise<string> {
  const folder = join(base, String(folders++));
  const store = open(folder);
  for (const [at, run] of runs.slice(0, count).entries()) {
    await store.appendRun(run, ["{}"]);
    await store.appendRun(list, [rowOf(at)]);
  }
  await store.settled();
  return folder;
}

const never = new Promise<never>(() => undefined);

describe("[C13] gc of runs that stops forever", () => {
  test("[C13] at each of its operations: the list still has the earlier runs beside those that others append then", async () => {
    let reached = 0;
    for (let at = 0; ; at++) {
      const folder = await withRuns(3);
      let stopped = (): void => undefined;
      const isStopped = new Promise<"stopped">((resolve) => (stopped = () => resolve("stopped")));
      const meanwhile = (): Promise<never> => {
        stopped();
        return never;
      };
      const { fileSystem } = faultyFiles({ kind: "late", at, code: "", meanwhile });
      const ended = await Promise.race([
        isStopped,
        open(folder, fileSystem)
          .gc({ keepRuns: 2 })
          .then(() => "ended"),
      ]);
      const other = open(folder);
      await other.appendRun(list, [rowOf(3)]);
      expect((await other.readRun(list))?.slice(-3), `stopped at operation ${at}`).toEqual([
        rowOf(1),
        rowOf(2),
        rowOf(3),
      ]);
      if (ended === "ended") break;
      reached = at;
    }
    expect(reached).toBeGreaterThan(20);
  });
});
