/** The second half of the contract of `Store`: blobs ahead of their entry, files, claims, pins and maintenance. */
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../kernel-lib/src/key/digest";
import type { BlobRef, Entry, HeadName, NewBlob, Store } from "../../../kernel-lib/src/store/store";
import { runListOf } from "../../../kernel-lib/src/store/maintenance/run-choices";
import { runIdOf, type RunId } from "stagebook/protocol";
import { blobOf, load, resultOf, rowOf, withBytes } from "./entries";

const head: HeadName = { notebook: "analysis/quakes.ipynb", stage: "strong" };
const other: HeadName = { notebook: "other", stage: "strong" };
const one = resultOf("one", { rows: [1, 2, 3] });
const two = resultOf("two", "a text");
const three = resultOf("three", 3);

/** Bytes that are unique within a test. */
export function bytesOf(text: string, sizeBytes = text.length): Uint8Array {
  return Buffer.alloc(sizeBytes, text);
}

export function newBlob(...pieces: readonly Uint8Array[]): NewBlob {
  const whole = Buffer.concat(pieces);
  return { ref: { digest: digestOf(whole), sizeBytes: whole.byteLength }, pieces };
}

/** The entry with these blobs and no files. */
export function withBlobs(entry: Entry, blobs: readonly BlobRef[]): Entry {
  const sizeBytes = blobs.reduce((sum, ref) => sum + ref.sizeBytes, 0);
  return { ...entry, output: { ...entry.output, blobs, sizeBytes } };
}

export function describeValues(open: () => Promise<Store>): void {
  test("[C6] a result of several blobs, some put ahead, one of them twice", async () => {
    const store = await open();
    const blobs = [newBlob(bytesOf("a"), bytesOf("bc")), newBlob(), newBlob(bytesOf("long", 300_000), bytesOf("x"))];
    const ahead = [newBlob(bytesOf("first chunk")), newBlob(bytesOf("second chunk"), bytesOf("!", 70_000))];
    for (const blob of [...ahead, ahead[0]!]) await store.putBlob(blob);
    const refs = [...ahead, ...blobs, ahead[0]!].map(({ ref }) => ref);
    const entry = { ...withBlobs(one.entry, refs), output: { ...withBlobs(one.entry, refs).output, items: 7 } };
    await store.commit(head, entry, blobs);
    expect(await store.findEntry(entry.key)).toEqual(entry);
    expect(await store.isWhole(entry)).toBe(true);
    for (const blob of [...ahead, ...blobs]) {
      const whole = Buffer.concat(blob.pieces);
      expect(whole.equals((await store.readBlob(blob.ref))!)).toBe(true);
      const into = new Uint8Array(whole.byteLength);
      expect(await store.readBlob(blob.ref, into)).toBe(into);
      expect(whole.equals(into)).toBe(true);
    }
  });

  test("[C6] a result with a blob that was never written is rejected, and does not load", async () => {
    const store = await open();
    const entry = withBlobs(one.entry, [newBlob(bytesOf("never written")).ref]);
    await expect(store.commit(head, entry, [])).rejects.toMatchObject({ code: "store-write" });
    expect(await store.findEntry(entry.key)).toBeUndefined();
  });

  test("[C4] a blob that never existed is not found", async () => {
    const store = await open();
    const { ref } = newBlob(bytesOf("nowhere"));
    expect(await store.readBlob(ref)).toBeUndefined();
    expect(await store.isWhole(withBlobs(one.entry, [ref]))).toBe(false);
  });

  test("[C7] a file that a stage wrote is adopted, stored with the entry, and read under its name", async () => {
    const store = await open();
    const [folder, second] = [await store.scratchFolder(), await store.scratchFolder()];
    expect(folder).not.toBe(second);
    expect(await readdir(folder)).toEqual([]);
    const path = join(folder, "chart.svg");
    await writeFile(path, "<svg/>");
    const file = await store.adoptFile(path, "chart.svg");
    expect(file).toEqual({ name: "chart.svg", digest: digestOf("<svg/>"), sizeBytes: 6 });
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
    const entry = { ...one.entry, output: { ...one.entry.output, files: [file] } };
    await store.commit(head, entry, one.blobs);
    expect(await store.findEntry(entry.key)).toEqual(entry);
    const found = (await store.filePath(file))!;
    expect([basename(found), await readFile(found, "utf8")]).toEqual(["chart.svg", "<svg/>"]);
    expect((await stat(found)).mode & 0o222).toBe(0);
    expect(await store.filePath(file)).toBe(found);
    const renamed = await store.filePath({ ...file, name: "Ünï code .csv" });
    expect([basename(renamed!), await readFile(renamed!, "utf8")]).toEqual(["Ünï code .csv", "<svg/>"]);
    expect(await store.filePath({ ...file, digest: digestOf("other") })).toBeUndefined();
  });

  test("[C7] a name that leads to another folder is not a valid file name", async () => {
    const store = await open();
    const folder = await store.scratchFolder();
    for (const name of ["../up", "/etc/x", "a/b", "..", ".", "", "a\\b", "nul\0"]) {
      await writeFile(join(folder, "f"), "content");
      await expect(store.adoptFile(join(folder, "f"), name)).rejects.toMatchObject({ code: "file-output" });
    }
    await expect(store.adoptFile(join(folder, "absent"), "absent")).rejects.toMatchObject({ code: "file-output" });
    await expect(store.adoptFile(folder, "folder")).rejects.toMatchObject({ code: "file-output" });
  });
}

