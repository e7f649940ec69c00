/** Which results go: decided from what is known of them, without touching anything. Used by the disk store and the one in memory. */
import type { Digest, RunId } from "../../protocol";
import type { BlobRef, GcOptions, HeadRow } from "../store";

/** A result as far as upkeep is concerned. */
export interface UsedEntry {
  readonly key: Digest;
  /** When the result was last used, epoch milliseconds. */
  readonly usedAtMs: number;
  /** Also those of its files; undefined for a damaged record. */
  readonly blobs: readonly BlobRef[] | undefined;
  /** That made it; undefined for a damaged record. */
  readonly run?: RunId;
}

/**
 * Results to forget. `olderThanMs` alone: all that were not used for so long. `keepPerStage` alone: all of a stage but the newest.
 * Both: what is old, and not among the newest of any stage. A result that no stage names is judged by its age only.
 */
export function chooseRemovals<T extends UsedEntry>(
  entries: readonly T[],
  heads: readonly (readonly HeadRow[])[],
  { olderThanMs, keepPerStage }: GcOptions,
  now: number,
): readonly T[] {
  if (olderThanMs === undefined && keepPerStage === undefined) return [];
  const there = new Set(entries.map(({ key }) => key));
  const rows = heads.map((head) => head.map(({ key }) => key).filter((key) => there.has(key)));
  const named = new Set(rows.flat());
  const newest = new Set(rows.flatMap((keys) => keys.slice(Math.max(0, keys.length - (keepPerStage ?? 0)))));
  const isOld = ({ usedAtMs }: UsedEntry): boolean => now - usedAtMs > (olderThanMs ?? -Infinity);
  return entries.filter((entry) => {
    if (keepPerStage !== undefined && newest.has(entry.key)) return false;
    return olderThanMs === undefined ? named.has(entry.key) : isOld(entry);
  });
}

export interface Evictions<T extends UsedEntry = UsedEntry> {
  /** Least recently used first. Each loses at least one blob. */
  readonly entries: readonly T[];
  /** No other result names them. */
  readonly blobs: ReadonlySet<Digest>;
}

/** Results that lose their values, until the rest takes no more than `maxBytes`. `there`: the blobs that exist. */
export function chooseEvictions<T extends UsedEntry>(
  entries: readonly T[],
  there: ReadonlySet<Digest>,
  spared: ReadonlySet<Digest>,
  maxBytes: number,
): Evictions<T> {
  const uses = countUses(entries, there);
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

/** The bytes of all blobs that are there and that an entry names, each once. */
export function sizeOfAll(entries: readonly UsedEntry[], there: ReadonlySet<Digest>): number {
  return [...countUses(entries, there).values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

export function digestsOf(entry: UsedEntry): ReadonlySet<Digest> {
  return new Set(entry.blobs?.map(({ digest }) => digest));
}

function countUses(
  entries: readonly UsedEntry[],
  there: ReadonlySet<Digest>,
): Map<Digest, { readonly sizeBytes: number; count: number }> {
  const uses = new Map<Digest, { readonly sizeBytes: number; count: number }>();
  for (const entry of entries) {
    for (const [digest, sizeBytes] of new Map(entry.blobs?.map((blob) => [blob.digest, blob.sizeBytes]))) {
      const use = uses.get(digest);
      if (use) use.count++;
      else if (there.has(digest)) uses.set(digest, { sizeBytes, count: 1 });
    }
  }
  return uses;
}
