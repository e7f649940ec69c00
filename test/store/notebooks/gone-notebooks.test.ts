/** Clean-up of notebooks whose files are gone: what is forgotten, and what another machine, user or notebook may still need. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBucketStore } from "../../../kernel-lib/src/store/bucket/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { runListOf } from "../../../kernel-lib/src/store/maintenance/run-choices";
import { fileNameOf } from "../../../kernel-lib/src/store/records/file-name";
import type { NotebookRecord, Store } from "../../../kernel-lib/src/store/store";
import { runIdOf } from "stagebook/protocol";
import { createMapBucket } from "../contract/map-bucket";
import { load, resultOf, rowOf } from "../contract/entries";

const DAY_MS = 86_400_000;
const old = Date.now() - 10 * DAY_MS;
/** How much later it is for the store. */
let laterMs = 0;
const onProblem = (message: string, where: string): never => {
  throw new Error(`${message}: ${where}`);
};

let base: string;
beforeEach(() => (laterMs = 0));
beforeEach(() => (base = mkdtempSync(join(tmpdir(), "stagebook-gone-"))));
afterEach(() => rmSync(base, { recursive: true, force: true }));

const stores: Readonly<Record<string, () => Store>> = {
  disk: () => createDiskStore({ folder: join(base, "store"), onProblem, now: () => Date.now() + laterMs }),
  bucket: () => createBucketStore(createMapBucket(), { onProblem, now: () => Date.now() + laterMs }),
};

/** A notebook on this machine: `file` is its path. */
const record = (id: string, file: string, host = hostname()): NotebookRecord => ({ id, uid: `uid-${id}`, name: id, places: [{ host, path: file }], marks: [], at: old }); // prettier-ignore

describe.each(Object.keys(stores))("[C13] notebooks whose files are gone, in a store on %s", (kind) => {
  const only = resultOf("only", "of the one that is gone");
  const shared = resultOf("shared", "of two notebooks");
  const run = runIdOf(old, 1, 1);

  /** A store with a notebook that is gone, and one whose file exists. */
  async function create(gone: NotebookRecord): Promise<Store> {
    const store = (stores[kind] as () => Store)();
    const here = join(base, "here.ipynb");
    writeFileSync(here, "{}");
    for (const each of [gone, record("here.ipynb", here)]) await store.addNotebook(each);
    for (const { entry, blobs } of [only, shared])
      await store.commit({ notebook: gone.id, stage: `s ${entry.key.slice(0, 4)}` }, entry, blobs);
    await store.touch({ notebook: "here.ipynb", stage: "other" }, rowOf(shared));
    await store.appendRun(run, ["{}"]);
    await store.appendRun(runListOf(gone.id), [JSON.stringify({ id: run })]);
    if (kind === "disk") {
      for (const folder of ["latest", join("params", "ann")])
        mkdirSync(join(base, "store", folder, fileNameOf(gone.id)), { recursive: true });
      writeFileSync(join(base, "store", "params", "ann", fileNameOf(gone.id), "n.json"), "{}");
    }
    await store.latestWritten?.();
    laterMs = 100 * DAY_MS;
    return store;
  }

  const ids = async (store: Store): Promise<readonly string[]> => (await store.notebooks()).map(({ id }) => id).sort();
  const historyOf = (store: Store, notebook: string, { entry }: typeof only) => store.history({ notebook, stage: `s ${entry.key.slice(0, 4)}` }); // prettier-ignore

  test("are kept without the option, and named by a dry run", async () => {
    const file = join(base, "gone.ipynb");
    const store = await create(record("gone.ipynb", file));
    expect(await store.gc({ keepPerStage: 5 })).not.toHaveProperty("removedNotebooks");
    const report = await store.gc({ goneForMs: 90 * DAY_MS, dryRun: true });
    expect(report.removedNotebooks).toMatchObject([{ notebook: "gone.ipynb", places: [file] }]);
    expect([report.removedEntries, report.removedRuns, await ids(store)]).toEqual([1, 1, ["gone.ipynb", "here.ipynb"]]);
    expect(await historyOf(store, "gone.ipynb", only)).toHaveLength(1);
  });

  test("are forgotten, with their histories, runs, links, values, and the results that nobody else has", async () => {
    const store = await create(record("gone.ipynb", join(base, "gone.ipynb")));
    const report = await store.gc({ goneForMs: 90 * DAY_MS });
    expect(report.removedNotebooks?.map(({ notebook }) => notebook)).toEqual(["gone.ipynb"]);
    expect(await ids(store)).toEqual(["here.ipynb"]);
    for (const each of [only, shared]) expect(await historyOf(store, "gone.ipynb", each)).toEqual([]);
    expect(await store.findEntry(only.entry.key)).toBeUndefined();
    expect(await load(store, shared)).toBe(shared.value);
    expect([report.removedRuns, await store.readRun(run), await store.readRun(runListOf("gone.ipynb"))]).toEqual([
      1,
      undefined,
      undefined,
    ]);
    if (kind === "disk")
      for (const folder of ["heads", "latest", join("params", "ann")])
        expect(existsSync(join(base, "store", folder, fileNameOf("gone.ipynb"))), folder).toBe(false);
    expect(await store.gc({ goneForMs: 0 })).toMatchObject({ removedNotebooks: [], removedEntries: 0 });
    expect((await store.verify({})).problems).toEqual([]);
  });

  test.each([
    ["seen on another machine", () => record("gone.ipynb", "/home/bob/gone.ipynb", "another-machine")],
    ["at one of two places", () => ({ ...record("gone.ipynb", join(base, "gone.ipynb")), places: [{ host: hostname(), path: join(base, "gone.ipynb") }, { host: hostname(), path: join(base, "here.ipynb") }], marks: [] })],
    ["without a place", () => ({ ...record("gone.ipynb", ""), places: [] })],
  ])("stay: %s", async (_what, make) => {
    const store = await create(make());
    const report = await store.gc({ goneForMs: 0 });
    expect([report.removedNotebooks, await ids(store)]).toEqual([[], ["gone.ipynb", "here.ipynb"]]);
    expect(await load(store, only)).toBe(only.value);
  }); // prettier-ignore

  test("stay while something of theirs was used within the time, or is pinned", async () => {
    const store = await create(record("gone.ipynb", join(base, "gone.ipynb")));
    expect((await store.gc({ goneForMs: 200 * DAY_MS })).removedNotebooks).toEqual([]);
    await store.pin(only.entry.key, true);
    expect((await store.gc({ goneForMs: 0 })).removedNotebooks).toEqual([]);
    await store.pin(only.entry.key, false);
    expect((await store.gc({ goneForMs: 0 })).removedNotebooks).toHaveLength(1);
  });

  test("come back when the file does: what is left is that of a new notebook", async () => {
    const file = join(base, "gone.ipynb");
    const store = await create(record("gone.ipynb", file));
    renameSync(join(base, "here.ipynb"), file);
    expect((await store.gc({ goneForMs: 0 })).removedNotebooks?.map(({ notebook }) => notebook)).toEqual(["here.ipynb"]); // prettier-ignore
    expect(await load(store, only)).toBe(only.value);
    expect(await store.addNotebook(record("here.ipynb", file))).toBe(true);
  });
});
