/** Removal of the records of runs from a disk store: by age, next to other processes, and as seen in a pipeline's list of runs. */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, readdir, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createPipeline } from "stagebook";
import { runIdOf, type RunId } from "stagebook/protocol";
import { readRunLines, readRuns } from "../../../kernel-lib/src/events/run-files";
import { createDiskStore, type DiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { promptFiles } from "../../../kernel-lib/src/store/files/prompt-files";
import { tagOf } from "../../../kernel-lib/src/store/records/process-tag";
import { StorePaths } from "../../../kernel-lib/src/store/disk/folder";
import { DurableFiles } from "../../../kernel-lib/src/store/files/durable-files";
import { runListOf } from "../../../kernel-lib/src/store/maintenance/run-choices";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-runs-"))));
afterAll(async () => rm(base, { recursive: true, force: true }));

const DAY_MS = 86_400_000;
const GONE = 4_000_000_000;

function open(fileSystem = promptFiles): { readonly folder: string; readonly store: DiskStore } {
  const folder = join(base, String(folders++));
  return { folder, store: createDiskStore({ folder, onProblem: (message) => expect.fail(message), fileSystem }) };
}

/** Like FAT and some network file systems. */
const withoutLinks: FileSystem = {
  ...promptFiles,
  link: () => Promise.reject(Object.assign(new Error("EPERM: no links here"), { code: "EPERM" })),
};

async function writtenDaysAgo(folder: string, run: RunId, days: number): Promise<void> {
  const at = (Date.now() - days * DAY_MS) / 1000;
  await utimes(join(folder, "runs", `${run}.ndjson`), at, at);
}

describe("[C13] gc of runs in a disk store", () => {
  test("by age: runs not written for that long are removed, except the newest ones that must be kept", async () => {
    const { folder, store } = open();
    const runs = Array.from({ length: 5 }, (_, at) => runIdOf(1_700_000_000_000 + at, GONE, at));
    for (const [at, run] of runs.entries()) {
      await store.appendRun(run, ["{}"]);
      await store.appendRun(runListOf("n"), [JSON.stringify({ id: run })]);
      await writtenDaysAgo(folder, run, 50 - at * 10);
    }
    expect(await store.gc({ olderThanMs: 35 * DAY_MS, keepRuns: 4 })).toMatchObject({ removedRuns: 1, keptRuns: 4 });
    expect(await store.gc({ olderThanMs: 35 * DAY_MS })).toMatchObject({ removedRuns: 1, freedRunBytes: 3, keptRuns: 3 }); // prettier-ignore
    expect(await readdir(join(folder, "runs"))).toHaveLength(4);
    expect(await store.readRun(runListOf("n"))).toHaveLength(3);
  });

  test("a run without an end is removed when its process is dead and it was silent for a day", async () => {
    const { folder, store } = open();
    const other = await started();
    try {
      const dead = runIdOf(1_700_000_000_000, GONE, 0);
      const alive = runIdOf(1_700_000_000_000, other.pid ?? 0, 0);
      const own = runIdOf(1_700_000_000_000, process.pid, 0);
      const fresh = runIdOf(1_700_000_000_000, GONE, 1);
      for (const run of [dead, alive, own, fresh]) await store.appendRun(run, ["{}"]);
      for (const run of [dead, alive, own]) await writtenDaysAgo(folder, run, 2);
      const paths = new StorePaths(folder);
      await new DurableFiles().append(paths.live(tagOf(other.pid ?? 0)), ".\n", false);
      expect(await store.gc({ keepRuns: 1 })).toMatchObject({ removedRuns: 0 });
      expect(await store.gc({ keepRuns: 0 })).toMatchObject({ removedRuns: 1, keptRuns: 3 });
      expect(await store.readRun(dead)).toBeUndefined();
      for (const run of [alive, own, fresh]) expect(await store.readRun(run)).toEqual(["{}"]);
    } finally {
      other.kill();
    }
  });

  test("a process that writes a run is registered as live", async () => {
    const { folder, store } = open();
    await store.appendRun(runIdOf(0, process.pid, 0), ["{}"]);
    expect(await readdir(join(folder, "live"))).toEqual([tagOf(process.pid)]);
  });

  test.each([
    ["", promptFiles],
    [" without hard links", withoutLinks],
  ])("lines that are appended to a list while it is trimmed are not lost%s", async (_where, fileSystem) => {
    const { store } = open(fileSystem);
    const runs = Array.from({ length: 200 }, (_, at) => runIdOf(1_700_000_000_000 + at, GONE, at));
    const add = async (run: RunId): Promise<void> => {
      await store.appendRun(run, ["{}"]);
      await store.appendRun(runListOf("n"), [JSON.stringify({ id: run })]);
    };
    for (const run of runs.slice(0, 100)) await add(run);
    const adding = runs.slice(100).reduce((before, run) => before.then(() => add(run)), Promise.resolve());
    for (let keep = 100; keep > 0; keep -= 10) await store.gc({ keepRuns: keep });
    await adding;
    const listed = new Set(await store.readRun(runListOf("n")));
    const missing = [];
    for (const run of runs)
      if ((await store.readRun(run)) && !listed.has(JSON.stringify({ id: run }))) missing.push(run);
    expect(missing).toEqual([]);
  });

  test("a pipeline lists the remaining runs, and the log of a stage's newest result stays available", async () => {
    const { folder, store } = open();
    const p = createPipeline({ store: folder, notebook: "n" });
    const factor = p.param("factor", 0);
    const rows = p.stage("rows", { factor }, ({ factor }, { log }) => {
      log.info("made", { factor });
      return factor;
    });
    const apart = p.stage("apart", () => 1);
    await apart();
    for (const value of [1, 2, 3, 4]) {
      factor.set(value);
      await rows();
    }
    await expect.poll(async () => (await readRuns(store, "n")).length).toBe(5);
    const report = await p.gc({ keepRuns: 1 });
    // The first run computed the newest result of `apart`, the last one that of `rows`.
    expect(report).toMatchObject({ removedEntries: 0, removedRuns: 3, keptRuns: 2 });
    expect(report.freedRunBytes).toBeGreaterThan(1000);
    const left = await readRuns(store, "n");
    expect(left.map(({ targets }) => targets)).toEqual([["apart"], ["rows"]]);
    expect((await readRunLines(store, left[1]!.id)).map(({ message }) => message)).toEqual(["made"]);
    await expect(p.gc({ keepRuns: -1 })).rejects.toMatchObject({ code: "store-options" });
  });
});

/** A process that does nothing. */
async function started(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await new Promise((resolve) => child.once("spawn", resolve));
  return child;
}
