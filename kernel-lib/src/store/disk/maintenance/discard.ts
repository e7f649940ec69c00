/** Removal of records and blobs from a disk store, except those that have been used again in the meantime. Used by `gc` and `clear`. */
import type { Digest } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import type { EvictedBlobs } from "../../records/evicted-blobs";
import type { DiskHeads } from "../heads";
import type { DiskLive, LiveSnapshot } from "../live";
import type { Protection } from "../protection";
import type { StorePaths } from "../folder";
import type { Evictions } from "../../maintenance/choices";
import { digestsOf, evictedAfter, referencedBlobs } from "../../maintenance/choices";
import { removeUnneeded } from "./removal";
import type { SurveyedEntry } from "./survey";

/** The parts of a disk store that maintenance works on. */
export interface MaintenanceContext {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  readonly heads: DiskHeads;
  readonly live: DiskLive;
  readonly protection: Protection;
  readonly evicted: EvictedBlobs;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The keys of results that must not be removed, read again at each call. */
export type FindSpared = () => Promise<ReadonlySet<Digest>>;

/** The state that the removal of blobs is based on. */
export interface BlobWork {
  /** The results that stay. */
  readonly kept: readonly SurveyedEntry[];
  /** The blobs that existed. */
  readonly existing: ReadonlySet<Digest>;
  readonly evictions: Evictions<SurveyedEntry>;
  /** Taken before the results were read. */
  readonly since: LiveSnapshot;
}

/** Removes records, except those that are spared, or were used or rewritten since the survey. Returns what was removed. */
export async function discardEntries(
  entries: readonly SurveyedEntry[],
  findSpared: FindSpared,
  { files }: MaintenanceContext,
  signal?: AbortSignal,
): Promise<readonly SurveyedEntry[]> {
  const removed = await removeUnneeded(
    entries,
    ({ path }) => path,
    files,
    signal,
    async () => {
      const spared = await findSpared();
      return async ({ item, path }) => spared.has(item.key) || isChanged(item, path, files);
    },
  );
  return removed.map(({ item }) => item);
}

/** Removes the blobs that no result refers to, and the evicted ones. Returns the size of each removed blob. */
export async function discardBlobs(
  work: BlobWork,
  findSpared: FindSpared,
  { files, paths, live, evicted }: MaintenanceContext,
  signal?: AbortSignal,
): Promise<ReadonlyMap<Digest, number>> {
  const { evictions, since } = work;
  const owners = ownersOf(evictions);
  const candidates = removableBlobs(work);
  // First, so that a reader that misses a value knows the reason.
  const isRemembered = evictions.blobs.size === 0 || (await rememberEvicted(work, evicted));
  const removed = await removeUnneeded(
    candidates,
    (digest) => paths.blob(digest),
    files,
    signal,
    async () => {
      const [spared, announced] = await Promise.all([findSpared(), live.announced(since)]);
      return async ({ item }) => {
        if (announced.has(item)) return true;
        for (const owner of owners.get(item) ?? []) {
          if (spared.has(owner.key) || (await isChanged(owner, owner.path, files))) return true;
        }
        return false;
      };
    },
  );
  // On a full disk there is space for it now.
  if (!isRemembered) await rememberEvicted(work, evicted);
  return new Map(removed.map(({ item, sizeBytes }) => [item, sizeBytes]));
}

/** The blobs that no kept result refers to, and the evicted ones. */
export function removableBlobs({ kept, existing, evictions }: BlobWork): readonly Digest[] {
  const referenced = referencedBlobs(kept);
  return [...existing].filter((digest) => evictions.blobs.has(digest) || !referenced.has(digest));
}

function ownersOf({ entries, blobs }: Evictions<SurveyedEntry>): ReadonlyMap<Digest, readonly SurveyedEntry[]> {
  const owners = new Map<Digest, SurveyedEntry[]>();
  for (const entry of entries) {
    for (const digest of digestsOf(entry)) {
      if (blobs.has(digest)) owners.set(digest, [...(owners.get(digest) ?? []), entry]);
    }
  }
  return owners;
}

/** True when the record was used, removed or rewritten. */
async function isChanged({ stamp }: SurveyedEntry, path: string, files: DurableFiles): Promise<boolean> {
  const now = await files.stamp(path);
  return now?.ino !== stamp.ino || now.mtimeMs !== stamp.mtimeMs;
}

/** False when the disk is full. */
async function rememberEvicted({ kept, existing, evictions }: BlobWork, evicted: EvictedBlobs): Promise<boolean> {
  return evicted.writeIfSpace(evictedAfter({ kept, existing, evictions }, await evicted.all()));
}