export function describeClaims(open: () => Promise<Store>): void {
  test("[R12] only one process at a time gets a claim, the others receive its holder and progress", async () => {
    const store = await open();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => store.claim(one.entry.key, head)));
    const claims = outcomes.flatMap((outcome) => ("claim" in outcome ? [outcome.claim] : []));
    expect(claims).toHaveLength(1);
    expect("claim" in (await store.claim(two.entry.key, head))).toBe(true);
    const holder = await holderOf(store, one.entry.key);
    expect(holder).toMatchObject({ ...head, pid: process.pid });
    claims[0]!.report({ done: 3, total: 10 });
    await expect.poll(async () => (await holderOf(store, one.entry.key))?.progress).toEqual({ done: 3, total: 10 });
    await claims[0]!.release();
    await claims[0]!.release();
    const again = await store.claim(one.entry.key, other);
    expect("claim" in again).toBe(true);
    await claims[0]!.release();
    expect(await holderOf(store, one.entry.key)).toMatchObject({ ...other });
  });
}

async function holderOf(store: Store, key: Entry["key"]) {
  const outcome = await store.claim(key, head);
  return "holder" in outcome ? outcome.holder : undefined;
}

export function describeMaintenance(open: () => Promise<Store>): void {
  const many = Array.from({ length: 6 }, (_, at) => {
    const result = resultOf(`many ${at}`, at);
    const bytes = bytesOf(`value ${at} `, 1000);
    const entry = withBytes({ ...result.entry, at: result.entry.at + at }, bytes);
    return { ...result, entry, bytes, blobs: [{ ref: blobOf(entry), pieces: [bytes] }] };
  });
  const commitMany = async (store: Store): Promise<void> => {
    for (const { entry, blobs } of many) await store.commit(head, entry, blobs);
  };
  const whole = async (store: Store): Promise<readonly number[]> => {
    const states = await Promise.all(
      many.map(async ({ entry }) => (await store.findEntry(entry.key)) !== undefined && store.isWhole(entry)),
    );
    return states.flatMap((isWhole, at) => (isWhole ? [at] : []));
  };

  test("[C13] gc without options removes nothing that an entry refers to", async () => {
    const store = await open();
    await commitMany(store);
    expect(await store.gc({})).toMatchObject({ dryRun: false, removedEntries: 0, removedBlobs: 0, freedBytes: 0, keptEntries: 6, keptBytes: 6000 }); // prettier-ignore
    expect(await whole(store)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("[C13] gc keeps the newest of each stage; a dry run reports what would be removed and removes nothing", async () => {
    const store = await open();
    await commitMany(store);
    await store.touch(other, rowOf(many[0]!));
    const noRuns = { removedRuns: 0, freedRunBytes: 0, keptRuns: 0, keptRunBytes: 0 };
    const wanted = { removedEntries: 3, removedBlobs: 3, freedBytes: 3000, keptEntries: 3, keptBytes: 3000, ...noRuns };
    expect(await store.gc({ keepPerStage: 2, dryRun: true })).toEqual({ dryRun: true, evictedEntries: 0, ...wanted });
    expect(await whole(store)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await store.gc({ keepPerStage: 2 })).toEqual({ dryRun: false, evictedEntries: 0, ...wanted });
    expect(await whole(store)).toEqual([0, 4, 5]);
  });

  test("[C13] a size limit removes values, not records; pinned and held results stay", async () => {
    const store = await open();
    await commitMany(store);
    await store.pin(many[0]!.entry.key, true);
    expect(await store.pinned()).toEqual(new Set([many[0]!.entry.key]));
    const release = await store.hold(many[1]!.entry);
    const report = await store.gc({ maxBytes: 0 });
    expect(report).toMatchObject({ removedEntries: 0, evictedEntries: 4, removedBlobs: 4, freedBytes: 4000, keptEntries: 6, keptBytes: 2000 }); // prettier-ignore
    expect(await whole(store)).toEqual([0, 1]);
    for (const { entry } of many) expect(await store.findEntry(entry.key)).toEqual(entry);
    await release();
    await store.pin(many[0]!.entry.key, false);
    expect((await store.gc({ maxBytes: 0 })).evictedEntries).toBe(2);
    await store.commit(head, many[2]!.entry, many[2]!.blobs);
    expect(await whole(store)).toEqual([2]);
    expect((await store.verify({})).problems).toEqual([]);
  });

  test("[C13] a blob that was put ahead of its entry stays; the blobs of a cleared result are removed", async () => {
    const store = await open();
    const ahead = newBlob(bytesOf("put ahead"));
    await store.putBlob(ahead);
    await commitMany(store);
    await store.pin(many[3]!.entry.key, true);
    expect(await store.clear(head)).toBe(6);
    expect((await store.gc({})).removedBlobs).toBe(0);
    expect(await whole(store)).toEqual([3]);
    expect(await store.readBlob(ahead.ref)).toBeDefined();
    const entry = withBlobs(one.entry, [ahead.ref]);
    await store.commit(head, entry, []);
    expect(await store.isWhole(entry)).toBe(true);
    expect(await store.clear(head)).toBe(1);
    await store.gc({});
    expect(await store.isWhole(entry)).toBe(false);
  });

  test("[C13] verify counts everything and finds no problems; it reports progress, and can be stopped", async () => {
    const store = await open();
    await commitMany(store);
    await store.commit(other, one.entry, one.blobs);
    const steps: (readonly [number, number])[] = [];
    const report = await store.verify({ onProgress: (done, total) => steps.push([done, total]) });
    const sizeBytes = 6000 + one.bytes.byteLength;
    expect(report).toEqual({ entries: 7, blobs: 7, sizeBytes, problems: [], repaired: false });
    expect(steps.at(-1)?.[0]).toBe(steps.at(-1)?.[1]);
    expect(await store.verify({ repair: true })).toMatchObject({ problems: [], repaired: true });
    expect(await load(store, one)).toEqual(one.value);
    const signal = AbortSignal.abort();
    await expect(store.verify({ signal })).rejects.toMatchObject({ name: "AbortError" });
    await expect(store.gc({ maxBytes: 0, signal })).rejects.toMatchObject({ name: "AbortError" });
    expect(await load(store, one)).toEqual(one.value);
  });
}

/** Runs with ids as the engine creates them, of a process that does not exist. */
const runs = Array.from({ length: 6 }, (_, at) => runIdOf(1_700_000_000_000 + at, 4_000_000_000, at));

export function describeRunRemoval(open: () => Promise<Store>): void {
  const line = `{"type":"log:written","text":"${"x".repeat(76)}"}`;
  const record = async (store: Store, run: RunId, notebook: string): Promise<void> => {
    await store.appendRun(run, [line]);
    await store.appendRun(runListOf(notebook), [JSON.stringify({ id: run })]);
  };
  const existing = async (store: Store): Promise<readonly number[]> => {
    const found = await Promise.all(runs.map((run) => store.readRun(run)));
    return found.flatMap((lines, at) => (lines ? [at] : []));
  };
  const listed = async (store: Store, notebook: string): Promise<unknown> =>
    (await store.readRun(runListOf(notebook)))?.map((row) => runs.indexOf((JSON.parse(row) as { id: RunId }).id));

  test("[C13] gc without a rule for runs keeps them", async () => {
    const store = await open();
    for (const run of runs) await record(store, run, "n");
    const sizes = { removedRuns: 0, freedRunBytes: 0, keptRuns: 6, keptRunBytes: 6 * (line.length + 1) };
    expect(await store.gc({ keepPerStage: 1, maxBytes: 0 })).toMatchObject(sizes);
    expect(await existing(store)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("[C13] gc keeps the newest runs of each notebook, and removes the others from its list too", async () => {
    const store = await open();
    for (const run of runs.slice(0, 5)) await record(store, run, "Many runs/ünd more.ipynb");
    await record(store, runs[5]!, "other");
    const wanted = { removedRuns: 3, freedRunBytes: 3 * (line.length + 1), keptRuns: 3, keptRunBytes: 3 * (line.length + 1) }; // prettier-ignore
    expect(await store.gc({ keepRuns: 2, dryRun: true })).toMatchObject({ dryRun: true, ...wanted });
    expect(await existing(store)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await listed(store, "Many runs/ünd more.ipynb")).toEqual([0, 1, 2, 3, 4]);
    expect(await store.gc({ keepRuns: 2 })).toMatchObject({ dryRun: false, ...wanted });
    expect(await existing(store)).toEqual([3, 4, 5]);
    expect(await listed(store, "Many runs/ünd more.ipynb")).toEqual([3, 4]);
    expect(await listed(store, "other")).toEqual([5]);
    expect((await store.gc({ keepRuns: 0 })).removedRuns).toBe(3);
    expect(await existing(store)).toEqual([]);
    expect((await listed(store, "other")) ?? []).toEqual([]);
  });

  test("[C13] runs that are not old stay, and so do those that computed the newest or a pinned result", async () => {
    const store = await open();
    for (const run of runs) await record(store, run, "n");
    expect(await store.gc({ olderThanMs: 3_600_000, keepRuns: 0 })).toMatchObject({ removedRuns: 0, keptRuns: 6 });
    for (const [at, { entry, blobs }] of [one, two, three].entries())
      await store.commit(head, { ...entry, run: runs[at]! }, blobs);
    await store.pin(one.entry.key, true);
    expect(await store.gc({ keepRuns: 1 })).toMatchObject({ removedRuns: 3, keptRuns: 3 });
    expect(await existing(store)).toEqual([0, 2, 5]);
    expect(await listed(store, "n")).toEqual([0, 2, 5]);
  });

  test("[C13] a run in progress stays", async () => {
    const store = await open();
    const own = runIdOf(1_700_000_000_000, process.pid, 0);
    await store.appendRun(own, [line]);
    await store.appendRun(runs[0]!, [line]);
    expect(await store.gc({ olderThanMs: 0, keepRuns: 0 })).toMatchObject({ removedRuns: 0, keptRuns: 2 });
    expect(await store.readRun(own)).toEqual([line]);
  });
}

/** The complete second half, for one store. */
export function describeRest(name: string, open: () => Promise<Store>): void {
  describe(`[C4] the ${name} store`, () => {
    describeValues(open);
    describeClaims(open);
    describeMaintenance(open);
    describeRunRemoval(open);
  });
}
