/** Each file of a store with every kind of file, damaged in each way: no wrong value is loaded, nothing crashes, and it can be repaired. */
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunId } from "../../../kernel-lib/src/protocol";
import type { DiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { bytesOf, newBlob, withBlobs } from "../contract/contract-maintenance";
import { isHeavy } from "../../rig/part";
import { blobOf, load, resultOf } from "../contract/entries";

let base: string;
let whole: string;
let names: readonly string[];
const warnings: string[] = [];
const opened: DiskStore[] = [];

const head = { notebook: "n", stage: "a" };
const [one, two, three] = [resultOf("one", { rows: [1, 2] }), resultOf("two", "a text"), resultOf("three", [3])];
const chunks = [newBlob(bytesOf("first", 3000)), newBlob(bytesOf("second", 70_000))];
const inChunks = withBlobs(resultOf("in chunks", 0).entry, chunks.map(({ ref }) => ref)); // prettier-ignore

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), "stagebook-damage-"));
  whole = join(base, "whole");
  const store = open(whole);
  const path = join(await store.scratchFolder(), "out.csv");
  await writeFile(path, "a,b\n");
  const file = await store.adoptFile(path, "out.csv");
  await store.commit(head, { ...one.entry, output: { ...one.entry.output, files: [file] } }, one.blobs);
  await store.commit({ ...head, stage: "b" }, two.entry, two.blobs);
  await store.commit(head, inChunks, chunks);
  await store.commit(head, three.entry, three.blobs);
  for (const result of [one, two]) await store.pin(result.entry.key, true);
  const release = await store.hold(inChunks);
  // The value of the third is evicted, its record stays.
  expect((await store.gc({ maxBytes: 0 })).evictedEntries).toBe(1);
  await release();
  await store.appendRun("r" as RunId, ["{}"]);
  await store.claim(three.entry.key, head);
  await store.hold(one.entry);
  await store.settled();
  names = await filesOf(whole);
});
afterAll(async () => rm(base, { recursive: true, force: true }));

function open(folder: string): DiskStore {
  const onProblem = (message: string, where: string): number => warnings.push(`${message}: ${relative(folder, where)}`);
  const store = createDiskStore({ folder, onProblem });
  opened.push(store);
  return store;
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found.filter((file) => file.isFile()).map((file) => relative(folder, join(file.parentPath, file.name))).sort(); // prettier-ignore
}

const damages: { readonly [name: string]: (path: string, other: string) => Promise<void> } = {
  "a flipped bit": async (path) => {
    const bytes = await readFile(path);
    if (bytes.length > 0) bytes[((bytes.length * 2) / 3) | 0]! ^= 4;
    await writeFile(path, bytes);
  },
  truncation: async (path) => truncate(path, Math.floor((await stat(path)).size / 2)),
  emptying: (path) => truncate(path, 0),
  appending: (path) => appendFile(path, "\0more"),
  deletion: (path) => rm(path),
  "a folder with its name": async (path) => {
    await rm(path);
    await mkdir(path);
  },
  "a swap with another": async (path, other) => {
    await rename(path, `${path}.aside`);
    await rename(other, path);
    await rename(`${path}.aside`, other);
  },
};

describe("[C11] every file of a store", () => {
  // In `npm test` each kind of damage strikes every third file, the next kind the next ones.
  test.each([...Object.keys(damages).entries()].map(([nth, damage]) => [damage, nth] as const))(
    "[C11] %s: no wrong value is loaded, nothing crashes, missing values are reported, everything can be repaired",
    async (damage, nth) => {
      for (const [at, name] of names.entries()) {
        if (!isHeavy && at % 3 !== nth % 3) continue;
        const folder = join(base, `${damage} ${at}`);
        await cp(whole, folder, { recursive: true, mode: 0 });
        await damages[damage]!(join(folder, name), join(folder, names[(at + 1) % names.length]!));
        await expectSound(folder, name);
        for (const store of opened.splice(0)) await store.settled();
        await rm(folder, { recursive: true, force: true });
      }
    },
  );
});

async function expectSound(folder: string, name: string): Promise<void> {
  warnings.length = 0;
  const store = open(folder);
  for (const result of [one, two]) {
    const value = await load(store, result);
    if (value === "nothing") expectReported(store, name, result.entry.key, blobOf(result.entry).digest);
    else expect(value).toEqual(result.value);
  }
  for (const { ref, pieces } of chunks) {
    const bytes = await store.readBlob(ref);
    if (bytes) expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
  }
  const file = (await store.findEntry(one.entry.key))?.output.files[0];
  const path = file && (await store.filePath(file));
  if (path !== undefined) expect(await readFile(path, "utf8")).toBe("a,b\n");
  await store.history(head);
  // A folder with the name of a needed file is reported as an error, and not repaired.
  if ((await stat(join(folder, name)).catch(() => undefined))?.isDirectory()) return;
  await store.partials();
  await store.readRun("r" as RunId);
  await store.pinned();
  await store.isWhole(three.entry);
  await store.gc({ dryRun: true, maxBytes: 0 });
  await store.verify({ repair: true });
  await store.gc({});
  for (const [at, result] of [one, two, three].entries())
    await store.commit({ ...head, stage: `new ${at}` }, result.entry, result.blobs);
  const again = open(folder);
  for (const result of [one, two, three]) expect(await load(again, result)).toEqual(result.value);
  expect((await again.verify({})).problems, name).toEqual([]);
}

/** A missing record means that the result never existed; everything else that is missing is reported. */
function expectReported(store: DiskStore, name: string, key: string, digest: string): void {
  const isGone = name.includes(key) && warnings.length === 0;
  if (!isGone)
    expect([warnings.join("\n"), name, store.location]).toSatisfy(() =>
      warnings.some((text) => text.includes(key) || text.includes(digest.slice(2))),
    );
}
