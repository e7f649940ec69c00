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

export interface NotebookSurvey {
  readonly records: readonly NotebookRecord[];
  /** The rows of a notebook's histories. */
  rowsOf(id: string): readonly HeadRow[];
  /** All results. */
  readonly entries: readonly UsedEntry[];
  /** Keys of pinned and held results: their notebooks stay. */
  readonly spared: ReadonlySet<Digest>;
  /** The folder in which the store's folder lies; undefined for a store elsewhere. */
  readonly base: string | undefined;
}

/** `now`: epoch milliseconds. */
export function chooseGone(survey: NotebookSurvey, goneForMs: number, now: number): readonly GoneNotebook[] {
  const usedAt = new Map(survey.entries.map(({ key, usedAtMs }) => [key, usedAtMs]));
  return survey.records.flatMap((record) => {
    const rows = survey.rowsOf(record.id);
    const lastUsedAt = Math.max(record.at, ...rows.map(({ at, key }) => Math.max(at, usedAt.get(key) ?? 0)));
    if (now - lastUsedAt <= goneForMs || rows.some(({ key }) => survey.spared.has(key))) return [];
    if (!isGone(record, survey.base)) return [];
    const places = record.places.map((place) => pathOfPlace(place, survey.base) ?? place.path);
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
  heads: readonly { readonly notebook: string; readonly rows: readonly HeadRow[] }[],
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
