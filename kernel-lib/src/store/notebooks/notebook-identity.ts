/**
 * Which notebook of a store this process works on: the id under which results, runs and parameter values lie. It is not the name of
 * the file: another notebook of that name has another id, and a notebook that was renamed or moved keeps its id. Created by open-store.ts.
 */
import { randomUUID } from "node:crypto";
import { basename, relative, sep } from "node:path";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { isSameFile, isSamePath, isStillSame, messageOf, type NotebookSighting } from "../../protocol";
import type { NotebookRecord, Notebooks, OnStoreProblem } from "../store";
import type { FormerStore } from "./former-stores";
import { followFrom } from "./former-stores";
import { sightFile } from "./notebook-file";
import { recognize } from "./recognize";

/** The notebook, or script, of one pipeline. */
export interface NotebookIdentity {
  /** The id for reading; undefined for a notebook that has nothing in the store yet. */
  find(): MaybePromise<string | undefined>;
  /** The id for writing: from now on no other notebook has it. Rejects with StagebookError `store-write`. */
  claim(): MaybePromise<string>;
  /** For messages: the name of the file. */
  readonly name: string;
  /** Random, the same whenever the notebook is opened; undefined as long as it has nothing in the store. */
  readonly uid: string | undefined;
  /** The absolute path of the file; undefined when the notebook has only a name. */
  readonly file: string | undefined;
  /**
   * The front end shows this file, an absolute path. True when it is this notebook: if it was renamed or moved, its record follows, and
   * the id stays. False when it is another one. True as well when this machine does not have the file.
   */
  follow(file: string): boolean;
}

/** A notebook that has only a name: one that `createPipeline` was given, or that of a store which does not outlive the process. */
export function namedNotebook(id: string): NotebookIdentity {
  return { find: () => id, claim: () => id, name: id, uid: undefined, file: undefined, follow: () => true };
}

export interface FiledNotebookParts {
  readonly records: Notebooks;
  /** Absolute. */
  readonly file: string;
  /** The folder in which the store's folder lies; undefined for a store elsewhere. */
  readonly base: string | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly onProblem: OnStoreProblem;
  /** The stores where the notebook was before it was moved to this folder, the latest first. */
  readonly former?: readonly FormerStore[];
}

/** A notebook that is not known is looked up again after this time: another process may have added it. */
const UNKNOWN_FOR_MS = 1000;
/** A container has another name each time it starts. */
const MAX_PLACES = 20;

/** A notebook that is recognized by its file. */
export class FiledNotebook implements NotebookIdentity {
  private record: NotebookRecord | undefined;
  private unknown: { readonly id: string | undefined; readonly untilMs: number } | undefined;
  private claiming: MaybePromise<string> | undefined;
  private path: string;
  /** The file when this process began: the same one, whatever its name is now. */
  private first: NotebookSighting | undefined;
  private hasLeftFormer = false;

  constructor(private readonly parts: FiledNotebookParts) {
    this.path = parts.file;
  }

  get uid(): string | undefined {
    return this.record?.uid;
  }

  get name(): string {
    return basename(this.path);
  }

  get file(): string {
    return this.path;
  }

  find(): MaybePromise<string | undefined> {
    if (this.record) return this.record.id;
    if (this.unknown && performance.now() < this.unknown.untilMs) return this.unknown.id;
    return mapMaybe(this.parts.records.notebooks(), (records) => {
      const sighting = this.sight();
      const record = recognize(sighting, records, this.parts.base);
      if (record) return this.adopt(record, sighting);
      // A store from before there were records: what lies under the name of the file belongs to the first notebook of that name.
      const id = records.some((each) => each.id === sighting.name) ? undefined : sighting.name;
      this.unknown = { id, untilMs: performance.now() + UNKNOWN_FOR_MS };
      return id;
    });
  }

  claim(): MaybePromise<string> {
    if (this.record) return this.record.id;
    if (this.claiming !== undefined) return this.claiming;
    const claiming = this.claimWithout(new Set());
    if (!(claiming instanceof Promise)) return claiming;
    this.claiming = claiming.finally(() => (this.claiming = undefined));
    return this.claiming;
  }

  follow(file: string): boolean {
    const own = sightFile(this.path, this.parts.base);
    const shown = sightFile(file, this.parts.base);
    if (!shown.exists || isSamePath(own.place, shown.place)) return true;
    const { place, marks } = this.first ?? own;
    const isSame = isSameFile(place, shown.place) || (!own.exists && isStillSame(shown, place, marks));
    if (!isSame) return false;
    this.path = file;
    this.unknown = undefined;
    if (this.record) this.adopt(this.record, shown);
    return true;
  }

  /** `taken`: ids that turned out to belong to others. */
  private claimWithout(taken: Set<string>): MaybePromise<string> {
    const { records, now } = this.parts;
    return mapMaybe(records.notebooks(), (all) => {
      const sighting = this.sight();
      const known = recognize(sighting, all, this.parts.base);
      if (known) return this.adopt(known, sighting);
      const id = freeId(sighting.name, new Set([...taken, ...all.map((each) => each.id)]));
      const { place, name, marks } = sighting;
      const record = this.withFormer({ id, uid: randomUUID(), name, places: [place], marks, at: now() });
      return mapMaybe(records.addNotebook(record), (isAdded) => {
        if (!isAdded) return this.claimWithout(taken.add(id));
        this.record = record;
        this.leaveFormer();
        return id;
      });
    });
  }

  /** A notebook that was moved here is the same one. */
  private withFormer(record: NotebookRecord): NotebookRecord {
    const { former = [], base = "" } = this.parts;
    const [latest] = former;
    if (!latest) return record;
    const folders = former.map(({ folder }) => relative(base, folder).split(sep).join("/"));
    return { ...record, uid: latest.record.uid, former: folders };
  }

  /** From now on the records there say that the notebook is here. */
  private leaveFormer(): void {
    const { former = [], onProblem } = this.parts;
    if (this.hasLeftFormer) return;
    this.hasLeftFormer = true;
    for (const each of former) {
      try {
        followFrom(each, this.path, onProblem);
      } catch (error) {
        onProblem(`the new place of the notebook could not be recorded (${messageOf(error)})`, each.folder);
      }
    }
  }

  private sight(): NotebookSighting {
    const sighting = sightFile(this.path, this.parts.base);
    this.first ??= sighting;
    return sighting;
  }

  /** The notebook is this one. Its record follows the file. */
  private adopt(record: NotebookRecord, { place, marks }: NotebookSighting): string {
    const { records, now, onProblem } = this.parts;
    const others = record.places.filter(({ host }) => host !== place.host);
    const places = [place, ...others].slice(0, MAX_PLACES);
    const updated = this.withFormer({ ...record, places, marks: marks.length > 0 ? marks : record.marks, at: now() });
    this.record = updated;
    this.leaveFormer();
    const isSame = JSON.stringify({ ...record, at: 0 }) === JSON.stringify({ ...updated, at: 0 });
    if (isSame) return record.id;
    const report = (error: unknown): void =>
      onProblem(`the place of the notebook could not be recorded (${messageOf(error)})`, this.path);
    try {
      Promise.resolve(records.updateNotebook(updated)).catch(report);
    } catch (error) {
      report(error);
    }
    return record.id;
  }
}

/** `quakes.ipynb`, `quakes.ipynb-2`, … */
function freeId(name: string, taken: ReadonlySet<string>): string {
  for (let n = 1; ; n++) {
    const id = n === 1 ? name : `${name}-${n}`;
    if (!taken.has(id)) return id;
  }
}
