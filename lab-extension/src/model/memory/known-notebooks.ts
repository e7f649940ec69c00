/**
 * The notebooks that this browser has seen, so that what it remembers of one (its last view, presets, switches) belongs to that notebook
 * and not to a path: it comes along when the notebook is renamed or moved, and a copy, or a new notebook of an old name, has nothing of it.
 * Notebooks of servers with other roots are others, even at the same address. Used by NotebookModels.
 */
import { del, get, set, update } from "idb-keyval";
import { findAtPlace, findKin, isStillSame, fingerprintsOf } from "stagebook/protocol";
import type { CellText, KnownNotebook, NotebookSighting } from "stagebook/protocol";

/** A notebook file as the server has it. */
export interface NotebookOnServer {
  /** Relative to the server's root. */
  readonly path: string;
  readonly cells: readonly CellText[];
}

/** The values in the browser that outlive the page. Each method may reject. */
export interface BrowserValues {
  get(name: string): Promise<unknown>;
  set(name: string, value: unknown): Promise<void>;
  delete(name: string): Promise<void>;
  /** Replaces a value by one that follows from it; nothing else changes it meanwhile. */
  update(name: string, change: (before: unknown) => unknown): Promise<void>;
}

export const browserValues: BrowserValues = { get: (name) => get<unknown>(name), set, delete: del, update };

export interface KnownNotebooksOptions {
  /** Names the server: its base URL and its root folder. */
  readonly server: string;
  readonly values: BrowserValues;
  /** The notebook at a path of the server; null when there is none. May reject. */
  readonly find: (path: string) => Promise<NotebookOnServer | null>;
}

interface StoredNotebook extends KnownNotebook {
  /** Random. */
  readonly key: string;
}

/** Notebooks that were not opened for the longest time are forgotten. */
const MAX_NOTEBOOKS = 1000;

export class KnownNotebooks {
  constructor(private readonly options: KnownNotebooksOptions) {}

  /** The key under which the browser keeps what belongs to the notebook. Never rejects. */
  async keyOf(notebook: NotebookOnServer): Promise<string> {
    const sighting = sightingOf(notebook);
    try {
      const known = asNotebooks(await this.options.values.get(this.name));
      const moved = findAtPlace(sighting, known) ? undefined : await this.findMoved(sighting, known);
      const added: string = crypto.randomUUID();
      let key = added;
      await this.options.values.update(this.name, (before) => {
        // Asked again: another tab may have added it meanwhile.
        const here = findAtPlace(sighting, asNotebooks(before)) ?? moved;
        key = here?.key ?? added;
        return withNotebook(before, key, sighting);
      });
      if (key === added) await this.adoptPresets(notebook.path, key);
      return key;
    } catch (cause) {
      // A private window may have no database: then nothing outlives the page.
      console.warn("stagebook: cannot recognize", notebook.path, cause);
      return `${this.options.server} ${notebook.path}`;
    }
  }

  /** The notebook has a new path, or other cells. Never rejects. */
  async changed(key: string, notebook: NotebookOnServer): Promise<void> {
    try {
      await this.options.values.update(this.name, (before) => withNotebook(before, key, sightingOf(notebook)));
    } catch (cause) {
      console.warn("stagebook: cannot remember the place of", notebook.path, cause);
    }
  }

  /** The notebook that was elsewhere before: one whose own file still exists is the original of a copy. */
  private async findMoved(
    sighting: NotebookSighting,
    known: readonly StoredNotebook[],
  ): Promise<StoredNotebook | undefined> {
    const kin = findKin(sighting, known);
    for (const each of kin) if (await this.isStillThere(each)) return undefined;
    return kin[0];
  }

  private async isStillThere({ places, marks }: StoredNotebook): Promise<boolean> {
    for (const place of places) {
      const found = await this.options.find(place.path);
      if (found && isStillSame(sightingOf(found), place, marks)) return true;
    }
    return false;
  }

  /** Earlier versions kept presets by path: the first notebook that is opened at the path takes them over. */
  private async adoptPresets(path: string, key: string): Promise<void> {
    const { values } = this.options;
    const old = await values.get(`stagebook:presets:${path}`);
    if (old === undefined) return;
    await values.set(`stagebook:presets:${key}`, old);
    await values.delete(`stagebook:presets:${path}`);
  }

  private get name(): string {
    return `stagebook:notebooks:${this.options.server}`;
  }
}

/** The stored notebooks, with this one first. */
function withNotebook(
  before: unknown,
  key: string,
  { name, place, marks }: NotebookSighting,
): readonly StoredNotebook[] {
  const notebook: StoredNotebook = { key, name, places: [place], marks, at: Date.now() };
  return [notebook, ...asNotebooks(before).filter((each) => each.key !== key)].slice(0, MAX_NOTEBOOKS);
}

function sightingOf({ path, cells }: NotebookOnServer): NotebookSighting {
  const name = path.split("/").at(-1) ?? path;
  return { place: { host: "", path }, name, exists: true, isScript: false, marks: fingerprintsOf(cells) };
}

/** What another version, or a damaged database, left behind is ignored. */
function asNotebooks(data: unknown): readonly StoredNotebook[] {
  return Array.isArray(data) ? data.filter(isStored) : [];
}

function isStored(data: unknown): data is StoredNotebook {
  if (typeof data !== "object" || data === null) return false;
  const { key, name, places, marks, at } = data as { readonly [field: string]: unknown };
  const isPlace = (place: unknown): boolean =>
    typeof place === "object" && place !== null && typeof (place as { readonly path?: unknown }).path === "string";
  return (
    typeof key === "string" &&
    typeof name === "string" &&
    typeof at === "number" &&
    Array.isArray(places) &&
    places.every(isPlace) &&
    Array.isArray(marks) &&
    marks.every((mark) => typeof mark === "string")
  );
}
