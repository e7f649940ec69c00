/** Removal of records and blobs from a bucket, except those that have been used again in the meantime. Used by `gc`, `clear` and `verify`. */
import type { Digest } from "../../../protocol";
import { forEachParallel } from "../../concurrency";
import { digestsOf, evictedAfter, referencedBlobs, type Evictions } from "../../maintenance/choices";
import type { EvictedBlobs } from "../../records/evicted-blobs";
import type { BucketBlobs } from "../blobs";
import type { ClaimObjects } from "../claim-objects";
import type { BucketHeads } from "../heads";
import type { BucketLive } from "../live";
import { ENTRIES, entryName } from "../names";
import type { PendingRemovals } from "../pending-removals";
import { listAll, type Bucket } from "../port";
import type { BucketUses } from "../uses";
import { surveyEntry, type StoredBlob, type SurveyedEntry } from "./survey";

const BATCH = 1000;
const CONCURRENCY = 16;

/** The parts of a store in a bucket that maintenance works on. */
export interface MaintenanceContext {
  readonly bucket: Bucket;
  readonly blobs: BucketBlobs;
  readonly heads: BucketHeads;
  readonly live: BucketLive;
  readonly pendingRemovals: PendingRemovals;
  readonly claimObjects: ClaimObjects;
  readonly evicted: EvictedBlobs;
  readonly uses: BucketUses;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pinned: () => Promise<ReadonlySet<Digest>>;
}

/** The state that the removal of blobs is based on. */
export interface BlobWork {
  /** All surveyed results, including removed ones. */
  readonly entries: readonly SurveyedEntry[];
  /** The results that stay. */
  readonly kept: readonly SurveyedEntry[];
  /** The blobs that existed. */
  readonly existing: ReadonlyMap<Digest, StoredBlob>;
  readonly evictions: Evictions<SurveyedEntry>;
}

/** The keys of pinned and held results, read again at each call. */
export async function findSpared({ live, pinned }: MaintenanceContext): Promise<ReadonlySet<Digest>> {
  const [{ held }, pins] = await Promise.all([live.inUse(), pinned()]);
  return new Set([...held, ...pins]);
}

/** Removes records, except those that are spared, or were rewritten since the survey. Returns what was removed. */
export async function discardEntries(
  entries: readonly SurveyedEntry[],
  context: MaintenanceContext,
  signal?: AbortSignal,
): Promise<readonly SurveyedEntry[]> {
  signal?.throwIfAborted();
  if (entries.length === 0) return [];
  const { bucket } = context;
  const spared = await findSpared(context);
  const removed: SurveyedEntry[] = [];
  await forEachParallel(entries, CONCURRENCY, async (entry) => {
    if (spared.has(entry.key)) return;
    const now = await bucket.find(entryName(entry.key));
    if (now?.version !== entry.item.version) return;
    await bucket.delete(entry.item.name);
    removed.push(entry);
  });
  return removed;
}

/** Removes the blobs that no result refers to, and the evicted ones. Returns the size of each removed blob. */
export async function discardBlobs(
  work: BlobWork,
  context: MaintenanceContext,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Digest, number>> {
  const { existing, evictions } = work;
  const { bucket, evicted, pendingRemovals } = context;
  const candidates = candidatesOf(work);
  // First, so that a reader that misses a value knows the reason.
  if (evictions.blobs.size > 0) await evicted.write(evictedAfter(work, await evicted.all()));
  const removed = new Map<Digest, number>();
  for (let at = 0; at < candidates.length; at += BATCH) {
    signal?.throwIfAborted();
    const batch = candidates.slice(at, at + BATCH);
    await pendingRemovals.during(batch, async () => {
      const needed = await findNeeded(work, context);
      await forEachParallel(batch, CONCURRENCY, async (digest) => {
        if (needed.has(digest)) return;
        const blob = existing.get(digest);
        await removeBlob(blob, bucket);
        removed.set(digest, blob?.sizeBytes ?? 0);
      });
    });
  }
  return removed;
}

/** The blobs that `discardBlobs` would remove, with their sizes. */
export async function findRemovable(work: BlobWork, context: MaintenanceContext): Promise<ReadonlyMap<Digest, number>> {
  const needed = await findNeeded(work, context);
  const removable = candidatesOf(work).filter((digest) => !needed.has(digest));
  return new Map(removable.map((digest) => [digest, work.existing.get(digest)?.sizeBytes ?? 0]));
}

export async function removeBlob(blob: StoredBlob | undefined, bucket: Bucket): Promise<void> {
  // The last part first: without it the blob counts as missing.
  for (const name of [...(blob?.names ?? [])].reverse()) await bucket.delete(name);
}

function candidatesOf({ kept, existing, evictions }: BlobWork): readonly Digest[] {
  const referenced = referencedBlobs(kept);
  return [...existing.keys()].filter((digest) => evictions.blobs.has(digest) || !referenced.has(digest));
}

/** Announced blobs, those of pinned and held results, and those of results committed since the survey; read again at each call. */
async function findNeeded({ entries, evictions }: BlobWork, context: MaintenanceContext): Promise<ReadonlySet<Digest>> {
  const { bucket, live, pinned } = context;
  // In this order: an announcement ends after its entry exists.
  const { ahead, held } = await live.inUse();
  const pins = await pinned();
  const needed = new Set(ahead);
  for (const entry of evictions.entries)
    if (held.has(entry.key) || pins.has(entry.key)) for (const digest of digestsOf(entry)) needed.add(digest);
  const known = new Map(entries.map(({ item }) => [item.name, item.version]));
  const newItems = (await listAll(bucket, ENTRIES)).filter(({ name, version }) => known.get(name) !== version);
  await forEachParallel(newItems, CONCURRENCY, async (item) => {
    const entry = await surveyEntry(item, new Map(), bucket);
    if (entry) for (const digest of digestsOf(entry)) needed.add(digest);
  });
  return needed;
}
