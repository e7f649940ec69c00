/** The size limit of a disk store. */
import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DiskStore } from "../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import { bytesOf } from "../contract/contract-maintenance";
import { blobOf, blobsOf, resultOf, withBytes } from "../contract/entries";

let base: string;
let folders = 0;
beforeAll(async () => (base = await mkdtemp(join(tmpdir(), "stagebook-limit-"))));
afterAll(async () => rm(base, { recursive: true, force: true, maxRetries: 5 }));

const head = { notebook: "n", stage: "s" };
const results = Array.from({ length: 30 }, (_, at) =>
  withBytes(resultOf(`${at}`, at).entry, bytesOf(`value ${at} `, 1000)),
);

interface Opened {
  readonly store: DiskStore;
  readonly warnings: string[];
  readonly commit: (at: number) => Promise<void>;
  readonly whole: () => Promise<readonly number[]>;
}

function open(maxBytes: number): Opened {
  const folder = join(base, String(folders++));
  const warnings: string[] = [];
  const store = createDiskStore({
    folder,
    maxBytes,
    onProblem: (message, where) => warnings.push(`${message}: ${where}`),
  });
  return {
    store,
    warnings,
    commit: async (at) => {
      const entry = results[at]!;
      await store.commit(head, entry, blobsOf(entry, bytesOf(`value ${at} `, 1000)));
      // As if each had been stored a minute after the one before.
      const usedAt = 1_700_000_000 + at * 60;
      await utimes(join(folder, "entries-v1", `${entry.key}.json`), usedAt, usedAt);
      await store.settled();
    },
    whole: async () => {
      const states = await Promise.all(results.map((entry) => store.isWhole(entry)));
      return states.flatMap((isWhole, at) => (isWhole ? [at] : []));
    },
  };
}

describe("[C13] the size limit", () => {
  test("[C13] the least recently used values are removed, the newest stay, and every record stays", async () => {
    const { store, warnings, commit, whole } = open(15_000);
    for (let at = 0; at < results.length; at++) {
      await commit(at);
      expect((await whole()).length).toBeLessThanOrEqual(15);
    }
    const left = await whole();
    expect(left).toEqual(results.map((_, at) => at).slice(-left.length));
    expect(left.length).toBeGreaterThanOrEqual(13);
    for (const entry of results) expect(await store.findEntry(entry.key)).toEqual(entry);
    // A value that was removed on purpose is not reported as a problem.
    expect(await store.readBlob(blobOf(results[0]!))).toBeUndefined();
    expect(warnings.filter((text) => !text.includes("missing"))).toEqual([]);
    expect((await store.verify({})).problems).toEqual([]);
  });

  test("[C13] pinned and held results stay, however old, also when they alone exceed the limit", async () => {
    const { store, commit, whole } = open(5000);
    for (let at = 0; at < 4; at++) await commit(at);
    for (let at = 0; at < 4; at++) await store.pin(results[at]!.key, true);
    await commit(4);
    const release = await store.hold(results[4]!);
    for (let at = 5; at < results.length; at++) await commit(at);
    expect((await whole()).slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
    expect((await whole()).length).toBeLessThanOrEqual(14);
    await release();
    expect((await store.gc({ maxBytes: 4000 })).keptBytes).toBe(4000);
    expect(await whole()).toEqual([0, 1, 2, 3]);
  });

  test("[C13] a recently used result outlives a newer one", async () => {
    const { store, commit, whole } = open(Infinity);
    for (let at = 0; at < 4; at++) await commit(at);
    await store.findEntry(results[0]!.key);
    await store.settled();
    expect((await store.gc({ maxBytes: 2000 })).evictedEntries).toBe(2);
    expect(await whole()).toEqual([0, 3]);
    expect((await store.gc({ olderThanMs: 3_600_000 })).removedEntries).toBe(3);
    expect(await whole()).toEqual([0]);
  });
});
