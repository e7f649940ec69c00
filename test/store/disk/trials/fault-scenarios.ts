/** Everything that writes to a disk store, with a fault at each file operation in turn, and what must hold afterwards. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { StagebookError } from "../../../../kernel-lib/src/protocol";
import type { DiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { bytesOf, newBlob, withBlobs } from "../../contract/contract-maintenance";
import { load, resultOf } from "../../contract/entries";
import type { FaultKind } from "./faulty-files";
import { faultyFiles } from "./faulty-files";

const head = { notebook: "analysis/quakes.ipynb", stage: "cleanRows" };
const other = { notebook: "analysis/quakes.ipynb", stage: "other" };
const one = resultOf("one", { rows: [1, 2, 3] });
const two = resultOf("two", { rows: ["a", "b"] });
const three = resultOf("three", { rows: "c".repeat(500) });
const chunks = [newBlob(bytesOf("chunk one")), newBlob(bytesOf("chunk two"), bytesOf("z", 90_000))];
const inChunks = withBlobs(resultOf("in chunks", 0).entry, chunks.map(({ ref }) => ref)); // prettier-ignore
const file = { name: "out.csv", digest: newBlob(bytesOf("a,b\n")).ref.digest, sizeBytes: 4 };
const withFile = { ...one.entry, key: two.entry.partial, output: { ...one.entry.output, files: [file] } };

interface Scenario {
  /** The work on the failing file system. */
  readonly work: (store: DiskStore) => Promise<unknown>;
  /** Results may be missing afterwards, which other scenarios do not allow. */
  readonly removes?: true;
  /** Never rejects, only reports problems. */
  readonly isQuiet?: true;
}

export const scenarios: { readonly [name: string]: Scenario } = {
  "a commit": { work: (store) => store.commit(head, one.entry, one.blobs) },
  "a commit of equal bytes": {
    work: (store) => store.commit(head, { ...one.entry, output: two.entry.output }, two.blobs),
  },
  "a commit of blobs that were put ahead": {
    work: async (store) => {
      for (const chunk of chunks) await store.putBlob(chunk);
      await store.commit(head, inChunks, []);
    },
  },
  "a file adopted and committed": {
    work: async (store) => {
      const path = join(await store.scratchFolder(), "out.csv");
      await writeFile(path, "a,b\n");
      expect(await store.adoptFile(path, "out.csv")).toEqual(file);
      await store.commit(head, withFile, one.blobs);
    },
  },
  "a touch": { work: (store) => store.touch(head, { key: two.entry.key, partial: two.entry.partial, at: 5 }) },
  "a pin": { work: (store) => store.pin(two.entry.key, true) },
  "a clear": { work: (store) => store.clear(other), removes: true },
  "a removal of values": { work: (store) => store.gc({ maxBytes: three.bytes.byteLength }), removes: true },
  "a removal of results": { work: (store) => store.gc({ keepPerStage: 0 }), removes: true },
  "a verification with repair": { work: (store) => store.verify({ repair: true }) },
  "a claim, a hold and a file path": {
    isQuiet: true,
    work: async (store) => {
      const claimed = await store.claim(one.entry.key, head);
      const release = await store.hold(two.entry);
      await store.filePath({ ...file, ...two.entry.output.blobs[0]! });
      expect(await load(store, two).catch(String)).toSatisfy(
        (value) => value === "nothing" || typeof value === "object",
      );
      await release();
      if ("claim" in claimed) await claimed.claim.release();
    },
  },
};

/** Lets every `step`th operation of a scenario fail in turn. Returns the number of faults that occurred. */
export async function exploreFaults(
  base: string,
  name: string,
  kind: FaultKind,
  code: string,
  step: number,
): Promise<number> {
  for (let at = 0, struck = 0; ; at += step) {
    const folder = await mkdtemp(join(base, "faults-"));
    const hasStruck = await strikeOnce(folder, scenarios[name]!, kind, code, at).catch((error: unknown) => {
      throw new Error(
        `${name}, ${kind} ${code} at operation ${at}: ${error instanceof Error ? (error.stack ?? "") : String(error)}`,
      );
    });
    await rm(folder, { recursive: true, force: true });
    if (!hasStruck) return struck;
    struck++;
  }
}

async function strikeOnce(
  folder: string,
  scenario: Scenario,
  kind: FaultKind,
  code: string,
  at: number,
): Promise<boolean> {
  const open = (): DiskStore => createDiskStore({ folder, onProblem: () => undefined });
  const before = open();
  for (const result of [two, three]) await before.commit(result === three ? head : other, result.entry, result.blobs);
  await before.settled();
  const meanwhile = async (): Promise<void> => {
    const store = open();
    await store.commit(head, two.entry, two.blobs);
    await store.settled();
  };
  const { fileSystem, hasStruck } = faultyFiles({ kind, at, code, meanwhile });
  const faulty = createDiskStore({ folder, onProblem: () => undefined, fileSystem });
  const error = await scenario.work(faulty).then(() => undefined, (thrown: unknown) => thrown); // prettier-ignore
  await faulty.settled();
  if (error !== undefined) expectActionable(error, folder, code);
  if (scenario.isQuiet) expect(error).toBeUndefined();
  const removes = scenario.removes === true;
  await expectWhole(open(), folder, { error, kind, removes, forgets: removes && kind === "onwards" && code === "ENOSPC" }); // prettier-ignore
  return hasStruck();
}

/** A system error that a user can act on. */
function expectActionable(error: unknown, folder: string, code: string): void {
  expect(error).toBeInstanceOf(StagebookError);
  const { code: kind, message, advice } = error as StagebookError;
  expect(kind).toBe("store-write");
  // The error about a missing part has no system code.
  if (!message.includes("no longer exists")) expect(message).toContain(code);
  expect(message).toContain(folder);
  expect(advice.length).toBeGreaterThan(10);
}

interface Outcome {
  readonly error: unknown;
  readonly kind: FaultKind;
  readonly removes: boolean;
  /** The disk is still full after the removal: which values were removed is noted nowhere, and they may be named as missing, once. */
  readonly forgets: boolean;
}

async function expectWhole(
  store: DiskStore,
  folder: string,
  { error, kind, removes, forgets }: Outcome,
): Promise<void> {
  await store.sweep();
  // A disk that confirms writes it did not do may lose the last ones; still no wrong value is loaded.
  const mayLose = removes || kind === "torn";
  for (const result of [two, three]) {
    const value = await load(store, result);
    if (!(mayLose && value === "nothing")) expect(value).toEqual(result.value);
  }
  const found = await load(store, one);
  if (found !== "nothing") expect([one.value, two.value]).toContainEqual(found);
  if (error !== undefined && kind !== "late") expect(found).toBe("nothing");
  for (const entry of [inChunks, withFile]) {
    if ((await store.findEntry(entry.key)) && kind !== "torn") expect(await store.isWhole(entry)).toBe(true);
  }
  const left = (await readdir(folder, { recursive: true })).filter((path) => /\.(tmp|aside)-/.test(path));
  expect(left, left.join()).toEqual([]);
  const { problems } = await store.verify({});
  const isForgotten = (what: string): boolean => forgets && /^its value .* is missing$/.test(what);
  if (kind !== "torn") expect(problems.filter(({ what }) => !isForgotten(what))).toEqual([]);
  await store.commit(head, one.entry, one.blobs);
  expect(await load(store, one)).toEqual(one.value);
  await store.commit(head, inChunks, chunks);
  expect(await store.isWhole(inChunks)).toBe(true);
  await store.verify({ repair: true });
  expect((await store.verify({})).problems).toEqual([]);
  await store.settled();
}
