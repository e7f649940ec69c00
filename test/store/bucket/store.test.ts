/** A store in a bucket when processes die, maintenance and writers interfere, and values are large or damaged. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { bucketStore, type Bucket, type HeadName, type Store } from "stagebook";
import { encodeRecord } from "../../../kernel-lib/src/store/records/entry-record";
import { hostTag } from "../../../kernel-lib/src/store/records/process-tag";
import { bytesOf, newBlob, withBlobs } from "../contract/contract-maintenance";
import { blobOf, load, resultOf } from "../contract/entries";
import { createMapBucket, type MapBucket } from "../contract/map-bucket";

const head: HeadName = { notebook: "n", stage: "s" };
const one = resultOf("one", { rows: [1, 2, 3] });

function open(bucket: Bucket): { readonly store: Store; readonly warnings: string[] } {
  const warnings: string[] = [];
  return {
    store: bucketStore(bucket, { onProblem: (message, where) => warnings.push(`${where}: ${message}`) }),
    warnings,
  };
}

async function putClaim(bucket: MapBucket, live: string): Promise<void> {
  const holder = { host: "elsewhere", pid: 7, ...head, since: 1 };
  const record = encodeRecord(["claim"], { token: "theirs", live, holder });
  await bucket.put(`claims/${one.entry.key}`, Buffer.from(record));
}

const isFree = async (store: Store): Promise<boolean> => "claim" in (await store.claim(one.entry.key, head));

describe("[R12] claims in a bucket", () => {
  test("[R12] the claim of a dead process of this machine, or of one without a live object, is free at once", async () => {
    for (const tag of [`${hostTag}-4194303-zzz`, "00000000-7-zzz", "no tag at all"]) {
      const bucket = createMapBucket();
      await putClaim(bucket, `${tag}.0123456789ab`);
      expect(await isFree(open(bucket).store)).toBe(true);
    }
  });

  test("[R12] the claim of a process of another machine lasts while heartbeats arrive, and is free within 5 s after the last", async () => {
    const bucket = createMapBucket();
    const id = "00000000-7-zzz.0123456789ab";
    await putClaim(bucket, id);
    const beat = (count: number): Promise<void> =>
      bucket.put(`live/${id}`, Buffer.from(encodeRecord(["live"], { beat: count, ahead: [], held: [] })));
    const { store } = open(bucket);
    for (let count = 0; count < 7; count++) {
      await beat(count);
      expect(await store.claim(one.entry.key, head)).toMatchObject({ holder: { host: "elsewhere" } });
      await sleep(1000);
    }
    await expect.poll(() => isFree(store), { timeout: 5000, interval: 200 }).toBe(true);
  });

  test("[R12] of many processes that ask for the claim of a dead one, exactly one gets it", async () => {
    const bucket = createMapBucket();
    await putClaim(bucket, `${hostTag}-4194303-zzz.0123456789ab`);
    const stores = Array.from({ length: 20 }, () => open(bucket).store);
    const outcomes = await Promise.all(stores.map((store) => store.claim(one.entry.key, head)));
    expect(outcomes.filter((outcome) => "claim" in outcome)).toHaveLength(1);
    for (const outcome of outcomes) if ("holder" in outcome) expect(outcome.holder.host).toBe(hostname());
  });

  test("[R12] finished work leaves no temporary objects", async () => {
    const bucket = createMapBucket();
    const { store } = open(bucket);
    const taken = await store.claim(one.entry.key, head);
    await store.commit(head, one.entry, one.blobs);
    if ("claim" in taken) await taken.claim.release();
    await (
      await store.hold(one.entry)
    )();
    const kinds = (): readonly string[] =>
      [...new Set([...bucket.objects.keys()].map((name) => name.split("/")[0]!))].sort();
    await expect.poll(kinds).toEqual(["blobs-v1", "entries-v1", "format.json", "heads"]);
  });
});

describe("[C13] maintenance of a bucket", () => {
  test("[C13] [R12] gc and clear among writers: every committed result that is found is complete, in any order", async () => {
    const bucket = slowed(createMapBucket());
    const stores = Array.from({ length: 4 }, () => open(bucket).store);
    const results = Array.from({ length: 6 }, (_, at) => resultOf(`n${at}`, { shared: at % 2 }));
    const works = stores.map(async (store, nth) => {
      for (let round = 0; round < 25; round++) {
        const result = results[(round + nth) % results.length]!;
        if (nth === 0) await store.gc({ keepPerStage: 1 });
        else if (nth === 1 && round % 3 === 0) await store.clear({ notebook: "n", stage: `${round % 4}` });
        else await store.commit({ notebook: "n", stage: `${nth}` }, result.entry, result.blobs);
      }
    });
    await Promise.all(works);
    const { store, warnings } = open(bucket);
    const states = await Promise.all(
      results.map(async ({ entry }) => {
        const found = await store.findEntry(entry.key);
        return found ? store.isWhole(found) : "absent";
      }),
    );
    expect(states).not.toContain(false);
    expect(warnings).toEqual([]);
    expect((await store.verify({})).problems).toEqual([]);
  });

  const large = newBlob(bytesOf("large ", 300_000));
  const old = withBlobs(one.entry, [large.ref]);
  const young = { ...withBlobs(resultOf("young", 1).entry, [large.ref]) };
  const other: HeadName = { notebook: "n", stage: "other" };

  test("[C13] a dry run uses what its own process knows, not what it has last announced", async () => {
    const bucket = createMapBucket();
    let release = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    const late = hooked(bucket, async (method, name) => {
      // The withdrawal of the announcement arrives late, after maintenance has read the announcements.
      if (method === "delete" && name.startsWith("live/")) await isReleased;
    });
    const { store } = open(late);
    await store.commit(head, old, [large]);
    expect(await store.gc({ maxBytes: 0, dryRun: true })).toMatchObject({ evictedEntries: 1 });
    release();
  });

  test("[C13] [R12] a value that another process is about to refer to is not removed, although the last result that had it is", async () => {
    const bucket = createMapBucket();
    await open(bucket).store.commit(head, old, [large]);
    const paused = hooked(bucket, async (method, name) => {
      // The writer has checked that the value exists, and has not written its entry yet.
      if (method === "put" && name === `entries-v1/${young.key}.json`) await open(bucket).store.clear(head);
    });
    await open(paused).store.commit(other, young, [large]);
    expect(await open(bucket).store.findEntry(old.key)).toBeUndefined();
    expect(await open(bucket).store.isWhole(young)).toBe(true);
  });

  test("[C13] [R12] a writer that needs a value that is being removed waits, and writes it again", async () => {
    const bucket = createMapBucket();
    await open(bucket).store.commit(head, old, [large]);
    let committing: Promise<void> | undefined;
    const polls = { count: 0 };
    const watched = hooked(bucket, async (method, name) => {
      if (method === "list" && name === "going/") polls.count++;
    });
    const paused = hooked(bucket, async (method, name) => {
      if (method !== "delete" || !name.startsWith("blobs-v1/")) return;
      committing = open(watched).store.commit(other, young, [large]);
      await expect.poll(() => polls.count).toBeGreaterThan(1);
    });
    expect(await open(paused).store.clear(head)).toBe(1);
    await committing;
    expect(await open(bucket).store.findEntry(young.key)).toEqual(young);
    expect(await open(bucket).store.isWhole(young)).toBe(true);
  });

  test("[C11] a missing, truncated or corrupted object is a miss, reported once, and can be stored again", async () => {
    for (const damage of ["delete", "truncate", "corrupt"]) {
      for (const kind of ["blobs-v1/", "entries-v1/"]) {
        const bucket = createMapBucket();
        const { store, warnings } = open(bucket);
        await store.commit(head, one.entry, one.blobs);
        const name = [...bucket.objects.keys()].find((each) => each.startsWith(kind))!;
        const bytes = Buffer.from(bucket.objects.get(name)!.bytes);
        if (damage === "delete") await bucket.delete(name);
        if (damage === "truncate") await bucket.put(name, bytes.subarray(0, bytes.length / 2));
        if (damage === "corrupt") await bucket.put(name, bytes.fill(0x41, 50, 60));
        for (const _ of [1, 2]) expect(await load(store, one)).toBe("nothing");
        expect(warnings).toHaveLength(damage === "delete" && kind === "entries-v1/" ? 0 : 1);
        await store.commit(head, one.entry, one.blobs);
        expect(await load(store, one)).toEqual(one.value);
        await (damage === "delete" ? bucket.delete(name) : bucket.put(name, bytes.subarray(0, 50)));
        const { problems } = await store.verify({ repair: true });
        expect(problems).toHaveLength(damage === "delete" && kind === "entries-v1/" ? 0 : 1);
        expect((await store.verify({})).problems).toEqual([]);
      }
    }
  });

  test("[Y6] a store of a newer format is rejected with a clear error", async () => {
    const bucket = createMapBucket();
    await bucket.put("format.json", Buffer.from(encodeRecord(["format"], { format: 99 })));
    await expect(open(bucket).store.findEntry(one.entry.key)).rejects.toMatchObject({ code: "store-format" });
    await expect(open(bucket).store.commit(head, one.entry, one.blobs)).rejects.toMatchObject({ code: "store-format" });
  });
});

describe("[C6] [C7] large values in a bucket", () => {
  test("[C6] [C7] values and files larger than an object are stored in parts, and read back complete", async () => {
    const folder = await mkdtemp(join(tmpdir(), "stagebook-parts-"));
    const bucket = createMapBucket();
    const { store } = open(bucket);
    const big = newBlob(bytesOf("a", 40_000_000), bytesOf("b", 30_000_000));
    await writeFile(join(folder, "big.bin"), bytesOf("c", 33_554_433));
    const file = await store.adoptFile(join(folder, "big.bin"), "big.bin");
    const plain = withBlobs(one.entry, [big.ref]);
    const entry = { ...plain, output: { ...plain.output, files: [file] } };
    await store.commit(head, entry, [big]);
    const parts = [...bucket.objects].filter(([name]) => name.startsWith("blobs-v1/"));
    expect(parts.map(([, { bytes }]) => bytes.byteLength).sort((a, b) => a - b)).toEqual([
      1,
      70_000_000 - 2 * 33_554_432,
      33_554_432,
      33_554_432,
      33_554_432,
    ]);
    const again = open(bucket);
    expect(Buffer.concat(big.pieces).equals((await again.store.readBlob(big.ref))!)).toBe(true);
    expect((await readFile((await again.store.filePath(file))!)).equals(bytesOf("c", 33_554_433))).toBe(true);
    expect(await again.store.verify({})).toMatchObject({ entries: 1, blobs: 2, problems: [] });
    await bucket.delete(parts[0]![0]);
    expect(await again.store.isWhole(entry)).toBe(parts[0]![0].endsWith("000001") ? false : true);
    expect([await open(bucket).store.readBlob(big.ref), await open(bucket).store.filePath(file)]).toContain(undefined);
    expect(await store.clear(head)).toBe(1);
    expect([...bucket.objects.keys()].filter((name) => name.startsWith("blobs-v1/"))).toEqual([]);
    await rm(folder, { recursive: true });
    expect(blobOf(entry)).toEqual(big.ref);
  });
});

/** A bucket with random delays, so that calls of several processes interleave. */
function slowed(bucket: Bucket): Bucket {
  return hooked(bucket, () => sleep(Math.random() * 3));
}

/** A bucket that calls `before` before each operation. */
function hooked(bucket: Bucket, before: (method: string, name: string) => Promise<void>): Bucket {
  const wrap =
    <T>(method: string, call: (name: string, ...args: never[]) => Promise<T>) =>
    async (name: string, ...args: never[]): Promise<T> => {
      await before(method, name);
      return call(name, ...args);
    };
  return {
    location: bucket.location,
    get: wrap("get", bucket.get),
    find: wrap("find", bucket.find),
    put: wrap("put", bucket.put as never),
    putIfAbsent: wrap("putIfAbsent", bucket.putIfAbsent as never),
    putIfSame: wrap("putIfSame", bucket.putIfSame as never),
    delete: wrap("delete", bucket.delete),
    list: async function* (prefix) {
      await before("list", prefix);
      yield* bucket.list(prefix);
    },
  };
}
