/**
 * Which notebook a file is: the rules by which a file is recognized among the notebooks that are known. Pure; the kernel applies them to
 * the records of a store, the page to what the browser remembers. The caller looks files up, and asks in this order:
 *
 *   1. `findAtPlace`: the record of this path, if the file there is still the same notebook. A new file that took an old name is not.
 *   2. `findKin`: records of notebooks that this file could be. If the own file of one of them still exists, this file is a copy of it,
 *      and a copy is another notebook. Otherwise the first of them has moved here.
 */
import { isRandomId } from "./cell-fingerprints";

/** Where a notebook was seen. */
export interface NotebookPlace {
  /** The machine; "" for a path that is the same on every machine. */
  readonly host: string;
  readonly path: string;
  /** The file itself, whatever its name: device, inode, and time of creation. Absent where the file system or the page does not provide it. */
  readonly file?: string;
}

/** A file that may be a notebook that is known. */
export interface NotebookSighting {
  readonly place: NotebookPlace;
  /** The file's name, without its folder. */
  readonly name: string;
  /** False when there is no such file: it was renamed, or is on another machine. */
  readonly exists: boolean;
  /** A script has no cells: another file of the same path is the same script. */
  readonly isScript: boolean;
  /** The fingerprints of its cells, see `fingerprintsOf`. */
  readonly marks: readonly string[];
}

/** A notebook that is known. */
export interface KnownNotebook {
  /** The name when it was first seen. */
  readonly name: string;
  /** One per machine, the latest first. */
  readonly places: readonly NotebookPlace[];
  /** The fingerprints of its cells when it was seen last. */
  readonly marks: readonly string[];
  /** When it was seen last, in epoch milliseconds. */
  readonly at: number;
}

/** The notebook at the path of the sighting, if it is still the same one. */
export function findAtPlace<T extends KnownNotebook>(sighting: NotebookSighting, known: readonly T[]): T | undefined {
  return known.find((notebook) => {
    const place = notebook.places.find((each) => isSamePath(each, sighting.place));
    return place !== undefined && isStillSame(sighting, place, notebook.marks);
  });
}

/**
 * The notebooks that the file could be when none is known at its path: those that are most similar, with the same name first, then the
 * latest. A copy is as similar to its original as the original to itself.
 */
export function findKin<T extends KnownNotebook>(sighting: NotebookSighting, known: readonly T[]): readonly T[] {
  const likeness = new Map<T, number>();
  for (const notebook of known) {
    const shared = sighting.exists ? sharedMost(sighting.marks, notebook.marks) : 0;
    const isSame = notebook.places.some((place) => isSameFile(place, sighting.place));
    if (isSame || shared > 0) likeness.set(notebook, isSame ? Infinity : shared);
  }
  const most = Math.max(...likeness.values());
  const hasName = ({ name }: T): number => (name === sighting.name ? 1 : 0);
  return [...likeness.keys()]
    .filter((notebook) => likeness.get(notebook) === most)
    .sort((a, b) => hasName(b) - hasName(a) || b.at - a.at);
}

/** Whether a file, found at a place of the notebook, still is that notebook. */
export function isStillSame(found: NotebookSighting, place: NotebookPlace, marks: readonly string[]): boolean {
  if (!found.exists || found.isScript || marks.length === 0 || isSameFile(place, found.place)) return true;
  return isRelated(found.marks, marks);
}

/** Whether two places are one path on one machine. */
export function isSamePath(a: NotebookPlace, b: NotebookPlace): boolean {
  return a.path === b.path && a.host === b.host;
}

/** Whether two places hold one file, whatever its name. */
export function isSameFile(a: NotebookPlace, b: NotebookPlace): boolean {
  return a.file !== undefined && a.file === b.file && a.host === b.host;
}

/** For another file at the same path: a checkout keeps the ids of cells. One random id is enough; of source texts it takes half. */
function isRelated(a: readonly string[], b: readonly string[]): boolean {
  const shared = sharedFingerprints(a, b);
  return shared.some(isRandomId) || sharedMost(a, b) > 0;
}

/**
 * How many fingerprints two notebooks share if those are most of them, else 0. Cells may have been added since: of the random ids, half of the
 * smaller number is enough. Source texts recur in unrelated notebooks: there it takes half of the greater number.
 */
function sharedMost(a: readonly string[], b: readonly string[]): number {
  const shared = sharedFingerprints(a, b);
  const random = shared.filter(isRandomId).length;
  const [randomOfA, randomOfB] = [a.filter(isRandomId).length, b.filter(isRandomId).length];
  if (random > 0 && 2 * random >= Math.min(randomOfA, randomOfB)) return shared.length;
  const [textsOfA, textsOfB] = [a.length - randomOfA, b.length - randomOfB];
  const texts = shared.length - random;
  return texts > 0 && 2 * texts >= Math.max(textsOfA, textsOfB) && textsOfA >= randomOfA ? shared.length : 0;
}

function sharedFingerprints(a: readonly string[], b: readonly string[]): readonly string[] {
  const others = new Set(b);
  return a.filter((fingerprint) => others.has(fingerprint));
}
