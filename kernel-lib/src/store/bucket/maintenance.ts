/** Removes what a store in a bucket need not keep, and checks what it has. One process at a time removes anything. */
import type { Digest } from "../../protocol";
import { decodeEntry } from "../records/entry-record";
import type { EvictedBlobs } from "../records/evicted-blobs";
import type { GcOptions, GcReport, HeadName, VerifyOptions, VerifyReport } from "../store";
import {
  chooseEvictions,
  chooseRemovals,
  digestsOf,
  sizeOfAll,
  type Evictions,
  type UsedEntry,
} from "../maintenance/choices";
import { blobsOf, watched, type Watch } from "../disk/maintenance/survey";
import { inParallel } from "../turns";
import type { Bucket, BucketItem } from "./port";
import { listAll } from "./port";
import type { BucketBlobs } from "./blobs";
import type { BucketClaims } from "./claims";
import type { PendingRemovals } from "./pending-removals";
import type { BucketHeads } from "./heads";
import type { BucketLive } from "./live";
import { collectRuns } from "./run-removal";
import { BLOBS, blobName, blobOfName, ENTRIES, entryName, PENDING_REMOVALS, keyOfEntry } from "./names";
import { textOf } from "./records";
import type { BucketUses } from "./uses";

const BATCH = 1000;
const AT_ONCE = 16;

export interface BucketContext {
  readonly bucket: Bucket;
  readonly blobs: BucketBlobs;
  readonly heads: BucketHeads;
  readonly live: BucketLive;
  readonly going: PendingRemovals;
  readonly claims: BucketClaims;
  readonly evicted: EvictedBlobs;
  readonly uses: BucketUses;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pinned: () => Promise<ReadonlySet<Digest>>;
}

interface Surveyed extends UsedEntry {
  readonly item: BucketItem;
}

