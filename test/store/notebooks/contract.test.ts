/** The records of notebooks in each store: one contract. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createBucketStore } from "../../../kernel-lib/src/store/bucket/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createCachedStore } from "../../../kernel-lib/src/store/memory/cached-store";
import { createMemoryStore } from "../../../kernel-lib/src/store/memory/memory-store";
import { notebookFileName } from "../../../kernel-lib/src/store/notebooks/notebook-record";
import type { NotebookRecord, Notebooks } from "../../../kernel-lib/src/store/store";
import { createTieredStore } from "../../../kernel-lib/src/store/tiered/tiered-store";
import { createMapBucket } from "../contract/map-bucket";

const base = mkdtempSync(join(tmpdir(), "stagebook-notebooks-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
const problems: string[] = [];
const onProblem = (message: string, where: string): void => void problems.push(`${message}: ${where}`);
const openDisk = () => createDiskStore({ folder: join(base, `${count++}`), onProblem });
const stores: readonly [string, () => Notebooks][] = [
  ["disk", openDisk],
  ["memory", () => createMemoryStore()],
  ["bucket", () => createBucketStore(createMapBucket(), { onProblem })],
  ["cached", () => createCachedStore(openDisk(), { maxBytes: 1000 })],
  ["tiered", () => createTieredStore({ local: openDisk(), shared: openDisk(), isReadOnly: false, onProblem })],
];

const recordOf = (id: string, path = "nb.ipynb"): NotebookRecord => ({
  id,
  uid: `uid of ${id}`,
  name: "nb.ipynb",
  places: [{ host: "", path, file: "1-2-3" }, { host: "other", path: "/x/nb.ipynb" }], // prettier-ignore
  marks: ["a1b2c3d4", "=xyz"],
  at: 12,
});

describe.each(stores)("[N1] records of notebooks: %s", (name, open) => {
  test("[N1] an empty store has none", async () => {
    expect(await open().notebooks()).toEqual([]);
  });

  test("[N1] what was added is found, whatever characters the id has", async () => {
    const store = open();
    const ids = ["nb.ipynb", "NB.ipynb", "größe.ipynb", "a/b", "x".repeat(300), ""];
    for (const id of ids) expect(await store.addNotebook(recordOf(id))).toBe(true);
    const found = await store.notebooks();
    expect([...found].sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([...ids].sort().map((id) => recordOf(id)));
  });

  test("[N1] of several that add one id, exactly one succeeds, and its record stays", async () => {
    const store = open();
    const added = await Promise.all([1, 2, 3, 4].map(async (n) => store.addNotebook(recordOf("nb.ipynb", `${n}`))));
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await store.notebooks()).toEqual([recordOf("nb.ipynb", `${added.indexOf(true) + 1}`)]);
  });

  test("[N1] an update replaces the record", async () => {
    const store = open();
    await store.addNotebook(recordOf("nb.ipynb"));
    await store.addNotebook(recordOf("other.ipynb"));
    await store.updateNotebook(recordOf("nb.ipynb", "moved.ipynb"));
    const found = await store.notebooks();
    expect(found.find(({ id }) => id === "nb.ipynb")).toEqual(recordOf("nb.ipynb", "moved.ipynb"));
    expect(found).toHaveLength(2);
  });

  test("[N1] records in files are there immediately", () => {
    expect(open().notebooks() instanceof Promise).toBe(name === "bucket");
  });
});

test("[C11] a damaged record is reported and belongs to nobody; temporary files are no records", async () => {
  const folder = join(base, `${count++}`);
  const store = createDiskStore({ folder, onProblem });
  await store.addNotebook(recordOf("nb.ipynb"));
  const file = join(folder, "notebooks", notebookFileName("nb.ipynb"));
  writeFileSync(file, `{"check":"${"0".repeat(64)}","record":{"id":"nb.ipynb"}}`);
  writeFileSync(join(folder, "notebooks", ".tmp-x"), "");
  problems.length = 0;
  expect(await store.notebooks()).toEqual([]);
  expect(problems).toEqual([`the record of a notebook is damaged; it is treated as absent: ${file}`]);
  expect(await store.addNotebook(recordOf("nb.ipynb", "again"))).toBe(true);
  expect(await store.notebooks()).toEqual([recordOf("nb.ipynb", "again")]);
  expect(readdirSync(join(folder, "notebooks")).sort()).toEqual([".tmp-x", notebookFileName("nb.ipynb")]);
});

test("[C11] the same in a bucket", async () => {
  const bucket = createMapBucket();
  const store = createBucketStore(bucket, { onProblem });
  await bucket.put(`notebooks/${notebookFileName("nb.ipynb")}`, Buffer.from("damaged"));
  expect(await store.notebooks()).toEqual([]);
  expect(await store.addNotebook(recordOf("nb.ipynb"))).toBe(true);
  expect(await store.notebooks()).toEqual([recordOf("nb.ipynb")]);
});
