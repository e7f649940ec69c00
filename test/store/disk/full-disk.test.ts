/** Clean-up of a disk store on a full disk: nothing can be written there, and files can still be removed. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runIdOf } from "stagebook/protocol";
import { createDiskStore, type DiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { FileSystem } from "../../../kernel-lib/src/store/files/file-system";
import { runListOf } from "../../../kernel-lib/src/store/maintenance/run-choices";
import { load, resultOf } from "../contract/entries";
import { faultyFiles } from "./trials/faulty-files";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-full-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const head = { notebook: "n", stage: "a" };
const other = { notebook: "n", stage: "b" };
const [one, two, three] = [resultOf("one", { rows: [1, 2] }), resultOf("two", "a text"), resultOf("three", [3])];
const list = runListOf("n");
const runs = Array.from({ length: 3 }, (_, at) => runIdOf(1_700_000_000_000 + at, 4_000_000_000, at));

const open = (folder: string, fileSystem?: FileSystem): DiskStore =>
  createDiskStore({ folder, onProblem: () => undefined, ...(fileSystem && { fileSystem }) });

/** A store with results of two stages, three runs, and a blob that no result refers to. */
async function filled(): Promise<string> {
  const folder = join(base, String(folders++));
  const store = open(folder);
  await store.commit(head, one.entry, one.blobs);
  await store.commit(head, two.entry, two.blobs);
  await store.commit(other, three.entry, three.blobs);
  for (const run of runs) {
    await store.appendRun(run, ["{}"]);
    await store.appendRun(list, [JSON.stringify({ id: run })]);
  }
  await store.settled();
  return folder;
}

const full = (code: string): FileSystem => faultyFiles({ kind: "onwards", at: 0, code }).fileSystem;

describe.each(["ENOSPC", "EDQUOT"])("[C13] a full disk (%s)", (code) => {
  test("[C13] gc removes results, values and runs, and keeps the others", async () => {
    const folder = await filled();
    const report = await open(folder, full(code)).gc({ keepPerStage: 1, keepRuns: 1 });
    expect(report).toMatchObject({ removedEntries: 1, removedBlobs: 1, removedRuns: 2 });
    const store = open(folder);
    expect([await load(store, one), await load(store, two), await load(store, three)]).toEqual(["nothing", two.value, three.value]); // prettier-ignore
    expect((await store.verify({})).problems).toEqual([]);
    // The list could not be rewritten then; the next clean-up finds that the records of two runs are gone.
    await store.gc({ keepRuns: 1 });
    expect(await store.readRun(list)).toEqual([JSON.stringify({ id: runs[2] })]);
  });

  test("[C13] gc by size removes values; a later one reports nothing as damaged", async () => {
    const folder = await filled();
    const report = await open(folder, full(code)).gc({ maxBytes: 0 });
    expect(report).toMatchObject({ removedEntries: 0, evictedEntries: 3, removedBlobs: 3, keptBytes: 0 });
    expect(await load(open(folder), one)).toBe("nothing");
  });

  test("[C13] clear removes the stage's results and no other", async () => {
    const folder = await filled();
    expect(await open(folder, full(code)).clear(head)).toBe(2);
    const store = open(folder);
    expect([await load(store, one), await load(store, three)]).toEqual(["nothing", three.value]);
    expect(await readdir(join(folder, "heads", "n"))).toEqual(["b"]);
  });

  test("[C13] what is pinned or held stays, also then", async () => {
    const folder = await filled();
    const holder = open(folder);
    await holder.pin(one.entry.key, true);
    await holder.hold(two.entry);
    await open(folder, full(code)).gc({ keepPerStage: 0, maxBytes: 0 });
    const store = open(folder);
    expect([await load(store, one), await load(store, two), await load(store, three)]).toEqual([one.value, two.value, "nothing"]); // prettier-ignore
  });

  test("[C13] a verification names what is damaged; its repair removes it", async () => {
    const folder = await filled();
    const path = join(folder, "blobs-v1", one.entry.output.blobs[0]!.digest.slice(0, 2), one.entry.output.blobs[0]!.digest.slice(2)); // prettier-ignore
    const { writeFile } = await import("node:fs/promises");
    await writeFile(path, "damaged");
    expect((await open(folder, full(code)).verify({ repair: true })).problems).toHaveLength(1);
    expect(await load(open(folder), one)).toBe("nothing");
  });

  test("[C13] it waits for maintenance of another process", async () => {
    const folder = await filled();
    const before = open(folder);
    const { maintenanceKey } = await import("../../../kernel-lib/src/store/maintenance/maintenance-lock");
    const taken = await before.claim(maintenanceKey, { notebook: "", stage: "gc" });
    let hasEnded = false;
    const ending = open(folder, full(code))
      .gc({})
      .finally(() => (hasEnded = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(hasEnded).toBe(false);
    if ("claim" in taken) await taken.claim.release();
    await ending;
  });
});