/** One blob with all of its parts. */
interface StoredBlob {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

interface BlobWork {
  /** All results that there were, also those that go. */
  readonly entries: readonly Surveyed[];
  readonly kept: readonly Surveyed[];
  readonly there: ReadonlyMap<Digest, StoredBlob>;
  readonly evictions: Evictions<Surveyed>;
}

export async function collectGarbage(options: GcOptions, parts: BucketContext): Promise<GcReport> {
  const dryRun = options.dryRun === true;
  if (!dryRun) await sweep(parts);
  const entries = await survey(parts, options);
  const removals = await findRemovals(entries, options, parts);
  const removed = new Set(dryRun ? removals : await discardEntries(removals, parts, options.signal));
  const kept = entries.filter((entry) => !removed.has(entry));
  const there = await storedBlobs(parts.bucket);
  const { maxBytes } = options;
  const evictions: Evictions<Surveyed> =
    maxBytes === undefined
      ? { entries: [], blobs: new Set<Digest>() }
      : chooseEvictions(kept, new Set(there.keys()), await spared(parts), maxBytes);
  const work = { entries, kept, there, evictions };
  const gone = dryRun ? await wouldGo(work, parts) : await discardBlobs(work, parts, options.signal);
  if (!dryRun) await parts.uses.sweep(new Set(kept.map(({ key }) => key)));
  const left = new Set([...there.keys()].filter((digest) => !gone.has(digest)));
  return {
    dryRun,
    removedEntries: removed.size,
    evictedEntries: evictions.entries.filter(({ blobs }) => blobs?.some(({ digest }) => gone.has(digest))).length,
    removedBlobs: gone.size,
    freedBytes: [...gone].reduce((sum, digest) => sum + (there.get(digest)?.sizeBytes ?? 0), 0),
    keptEntries: kept.length,
    keptBytes: sizeOfAll(kept, left),
    ...(await collectRuns(options, kept, parts)),
  };
}

/** Forgets the head's results, save what others still name, or is pinned or held. Returns how many results the head had. */
export async function clearHead(head: HeadName, parts: BucketContext): Promise<number> {
  const keys = await parts.heads.remove(head);
  const named = new Set((await parts.heads.all()).flat().map(({ key }) => key));
  const doomed = [...keys].filter((key) => !named.has(key));
  if (doomed.length === 0) return keys.size;
  const entries = await survey(parts, {});
  const gone = new Set(
    await discardEntries(
      entries.filter(({ key }) => doomed.includes(key)),
      parts,
    ),
  );
  const kept = entries.filter((entry) => !gone.has(entry));
  const theirs = new Set([...gone].flatMap((entry) => [...digestsOf(entry)]));
  const there = new Map([...(await storedBlobs(parts.bucket))].filter(([digest]) => theirs.has(digest)));
  await discardBlobs({ entries, kept, there, evictions: { entries: [], blobs: new Set() } }, parts);
  return keys.size;
}

export async function verifyBucket(options: VerifyOptions, parts: BucketContext): Promise<VerifyReport> {
  const { signal, onProgress } = options;
  const entries = await survey(parts, { signal });
  const there = await storedBlobs(parts.bucket);
  const sizes = new Map(entries.flatMap(({ blobs }) => blobs?.map((ref) => [ref.digest, ref.sizeBytes]) ?? []));
  const problems: { where: string; what: string }[] = [];
  const bad: Digest[] = [];
  const total = entries.length + there.size;
  const tell = (done: number): void => onProgress?.(entries.length + done, total);
  await watched([...there], { signal, onProgress: tell }, async ([digest, { sizeBytes, names }]) => {
    const state = await parts.blobs.check({ digest, sizeBytes: sizes.get(digest) ?? sizeBytes });
    if (state === "whole") return;
    problems.push({ where: names[0] ?? blobName(digest), what: "the stored value is damaged" });
    bad.push(digest);
  });
  const evicted = await parts.evicted.all();
  for (const { item, blobs } of entries) {
    if (!blobs) problems.push({ where: item.name, what: "the record is damaged" });
    for (const { digest } of blobs ?? [])
      if (!there.has(digest) && !evicted.has(digest))
        problems.push({ where: item.name, what: `its value ${digest.slice(0, 12)}… is not there` });
  }
  if (options.repair === true) await repair(entries, bad, there, parts);
  return {
    entries: entries.length,
    blobs: there.size,
    sizeBytes: [...there].reduce((sum, [digest, blob]) => sum + (bad.includes(digest) ? 0 : blob.sizeBytes), 0),
    problems: problems.sort((a, b) => (a.where < b.where ? -1 : 1)),
    repaired: options.repair === true,
  };
}

async function repair(
  entries: readonly Surveyed[],
  bad: readonly Digest[],
  there: ReadonlyMap<Digest, StoredBlob>,
  parts: BucketContext,
): Promise<void> {
  const missing = entries.flatMap(({ blobs }) => blobs?.filter(({ digest }) => !there.has(digest)) ?? []);
  await parts.evicted.write(new Set([...(await parts.evicted.all()), ...bad, ...missing.map(({ digest }) => digest)]));
  await discardEntries(
    entries.filter(({ blobs }) => !blobs),
    parts,
  );
  for (const digest of bad) await removeBlob(there.get(digest), parts.bucket);
}

/** Every record there is, in order of keys. */
async function survey({ bucket, uses }: BucketContext, watch: Watch): Promise<readonly Surveyed[]> {
  const items = (await listAll(bucket, ENTRIES)).filter(({ name }) => keyOfEntry(name));
  const usedAt = await uses.all();
  const found: Surveyed[] = [];
  await watched(items, { signal: watch.signal }, async (item) => {
    const entry = await surveyOne(item, usedAt, bucket);
    if (entry) found.push(entry);
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function surveyOne(
  item: BucketItem,
  usedAt: ReadonlyMap<Digest, number>,
  bucket: Bucket,
): Promise<Surveyed | undefined> {
  const key = keyOfEntry(item.name);
  const object = key && (await bucket.get(item.name));
  if (!object) return undefined;
  // Whoever signed it: another team's results keep their values.
  const entry = decodeEntry(key, textOf(object.bytes));
  return {
    key,
    item: { ...item, version: object.version },
    usedAtMs: Math.max(usedAt.get(key) ?? -Infinity, entry?.at ?? 0),
    blobs: entry && blobsOf(entry),
    run: entry?.run,
  };
}

async function findRemovals(
  entries: readonly Surveyed[],
  options: GcOptions,
  parts: BucketContext,
): Promise<readonly Surveyed[]> {
  const leave = await spared(parts);
  return chooseRemovals(entries, await parts.heads.all(), options, parts.now()).filter(({ key }) => !leave.has(key));
}

async function spared({ live, pinned }: BucketContext): Promise<ReadonlySet<Digest>> {
  const [{ held }, pins] = await Promise.all([live.inUse(), pinned()]);
  return new Set([...held, ...pins]);
}

/** Those that are spared by now, or were made anew since the survey, stay. Returns what went. */
async function discardEntries(
  entries: readonly Surveyed[],
  parts: BucketContext,
  signal?: AbortSignal,
): Promise<readonly Surveyed[]> {
  signal?.throwIfAborted();
  if (entries.length === 0) return [];
  const leave = await spared(parts);
  const removed: Surveyed[] = [];
  await inParallel(entries, AT_ONCE, async (entry) => {
    if (leave.has(entry.key)) return;
    const now = await parts.bucket.find(entryName(entry.key));
    if (now?.version !== entry.item.version) return;
    await parts.bucket.delete(entry.item.name);
    removed.push(entry);
  });
  return removed;
}

/** Removes the blobs that no result names, and the evicted ones. Returns what went. */
async function discardBlobs(work: BlobWork, parts: BucketContext, signal?: AbortSignal): Promise<ReadonlySet<Digest>> {
  const { there, evictions } = work;
  const candidates = candidatesOf(work);
  if (evictions.blobs.size > 0) await rememberEvicted(work, parts.evicted);
  const gone = new Set<Digest>();
  for (let at = 0; at < candidates.length; at += BATCH) {
    signal?.throwIfAborted();
    const batch = candidates.slice(at, at + BATCH);
    await parts.going.during(batch, async () => {
      const wanted = await findWanted(work, parts);
      await inParallel(batch, AT_ONCE, async (digest) => {
        if (wanted.has(digest)) return;
        await removeBlob(there.get(digest), parts.bucket);
        gone.add(digest);
      });
    });
  }
  return gone;
}

async function wouldGo(work: BlobWork, parts: BucketContext): Promise<ReadonlySet<Digest>> {
  const wanted = await findWanted(work, parts);
  return new Set(candidatesOf(work).filter((digest) => !wanted.has(digest)));
}

function candidatesOf({ kept, there, evictions }: BlobWork): readonly Digest[] {
  const named = new Set(kept.flatMap((entry) => [...digestsOf(entry)]));
  return [...there.keys()].filter((digest) => evictions.blobs.has(digest) || !named.has(digest));
}

/** Asked anew: what is announced, what pinned and held results have, and what results that came since the survey name. */
async function findWanted({ entries, evictions }: BlobWork, parts: BucketContext): Promise<ReadonlySet<Digest>> {
  // In this order: an announcement ends after its entry is there.
  const { ahead, held } = await parts.live.inUse();
  const pins = await parts.pinned();
  const wanted = new Set(ahead);
  for (const entry of evictions.entries)
    if (held.has(entry.key) || pins.has(entry.key)) for (const digest of digestsOf(entry)) wanted.add(digest);
  const known = new Map(entries.map(({ item }) => [item.name, item.version]));
  const news = (await listAll(parts.bucket, ENTRIES)).filter(({ name, version }) => known.get(name) !== version);
  await inParallel(news, AT_ONCE, async (item) => {
    const entry = await surveyOne(item, new Map(), parts.bucket);
    if (entry) for (const digest of digestsOf(entry)) wanted.add(digest);
  });
  return wanted;
}

async function removeBlob(blob: StoredBlob | undefined, bucket: Bucket): Promise<void> {
  // The last part first: without it the blob is not there.
  for (const name of [...(blob?.names ?? [])].reverse()) await bucket.delete(name);
}

async function storedBlobs(bucket: Bucket): Promise<ReadonlyMap<Digest, StoredBlob>> {
  const found = new Map<Digest, StoredBlob>();
  for (const { name, sizeBytes } of await listAll(bucket, BLOBS)) {
    const digest = blobOfName(name);
    if (!digest) continue;
    const before = found.get(digest);
    found.set(digest, { names: [...(before?.names ?? []), name], sizeBytes: sizeBytes + (before?.sizeBytes ?? 0) });
  }
  return found;
}

async function rememberEvicted({ kept, there, evictions }: BlobWork, evicted: EvictedBlobs): Promise<void> {
  const named = new Set(kept.flatMap((entry) => [...digestsOf(entry)]));
  const before = [...(await evicted.all())].filter((digest) => named.has(digest) && !there.has(digest));
  await evicted.write(new Set([...before, ...evictions.blobs]));
}

/** Leftovers of dead processes. */
async function sweep({ bucket, live, claims }: BucketContext): Promise<void> {
  await live.sweep();
  await claims.sweep();
  for (const { name } of await listAll(bucket, PENDING_REMOVALS))
    if (await live.isGone(name.slice(PENDING_REMOVALS.length))) await bucket.delete(name);
}
