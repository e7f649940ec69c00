/**
 * The stores in which a notebook was before it was moved to another folder. The default store lies beside the notebook, so a notebook that
 * is moved has another store; what it had is found in the former one. Called by open-store.ts.
 */
import fs from "node:fs";
import path from "node:path";
import type { NotebookRecord, OnStoreProblem } from "../store";
import { DiskNotebooks } from "./disk-notebooks";
import { pathOfPlace, sightFile } from "./notebook-file";
import { recognize } from "./recognize";

/** A store, and the notebook's record in it. */
export interface FormerStore {
  /** Absolute. */
  readonly folder: string;
  readonly record: NotebookRecord;
}

/** The name of a store's folder beside a notebook. */
const STORE = ".stagebook";
/** How many folders up to search, for a notebook that is not known in the store of its folder. */
const MAX_LEVELS_UP = 3;
const MAX_FOLDERS = 1000;
const MAX_MS = 100;

/** `store`: the store of the notebook's folder, absolute. `file`: the notebook, absolute. The latest first. */
export function findFormerStores(store: string, file: string, onProblem: OnStoreProblem): readonly FormerStore[] {
  if (path.extname(file) !== ".ipynb") return [];
  const base = path.dirname(store);
  const own = recognize(sightFile(file, base), new DiskNotebooks(store, onProblem).notebooks(), base);
  const near = (own ? knownStoresOf(own, base) : storesNear(base)).flatMap((folder) => {
    const record = folder === store ? undefined : recordIn(folder, file, own?.uid, onProblem);
    return record ? [{ folder, record }] : [];
  });
  const [latest] = [...near].sort(byTime);
  if (!latest) return [];
  const older = olderStores(latest, onProblem);
  const all = [...near.filter(({ record }) => record.uid === latest.record.uid), ...older];
  return all.filter(({ folder }, at) => folder !== store && all.findIndex((each) => each.folder === folder) === at).sort(byTime); // prettier-ignore
}

/** The latest first. */
function byTime(a: FormerStore, b: FormerStore): number {
  return b.record.at - a.record.at;
}

/** The notebook was moved out of the folder: its record there says where it is now, so that no copy is taken for it. */
export function followFrom(former: FormerStore, file: string, onProblem: OnStoreProblem): void {
  const { folder, record } = former;
  const { place, marks } = sightFile(file, path.dirname(folder));
  const updated = { ...record, places: [place], marks: marks.length > 0 ? marks : record.marks };
  if (JSON.stringify(updated) !== JSON.stringify(record)) new DiskNotebooks(folder, onProblem).updateNotebook(updated);
}

/** The stores that the record names, and the one where the notebook was before it came back. */
function knownStoresOf({ former = [], places }: NotebookRecord, base: string): readonly string[] {
  const elsewhere = places.flatMap((place) => {
    const file = pathOfPlace(place, base);
    return file === undefined || place.host === "" ? [] : [path.join(path.dirname(file), STORE)];
  });
  return [...elsewhere, ...former.map((folder) => path.resolve(base, folder))];
}

/** The notebook had been moved before. */
function olderStores({ folder, record }: FormerStore, onProblem: OnStoreProblem): readonly FormerStore[] {
  return (record.former ?? []).flatMap((relative) => {
    const older = path.resolve(path.dirname(folder), relative);
    const found = new DiskNotebooks(older, onProblem).notebooks().find((each) => each.uid === record.uid);
    return found ? [{ folder: older, record: found }] : [];
  });
}

/** The record of the notebook in another store; undefined while the notebook of the record is still where it was. */
function recordIn(
  folder: string,
  file: string,
  uid: string | undefined,
  onProblem: OnStoreProblem,
): NotebookRecord | undefined {
  const records = new DiskNotebooks(folder, onProblem).notebooks();
  if (uid !== undefined) return records.find((each) => each.uid === uid);
  const base = path.dirname(folder);
  return records.length === 0 ? undefined : recognize(sightFile(file, base), records, base);
}

/** The stores of the folders around, the nearest first: below, then beside and below of the folders above. Bounded. */
function storesNear(folder: string): readonly string[] {
  const deadline = performance.now() + MAX_MS;
  const seen = new Set<string>();
  const stores: string[] = [];
  const isOver = (): boolean => seen.size >= MAX_FOLDERS || performance.now() > deadline;
  let top = folder;
  for (let level = 0; level <= MAX_LEVELS_UP && !isOver(); level++) {
    const queue = [top];
    for (let next = queue.shift(); next !== undefined && !isOver(); next = queue.shift()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const names = foldersIn(next);
      if (names.includes(STORE)) stores.push(path.join(next, STORE));
      for (const name of names) if (!/^\.|^node_modules$/.test(name)) queue.push(path.join(next, name));
    }
    if (path.dirname(top) === top) break;
    top = path.dirname(top);
  }
  return stores;
}

function foldersIn(folder: string): readonly string[] {
  try {
    const entries = fs.readdirSync(folder, { withFileTypes: true });
    return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    // No permission: no store of this user's notebooks is there.
    return [];
  }
}
