/** Maintenance that stops forever at any of its operations on the list of a notebook's runs: the list keeps every remaining run. */
import { appendFile, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "stagebook/protocol";
import { createDiskStore, type DiskStore } from "../../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../../kernel-lib/src/store/files/file-system";
import { promptFiles } from "../../../../kernel-lib/src/store/files/prompt-files";
import { runListOf } from "../../../../kernel-lib/src/store/maintenance/run-choices";
import { processTag, tagOf } from "../../../../kernel-lib/src/store/records/process-tag";
import { resultOf, rowOf as historyRowOf } from "../../contract/entries";
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

/** The work of `work`, stopped at its operation with that number; true when it ended before. */
async function stoppedAt(at: number, folder: string, work: (store: DiskStore) => Promise<unknown>): Promise<boolean> {
  let stopped = (): void => undefined;
  const isStopped = new Promise<false>((resolve) => (stopped = () => resolve(false)));
  const { fileSystem } = faultyFiles({ kind: "stopped", at, code: "", meanwhile: async () => stopped() });
  return Promise.race([isStopped, work(open(folder, fileSystem)).then(() => true)]);
}

/** As if this process were dead: what it has left behind gets the name of one that never lived. */
async function forgetProcess(folder: string): Promise<void> {
  for (const path of await readdir(folder, { recursive: true })) {
    if (!basename(path).includes(processTag)) continue;
    const name = basename(path).replace(processTag, tagOf(999_999_999));
    await rename(join(folder, path), join(folder, dirname(path), name));
  }
}

/** A store whose next append to a file of that name is written only when `end` is called: it has opened the file before. */
function slowAppender(folder: string, name: string): { readonly store: DiskStore; readonly end: () => void } {
  let end = (): void => undefined;
  const gate = new Promise<void>((resolve) => (end = resolve));
  const fileSystem: FileSystem = {
    ...promptFiles,
    open: async (path, flags, mode) => {
      const file = await promptFiles.open(path, flags, mode);
      if (basename(path) !== name) return file;
      const write = file.write.bind(file);
      return Object.assign(file, {
        write: async (...args: Parameters<typeof write>) => gate.then(() => write(...args)),
      });
    },
  };
  return { store: open(folder, fileSystem), end: () => end() };
}

describe("[C12] maintenance that is killed while another process appends", () => {
  test("[C12] at each operation of gc on a list of runs: no row of a run is lost", async () => {
    let reached = 0;
    for (let at = 0; ; at++) {
      const folder = await withRuns(3);
      const { store, end } = slowAppender(folder, "runs%20of%20n.ndjson");
      await store.appendRun(runs[3]!, ["{}"]);
      const appending = store.appendRun(list, [rowOf(3)]);
      const hasEnded = await stoppedAt(at, folder, (faulty) => faulty.gc({ keepRuns: 3 }));
      end();
      await appending;
      await forgetProcess(folder);
      const other = open(folder);
      await other.sweep();
      const rows = (await other.readRun(list)) ?? [];
      expect(new Set(rows.slice(-3)), `stopped at operation ${at}`).toEqual(new Set([rowOf(1), rowOf(2), rowOf(3)]));
      expect((await readdir(join(folder, "runs"))).filter((name) => name.startsWith("."))).toEqual([]);
      await other.settled();
      if (hasEnded) break;
      reached = at;
    }
    expect(reached).toBeGreaterThan(20);
  });

  test("[C12] at each operation of a repair of a history: no row is lost", async () => {
    const head = { notebook: "n", stage: "s" };
    const [one, two, late] = ["one", "two", "late"].map((name) => resultOf(name, name));
    let reached = 0;
    for (let at = 0; ; at++) {
      const folder = join(base, String(folders++));
      const begin = open(folder);
      for (const each of [one!, two!]) await begin.commit(head, each.entry, each.blobs);
      await begin.settled();
      await appendFile(join(folder, "heads", "n", "s"), "\ndamaged\n");
      const warns = createDiskStore({ folder, onProblem: () => undefined });
      const { store, end } = slowAppender(folder, "s");
      const appending = store.touch(head, historyRowOf(late!));
      await new Promise((resolve) => setTimeout(resolve, 5));
      const hasEnded = await stoppedAt(at, folder, (faulty) => faulty.verify({ repair: true }));
      end();
      await appending;
      await forgetProcess(folder);
      await warns.sweep();
      const keys = new Set((await warns.history(head)).map(({ key }) => key));
      expect(keys, `stopped at operation ${at}: ${await readFile(join(folder, "heads", "n", "s"), "utf8")}`).toEqual(
        new Set([one, two, late].map((each) => each!.entry.key)),
      );
      await warns.settled();
      if (hasEnded) break;
      reached = at;
    }
    expect(reached).toBeGreaterThan(20);
  });
});
