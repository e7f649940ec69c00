/** A local store in front of a shared one: the contract, and how the two work together. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bucket } from "stagebook";
import { createBucketStore } from "../../../kernel-lib/src/store/bucket/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createMemoryStore } from "../../../kernel-lib/src/store/memory/memory-store";
import { createTieredStore } from "../../../kernel-lib/src/store/tiered/tiered-store";
import type { HeadName, Store } from "../../../kernel-lib/src/store/store";
import { describeStore } from "../contract/contract";
import { bytesOf, describeClaims, describeValues, newBlob, withBlobs } from "../contract/contract-maintenance";
import { load, resultOf, rowOf } from "../contract/entries";
import { createMapBucket } from "../contract/map-bucket";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-tiered-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const head: HeadName = { notebook: "analysis/quakes.ipynb", stage: "strong" };
const one = resultOf("one", { rows: [1, 2, 3] });
const two = resultOf("two", "a text");

interface Machine {
  readonly store: Store;
  readonly local: Store;
  readonly warnings: string[];
  /** Advances the clock. */
  advance(ms: number): void;
}

/** A machine with its own local store, in front of the shared bucket. */
function openMachine(bucket: Bucket, options: { readonly isReadOnly?: boolean; readonly local?: Store } = {}): Machine {
  const warnings: string[] = [];
  const onProblem = (message: string, where: string): void => void warnings.push(`${where}: ${message}`);
  let passed = 0;
  const local = options.local ?? createDiskStore({ folder: join(base, `local ${folders++}`), onProblem });
  const { isReadOnly } = options;
  const shared = createBucketStore(bucket, { onProblem, isReadOnly, throwsUnreachable: true });
  const clock = (): number => performance.now() + passed;
  const store = createTieredStore({ local, shared, onProblem, isReadOnly, clock });
  return { store, local, warnings, advance: (ms) => void (passed += ms) };
}

/** A bucket that can be disconnected. */
function createDisconnectableBucket() {
  const bucket = createMapBucket();
  const state = { isDown: false, calls: 0 };
  const proxy = new Proxy(bucket, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== "function") return method;
      return (...args: unknown[]) => {
        state.calls++;
        if (!state.isDown) return (method as (...all: unknown[]) => unknown).apply(target, args);
        if (name !== "list") return Promise.reject(new Error("connection refused"));
        return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("connection refused")) }) };
      };
    },
  });
  return { bucket: proxy, objects: bucket.objects, state };
}

describeStore("tiered", async () => openMachine(createMapBucket()).store);
describeStore("tiered, shared folder", async () => {
  const [local, shared] = ["own", "theirs"].map((name) =>
    createDiskStore({ folder: join(base, `${name} ${folders++}`), onProblem: () => undefined }),
  );
  return createTieredStore({ local: local!, shared: shared!, onProblem: () => undefined });
});
describe("[C4] the tiered store", () => {
  const open = async (): Promise<Store> => openMachine(createMapBucket(), { local: createMemoryStore() }).store;
  describeValues(open);
  describeClaims(open);
});

