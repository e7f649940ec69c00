/** The decision which results garbage collection removes, without side effects. Used by all stores. */
import type { Digest, RunId } from "../../protocol";
import type { BlobRef, GcOptions, GcReport, HeadRow } from "../store";

/** A result as maintenance sees it. */
export interface UsedEntry {
  readonly key: Digest;
  /** When the result was last used, epoch milliseconds. */
  readonly usedAtMs: number;
  /** The blobs of its value and files; undefined for a damaged record. */
  readonly blobs: readonly BlobRef[] | undefined;
  /** The run that computed it; undefined for a damaged record. */
  readonly run?: RunId;
}

/**
 * The results to remove. `olderThanMs` alone: all that were unused for that long. `keepPerStage` alone: all but the newest of each stage.
 * Both: those that are old and not among the newest of any stage. A result in no history is removed by age only.
 */
export function chooseRemovals<T extends UsedEntry>(
  entries: readonly T[],
  heads: readonly (readonly HeadRow[])[],
  { olderThanMs, keepPerStage }: GcOptions,
  now: number,
): readonly T[] {
  if (olderThanMs === undefined && keepPerStage === undefined) return [];
  const existing = new Set(entries.map(({ key }) => key));
  const rows = heads.map((head) => head.map(({ key }) => key).filter((key) => existing.has(key)));
  const inHistories = new Set(rows.flat());
  const newest = new Set(rows.flatMap((keys) => keys.slice(Math.max(0, keys.length - (keepPerStage ?? 0)))));
  const isOld = ({ usedAtMs }: UsedEntry): boolean => now - usedAtMs > (olderThanMs ?? -Infinity);
  return entries.filter((entry) => {
    if (keepPerStage !== undefined && newest.has(entry.key)) return false;
    return olderThanMs === undefined ? inHistories.has(entry.key) : isOld(entry);
  });
}

/** Values to remove from results whose records stay. */
export interface Evictions<T extends UsedEntry = UsedEntry> {
  /** Least recently used first. Each loses at least one blob. */
  readonly entries: readonly T[];
  /** Blobs that no other result refers to. */
  readonly blobs: ReadonlySet<Digest>;
}

/** The values to remove until the rest takes at most `maxBytes`. `existing`: the blobs that exist. */
export function chooseEvictions<T extends UsedEntry>(
  entries: readonly T[],
  existing: ReadonlySet<Digest>,
  spared: ReadonlySet<Digest>,
  maxBytes: number,
): Evictions<T> {
  const uses = countUses(entries, existing);
  let total = [...uses.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const byUse = entries.filter(({ key }) => !spared.has(key)).sort((a, b) => a.usedAtMs - b.usedAtMs);
  const chosen: T[] = [];
  const blobs = new Set<Digest>();
  for (const entry of byUse) {
    if (total <= maxBytes) break;
    chosen.push(entry);
    for (const digest of digestsOf(entry)) {
      const use = uses.get(digest);
      if (!use || --use.count > 0) continue;
      total -= use.sizeBytes;
      blobs.add(digest);
    }
  }
  const isLosing = (entry: UsedEntry): boolean => [...digestsOf(entry)].some((digest) => blobs.has(digest));
  return { entries: chosen.filter(isLosing), blobs };
}

/** The total size of all existing blobs that an entry refers to, each counted once. */
function sizeOfAll(entries: readonly UsedEntry[], existing: ReadonlySet<Digest>): number {
  return [...countUses(entries, existing).values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** The part of a report about results. `removedBlobs`: the size of each. */
export function reportResults(
  { dryRun = false }: GcOptions,
  {
    removed,
    kept,
    existing,
    evictions,
    removedBlobs,
  }: {
    readonly removed: readonly UsedEntry[];
    readonly kept: readonly UsedEntry[];
    /** Digests of the blobs that existed before. */
    readonly existing: Iterable<Digest>;
    readonly evictions: Evictions;
    readonly removedBlobs: ReadonlyMap<Digest, number>;
  },
): Omit<GcReport, "removedRuns" | "freedRunBytes" | "keptRuns" | "keptRunBytes"> {
  const hasLost = (entry: UsedEntry): boolean => [...digestsOf(entry)].some((digest) => removedBlobs.has(digest));
  return {
    dryRun,
    removedEntries: removed.length,
    evictedEntries: evictions.entries.filter(hasLost).length,
    removedBlobs: removedBlobs.size,
    freedBytes: [...removedBlobs.values()].reduce((sum, size) => sum + size, 0),
    keptEntries: kept.length,
    keptBytes: sizeOfAll(kept, new Set([...existing].filter((digest) => !removedBlobs.has(digest)))),
  };
}

export function digestsOf(entry: UsedEntry): ReadonlySet<Digest> {
  return new Set(entry.blobs?.map(({ digest }) => digest));
}

/** The blobs that the entries refer to. */
export function referencedBlobs(entries: readonly UsedEntry[]): ReadonlySet<Digest> {
  return new Set(entries.flatMap((entry) => [...digestsOf(entry)]));
}

/** The evicted blobs to remember: `before`, as far as results still refer to them and they are missing, and the new ones. */
export function evictedAfter(
  {
    kept,
    existing,
    evictions,
  }: {
    readonly kept: readonly UsedEntry[];
    readonly existing: { has(digest: Digest): boolean };
    readonly evictions: Evictions;
  },
  before: ReadonlySet<Digest>,
): ReadonlySet<Digest> {
  const referenced = referencedBlobs(kept);
  const stillMissing = [...before].filter((digest) => referenced.has(digest) && !existing.has(digest));
  return new Set([...stillMissing, ...evictions.blobs]);
}

function countUses(
  entries: readonly UsedEntry[],
  existing: ReadonlySet<Digest>,
): Map<Digest, { readonly sizeBytes: number; count: number }> {
  const uses = new Map<Digest, { readonly sizeBytes: number; count: number }>();
  for (const entry of entries) {
    for (const [digest, sizeBytes] of new Map(entry.blobs?.map((blob) => [blob.digest, blob.sizeBytes]))) {
      const use = uses.get(digest);
      if (use) use.count++;
      else if (existing.has(digest)) uses.set(digest, { sizeBytes, count: 1 });
    }
  }
  return uses;
}
