/** Each store against the contract, and what is specific to each. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RunId } from "../../../kernel-lib/src/protocol";
import { createCachedStore } from "../../../kernel-lib/src/store/memory/cached-store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createMemoryStore } from "../../../kernel-lib/src/store/memory/memory-store";
import { createNoneStore } from "../../../kernel-lib/src/store/memory/none-store";
import type { Store } from "../../../kernel-lib/src/store/store";
import { describeStore } from "./contract";
import { describeRest } from "./contract-maintenance";
import { blobOf, load, resultOf } from "./entries";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-stores-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

/** Any reported problem fails the test: nothing is damaged here. */
async function openDisk(): Promise<Store> {
  return createDiskStore({
    folder: join(base, `store ${folders++}`),
    onProblem: (message, where) => {
      throw new Error(`${message}: ${where}`);
    },
  });
}

describeStore("disk", openDisk);
describeStore("memory", async () => createMemoryStore());
describeRest("memory", async () => createMemoryStore());
describeStore("cached disk", async () => createCachedStore(await openDisk(), { maxBytes: 1_000_000 }));
describeStore("cached memory, with no room", async () => createCachedStore(createMemoryStore(), { maxBytes: 0 }));

describe("[C3] the none store", () => {
  test("[C3] it accepts everything and finds nothing", async () => {
    const store = createNoneStore();
    const one = resultOf("one", 1);
    const head = { notebook: "n", stage: "s" };
    await store.commit(head, one.entry, one.blobs);
    await store.touch(head, { key: one.entry.key, partial: one.entry.partial, at: 1 });
    await store.appendRun("r" as RunId, ["{}"]);
    expect(await load(store, one)).toBe("nothing");
    expect(await store.history(head)).toEqual([]);
    expect((await store.partials()).size).toBe(0);
    expect(await store.readRun("r" as RunId)).toBeUndefined();
    expect(await store.clear(head)).toBe(0);
  });
});

describe("[C5] the cached store", () => {
  const head = { notebook: "n", stage: "s" };

  /** Counts the reads that reach the store behind the cache. */
  function counted(): { readonly store: Store; readonly reads: string[] } {
    const reads: string[] = [];
    const memory = createMemoryStore();
    const store = Object.create(memory) as Store;
    store.readBlob = (blob, into) => {
      reads.push(blob.digest);
      return memory.readBlob(blob, into);
    };
    return { store, reads };
  }

  test("[C5] a value that was stored or loaded is not read from the store again", async () => {
    const { store, reads } = counted();
    const [one, two] = [resultOf("one", 1), resultOf("two", 2)];
    await store.commit(head, two.entry, two.blobs);
    const cached = createCachedStore(store, { maxBytes: 10_000 });
    await cached.commit(head, one.entry, one.blobs);
    for (const result of [one, two, one, two]) expect(await load(cached, result)).toBe(result.value);
    expect(reads).toEqual([blobOf(two.entry).digest]);
  });

  test("[C5] it never exceeds its size limit, drops the least recently used values first, and never caches a value above the limit", async () => {
    const { store, reads } = counted();
    const results = Array.from({ length: 20 }, (_, at) => resultOf(`n${at}`, String(at).padEnd(at < 19 ? 900 : 9000)));
    const cached = createCachedStore(store, { maxBytes: 5000 });
    for (const result of results) {
      await cached.commit(head, result.entry, result.blobs);
      expect(cached.keptBytes).toBeLessThanOrEqual(5000);
    }
    const kept = results.slice(14, 19);
    for (const result of [...kept, ...kept]) expect(await load(cached, result)).toBe(result.value);
    expect(reads).toEqual([]);
    expect(await load(cached, results[19]!)).toBe(results[19]!.value);
    expect(await load(cached, results[0]!)).toBe(results[0]!.value);
    expect(cached.keptBytes).toBeLessThanOrEqual(5000);
    expect(reads).toHaveLength(2);
  });

  test("[C5] cleared values are not cached", async () => {
    const cached = createCachedStore(createMemoryStore(), { maxBytes: 5000 });
    const one = resultOf("one", 1);
    await cached.commit(head, one.entry, one.blobs);
    await cached.clear(head);
    expect(cached.keptBytes).toBe(0);
    expect(await cached.readBlob(blobOf(one.entry))).toBeUndefined();
  });
});
