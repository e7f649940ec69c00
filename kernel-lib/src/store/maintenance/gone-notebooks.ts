/**
 * The decision which notebooks of a store are gone: their files do not exist any more, and nothing of theirs was used for a time. Used by
 * the clean-up of all stores that have records of notebooks.
 */
import type { Digest } from "../../protocol";
import { isStillSame } from "../../protocol";
import { pathOfPlace, sightFile } from "../notebooks/notebook-file";
import { fileNameOf } from "../records/file-name";
import type { GcOptions, HeadRow, NotebookRecord, RemovedNotebook } from "../store";
import { chooseRemovals, type UsedEntry } from "./choices";

export interface GoneNotebook {
  readonly record: NotebookRecord;
  readonly report: RemovedNotebook;
}

/** One history, with the encoded name of its notebook. */
export interface NotebookHead {
  readonly notebook: string;
  readonly rows: readonly HeadRow[];
}

/** What a store of one kind reads. */
export interface NotebookSurvey {
  readonly records: () => Promise<readonly NotebookRecord[]>;
  readonly heads: () => Promise<readonly NotebookHead[]>;
  /** Keys of pinned and held results: their notebooks stay. */
  readonly spared: () => Promise<ReadonlySet<Digest>>;
  /** The folder in which the store's folder lies; undefined for a store elsewhere. */
  readonly base: string | undefined;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** None without the option that asks for them. `entries`: all results. */
export async function findGone(
  { goneForMs }: GcOptions,
  entries: readonly UsedEntry[],
  { records, heads, spared: readSpared, base, now }: NotebookSurvey,
): Promise<readonly GoneNotebook[]> {
  if (goneForMs === undefined) return [];
  const rowsOf = new Map<string, HeadRow[]>();
  for (const { notebook, rows } of await heads()) rowsOf.set(notebook, [...(rowsOf.get(notebook) ?? []), ...rows]);
  const spared = await readSpared();
  const usedAt = new Map(entries.map(({ key, usedAtMs }) => [key, usedAtMs]));
  return (await records()).flatMap((record) => {
    const rows = rowsOf.get(fileNameOf(record.id)) ?? [];
    const lastUsedAt = Math.max(record.at, ...rows.map(({ at, key }) => Math.max(at, usedAt.get(key) ?? 0)));
    if (now - lastUsedAt <= goneForMs || rows.some(({ key }) => spared.has(key))) return [];
    if (!isGone(record, base)) return [];
    const places = record.places.map((place) => pathOfPlace(place, base) ?? place.path);
    return [{ record, report: { notebook: record.id, places, lastUsedAt } }];
  });
}

/**
 * Whether this machine sees that the notebook is at none of its places. A place on another machine cannot be looked at from here: the
 * notebook may be there, and stays.
 */
export function isGone({ places, marks }: NotebookRecord, base: string | undefined): boolean {
  return (
    places.length > 0 &&
    places.every((place) => {
      const path = pathOfPlace(place, base);
      if (path === undefined) return false;
      const found = sightFile(path, base);
      return !(found.exists && isStillSame(found, place, marks));
    })
  );
}

/**
 * The results to remove: those that the options choose when the histories of gone notebooks do not exist, and those that only such
 * histories refer to. `heads`: all histories, with the encoded names of their notebooks.
 */
export function chooseWithout<T extends UsedEntry>(
  gone: readonly GoneNotebook[],
  entries: readonly T[],
  heads: readonly NotebookHead[],
  options: GcOptions,
  now: number,
): readonly T[] {
  const names = new Set(gone.map(({ record }) => fileNameOf(record.id)));
  const rowsOf = (isOfGone: boolean): readonly (readonly HeadRow[])[] =>
    heads.filter(({ notebook }) => names.has(notebook) === isOfGone).map(({ rows }) => rows);
  const others = rowsOf(false);
  const elsewhere = new Set(others.flat().map(({ key }) => key));
  const orphans = new Set(rowsOf(true).flat().flatMap(({ key }) => (elsewhere.has(key) ? [] : [key]))); // prettier-ignore
  const chosen = new Set(chooseRemovals(entries, others, options, now));
  return entries.filter((entry) => chosen.has(entry) || orphans.has(entry.key));
}