describe("[C19] machines that share a store", () => {
  test("[C19] a result of one machine is found by another, stored locally there, and then available without the shared store", async () => {
    const { bucket, state } = createDisconnectableBucket();
    const [a, b] = [openMachine(bucket), openMachine(bucket)];
    await a.store.commit(head, one.entry, one.blobs);
    expect(await b.store.findEntry(one.entry.key)).toEqual(one.entry);
    expect(await b.store.isWhole(one.entry)).toBe(true);
    expect(await b.local.findEntry(one.entry.key)).toBeUndefined();
    await b.store.touch(head, rowOf(one));
    expect(await load(b.store, one)).toEqual(one.value);
    state.isDown = true;
    expect(await load(b.local, one)).toEqual(one.value);
    expect(await load(b.store, one)).toEqual(one.value);
    expect(await b.store.history(head)).toEqual([rowOf(one)]);
    expect([...a.warnings, ...b.warnings]).toEqual([]);
  });

  test("[C19] two working copies share blobs and have their own histories", async () => {
    const shared = createMapBucket();
    const [a, b] = [openMachine(shared), openMachine(shared)];
    const same = { ...two.entry, output: one.entry.output };
    await a.store.commit(head, one.entry, one.blobs);
    await b.store.commit(head, same, one.blobs);
    expect((await a.store.history(head)).map(({ key }) => key)).toEqual([one.entry.key]);
    expect((await b.store.history(head)).map(({ key }) => key)).toEqual([two.entry.key]);
    expect([...shared.objects.keys()].filter((name) => name.startsWith("blobs-v1/"))).toHaveLength(1);
    expect(await a.store.clear(head)).toBe(1);
    expect(await load(a.store, one)).toBe("nothing");
    expect(await b.store.isWhole(same)).toBe(true);
    expect(await a.store.isWhole(same)).toBe(true);
  });

  test("[C7] [C6] files and chunks that were put ahead are copied as well", async () => {
    const shared = createMapBucket();
    const [a, b] = [openMachine(shared), openMachine(shared)];
    const chunks = [newBlob(bytesOf("first chunk")), newBlob(bytesOf("second chunk", 300_000))];
    for (const chunk of chunks) await a.store.putBlob(chunk);
    const path = join(await a.store.scratchFolder(), "chart.svg");
    await writeFile(path, "<svg/>");
    const file = await a.store.adoptFile(path, "chart.svg");
    const streamed = withBlobs(
      one.entry,
      chunks.map(({ ref }) => ref),
    );
    const entry = { ...streamed, output: { ...streamed.output, items: 2, files: [file] } };
    await a.store.commit(head, entry, []);
    expect(await b.store.findEntry(entry.key)).toEqual(entry);
    expect(await b.local.findEntry(entry.key)).toBeUndefined();
    const release = await b.store.hold(entry);
    for (const chunk of chunks)
      expect(Buffer.concat(chunk.pieces).equals((await b.store.readBlob(chunk.ref))!)).toBe(true);
    await release();
    await b.store.touch(head, rowOf(one));
    expect(await readFile((await b.store.filePath(file))!, "utf8")).toBe("<svg/>");
    expect(await b.local.isWhole(entry)).toBe(true);
    expect(await b.local.findEntry(entry.key)).toEqual(entry);
    expect([...a.warnings, ...b.warnings]).toEqual([]);
  });

  test("[C7] a blob stored locally is not read from the shared store, although a borrowed result has the same blob", async () => {
    const { bucket, state } = createDisconnectableBucket();
    const [a, b] = [openMachine(bucket), openMachine(bucket)];
    const write = async ({ store }: Machine) => {
      const path = join(await store.scratchFolder(), "chart.svg");
      await writeFile(path, "<svg/>");
      return store.adoptFile(path, "chart.svg");
    };
    const entry = { ...one.entry, output: { ...one.entry.output, files: [await write(a)] } };
    await a.store.commit(head, entry, one.blobs);
    expect(await b.store.findEntry(entry.key)).toEqual(entry);
    state.isDown = true;
    await b.store.putBlob(one.blobs[0]!);
    expect(await readFile((await b.store.filePath(await write(b)))!, "utf8")).toBe("<svg/>");
    expect(await b.store.isWhole(entry)).toBe(true);
    expect(await load(b.store, one)).toEqual(one.value);
  });

  test("[R12] identical work on two machines runs once: the other machine receives its holder", async () => {
    const shared = createMapBucket();
    const [a, b] = [openMachine(shared), openMachine(shared)];
    expect(await b.store.findEntry(one.entry.key)).toBeUndefined();
    const taken = await a.store.claim(one.entry.key, head);
    if (!("claim" in taken)) throw new Error("the claim was free");
    expect(await b.store.claim(one.entry.key, head)).toMatchObject({ holder: { ...head, pid: process.pid } });
    await a.store.commit(head, one.entry, one.blobs);
    await taken.claim.release();
    const after = await b.store.claim(one.entry.key, head);
    expect("claim" in after).toBe(true);
    expect(await b.store.findEntry(one.entry.key)).toEqual(one.entry);
  });

  test("[C4] nothing is ever written to a read-only shared store", async () => {
    const shared = createMapBucket();
    await openMachine(shared).store.commit(head, one.entry, one.blobs);
    shared.writes.length = 0;
    const { store, warnings } = openMachine(shared, { isReadOnly: true });
    expect(await load(store, one)).toEqual(one.value);
    await store.touch(head, rowOf(one));
    await store.commit(head, two.entry, two.blobs);
    await store.putBlob(newBlob(bytesOf("ahead")));
    await store.pin(one.entry.key, true);
    const taken = await store.claim(two.entry.key, head);
    if ("claim" in taken) await taken.claim.release();
    await (
      await store.hold(one.entry)
    )();
    await store.clear(head);
    expect(shared.writes).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("[C4] a shared store that cannot be reached is reported once, not used for a while, and used again", async () => {
    const { bucket, objects, state } = createDisconnectableBucket();
    const { store, warnings, advance } = openMachine(bucket);
    const taken = await store.claim(one.entry.key, head);
    state.isDown = true;
    expect(await store.findEntry(one.entry.key)).toBeUndefined();
    const { calls } = state;
    await store.commit(head, one.entry, one.blobs);
    if ("claim" in taken) await taken.claim.release();
    const results = Array.from({ length: 20 }, (_, at) => resultOf(`n${at}`, at));
    for (const { entry, blobs } of results) {
      expect(await store.findEntry(entry.key)).toBeUndefined();
      await store.commit(head, entry, blobs);
    }
    // Releasing the claim that was taken before is the only operation that must be tried.
    expect(state.calls - calls).toBeLessThan(8);
    advance(16_000);
    await Promise.all(results.map(({ entry }) => store.touch(head, { key: entry.key, partial: entry.partial, at: 1 })));
    expect(warnings).toEqual(["map: the shared store is not used for now (connection refused); next attempt in 15 s"]);
    state.isDown = false;
    advance(31_000);
    await store.commit(head, two.entry, two.blobs);
    expect([...objects.keys()]).toContain(`entries-v1/${two.entry.key}.json`);
    expect(warnings).toHaveLength(1);
    const again = await openMachine(bucket).store.claim(one.entry.key, head);
    expect("claim" in again).toBe(true);
  });
});
