/** Which results go: decided from what the survey found, without touching a file. */
import type { Digest } from "../../protocol";
import type { GcOptions, HeadRow } from "../store";
import type { SurveyedEntry } from "./survey";

/**
 * Results to forget. `olderThanMs` alone: all that were not used for so long. `keepPerStage` alone: all of a stage but the newest.
 * Both: what is old, and not among the newest of any stage. A result that no stage names is judged by its age only.
 */
export function chooseRemovals(
  entries: readonly SurveyedEntry[],
  heads: readonly (readonly HeadRow[])[],
  { olderThanMs, keepPerStage }: GcOptions,
  now: number,
): readonly SurveyedEntry[] {
  if (olderThanMs === undefined && keepPerStage === undefined) return [];
  const there = new Set(entries.map(({ key }) => key));
  const rows = heads.map((head) => head.map(({ key }) => key).filter((key) => there.has(key)));
  const named = new Set(rows.flat());
  const newest = new Set(rows.flatMap((keys) => keys.slice(Math.max(0, keys.length - (keepPerStage ?? 0)))));
  const isOld = ({ stamp }: SurveyedEntry): boolean => now - stamp.mtimeMs > (olderThanMs ?? -Infinity);
  return entries.filter((entry) => {
    if (keepPerStage !== undefined && newest.has(entry.key)) return false;
    return olderThanMs === undefined ? named.has(entry.key) : isOld(entry);
  });
}

export interface Evictions {
  /** Least recently used first. Each loses at least one blob. */
  readonly entries: readonly SurveyedEntry[];
  /** No other result names them. */
  readonly blobs: ReadonlySet<Digest>;
}

/** Results that lose their values, until the rest takes no more than `maxBytes`. `there`: the blobs that exist. */
export function chooseEvictions(
  entries: readonly SurveyedEntry[],
  there: ReadonlySet<Digest>,
  spared: ReadonlySet<Digest>,
  maxBytes: number,
): Evictions {
  const uses = countUses(entries, there);
  let total = [...uses.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const byUse = entries.filter(({ key }) => !spared.has(key)).sort((a, b) => a.stamp.mtimeMs - b.stamp.mtimeMs);
  const chosen: SurveyedEntry[] = [];
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
  const isLosing = (entry: SurveyedEntry): boolean => [...digestsOf(entry)].some((digest) => blobs.has(digest));
  return { entries: chosen.filter(isLosing), blobs };
}

/** The bytes of all blobs that are there and that an entry names, each once. */
export function sizeOfAll(entries: readonly SurveyedEntry[], there: ReadonlySet<Digest>): number {
  return [...countUses(entries, there).values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

export function digestsOf(entry: SurveyedEntry): ReadonlySet<Digest> {
  return new Set(entry.blobs?.map(({ digest }) => digest));
}

function countUses(
  entries: readonly SurveyedEntry[],
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
