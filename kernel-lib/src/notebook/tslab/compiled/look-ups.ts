/**
 * Everything that the compiler looked at in the file system: the files that it read, and what it found or did not find. What it compiled
 * is the same again while all of this holds. Look-ups that found nothing are kept by folder: while no name was added to a folder, all of
 * them hold.
 */
import path from "node:path";
import { digestOf, digestOfFile, foldersIn, isEntry, realPathOf, stateOf } from "./file-states";

/** What was seen in one folder, as it is stored. Names of folders end with a slash. */
export interface FolderLooks {
  readonly path: string;
  /** Where the folder really lies. Absent: there. */
  readonly real?: string;
  /** Of the folder, before the first look-up that found nothing. Null: it does not exist. Empty: each name is looked up again. */
  readonly state?: string | null;
  /** The state is empty when the content alone counts. */
  readonly files: readonly (readonly [name: string, state: string, digest: string])[];
  readonly found: readonly string[];
  readonly missing: readonly string[];
  readonly links: readonly (readonly [name: string, target: string])[];
  /** Digest of the names of its folders. */
  readonly listing?: string;
}

/** The files of the user; those of packages change by an installation alone. */
export const isLocal = (file: string): boolean => !/[\\/]node_modules([\\/]|$)/.test(file);

export class LookUps {
  /** Something was seen again, and had changed: what was compiled before does not hold any more. */
  hasConflict = false;
  /** A state was renewed: the content is the same, the file is not. */
  isRenewed = false;
  private readonly folders = new Map<string, Folder>();

  constructor(looks: readonly FolderLooks[] = []) {
    for (const looked of looks) this.folders.set(looked.path, new Folder(looked.path, looked));
  }

  toJSON(): readonly FolderLooks[] {
    return [...this.folders.values()].map((folder) => folder.toJSON());
  }

  clear(): void {
    this.folders.clear();
  }

  /** Before the file is read: a change meanwhile must show. Returns what is to be called with the text. */
  reading(file: string): (text: string | undefined) => void {
    const before = stateOf(file);
    return (text) => {
      if (text === undefined) return this.lookedFor(file, "file", false);
      this.note(this.of(file).read(path.posix.basename(file), before?.settled === true ? before.state : "", text));
    };
  }

  lookedFor(file: string, kind: "file" | "folder", isThere: boolean): void {
    const name = path.posix.basename(file) + (kind === "folder" ? "/" : "");
    this.note(this.of(file).lookedFor(name, isThere));
  }

  resolved(file: string, real: string): void {
    if (real !== file) this.note(this.of(file).resolved(path.posix.basename(file), real));
  }

  listed(folder: string, names: readonly string[]): void {
    this.note(this.in(folder).listed(names));
  }

  /** The files of the user that were read. */
  localFiles(): readonly string[] {
    return this.parts(true).flatMap((folder) => folder.readFiles());
  }

  /** Whether everything is as it was: the user's files, or those of packages. */
  hold(which: "local" | "packages"): boolean {
    return this.parts(which === "local").every((folder) => folder.holds(() => (this.isRenewed = true)));
  }

  private note(changes: boolean): void {
    this.hasConflict ||= changes;
  }

  private parts(local: boolean): readonly Folder[] {
    return [...this.folders.values()].filter((folder) => folder.isLocal === local);
  }

  private of(file: string): Folder {
    return this.in(path.posix.dirname(file));
  }

  private in(folder: string): Folder {
    let looks = this.folders.get(folder);
    if (!looks) {
      looks = new Folder(folder);
      this.folders.set(folder, looks);
    }
    return looks;
  }
}

interface FileLook {
  readonly state: string;
  readonly digest: string;
}

class Folder {
  readonly isLocal: boolean;
  private real: string | undefined;
  private state: string | null | undefined;
  private listing: string | undefined;
  private readonly files: Map<string, FileLook>;
  private readonly found: Set<string>;
  private readonly missing: Set<string>;
  private readonly links: Map<string, string>;

  constructor(
    private readonly path: string,
    looks?: FolderLooks,
  ) {
    this.isLocal = isLocal(path);
    this.real = looks?.real;
    this.state = looks?.state;
    this.listing = looks?.listing;
    this.files = new Map(looks?.files.map(([name, state, digest]) => [name, { state, digest }]));
    this.found = new Set(looks?.found);
    this.missing = new Set(looks?.missing);
    this.links = new Map(looks?.links);
  }

  toJSON(): FolderLooks {
    const { path: at, real, state, listing, files, found, missing, links } = this;
    return {
      path: at,
      ...(real !== undefined && { real }),
      ...(state !== undefined && { state }),
      ...(listing !== undefined && { listing }),
      files: [...files].map(([name, look]) => [name, look.state, look.digest]),
      found: [...found],
      missing: [...missing],
      links: [...links],
    };
  }

  readFiles(): readonly string[] {
    return [...this.files.keys()].map((name) => this.at(name));
  }

  // These return whether it was otherwise before.

  read(name: string, state: string, text: string): boolean {
    if (this.files.size === 0) {
      const real = realPathOf(this.path);
      this.real = real === this.path ? undefined : real;
    }
    const digest = digestOf(text);
    const before = this.files.get(name);
    this.files.set(name, { state, digest });
    return this.missing.delete(name) || (before !== undefined && before.digest !== digest);
  }

  lookedFor(name: string, isThere: boolean): boolean {
    const [now, other] = isThere ? [this.found, this.missing] : [this.missing, this.found];
    if (now.has(name)) return false;
    now.add(name);
    const changes = other.delete(name) || (!isThere && this.files.delete(name));
    if (isThere) return changes;
    if (this.state === undefined) {
      const state = stateOf(this.path);
      this.state = state ? (state.settled ? state.state : "") : null;
    }
    // Something else has this name: it can become what was looked for without a change of the folder.
    if (this.state !== null && this.state !== "" && isEntry(this.entry(name))) this.state = "";
    return changes;
  }

  resolved(name: string, real: string): boolean {
    const before = this.links.get(name);
    this.links.set(name, real);
    return before !== undefined && before !== real;
  }

  listed(names: readonly string[]): boolean {
    const before = this.listing;
    this.listing = digestOfNames(names);
    return before !== undefined && before !== this.listing;
  }

  holds(renewed: () => void): boolean {
    return (
      [...this.files].every(([name, look]) => this.isUnchanged(name, look, renewed)) &&
      [...this.found].every((name) => this.files.has(name) || this.isFound(name)) &&
      [...this.links].every(([name, real]) => realPathOf(this.at(name)) === real) &&
      (this.listing === undefined || this.listing === digestOfNames(foldersIn(this.path))) &&
      (this.missing.size === 0 || this.areMissing(renewed))
    );
  }

  private isUnchanged(name: string, { state, digest }: FileLook, renewed: () => void): boolean {
    const now = stateOf(this.at(name));
    if (now?.isFile !== true) return false;
    if (state !== "" && now.state === state) return true;
    // Another file in its place, or touched: what counts is that it has the same content, and is not reached through other links.
    if (digestOfFile(this.at(name)) !== digest || realPathOf(this.path) !== (this.real ?? this.path)) return false;
    if (now.settled) {
      this.files.set(name, { state: now.state, digest });
      renewed();
    }
    return true;
  }

  private areMissing(renewed: () => void): boolean {
    const now = stateOf(this.path);
    if (now?.isFolder !== true || now.state === this.state) return true;
    const others = [...this.missing].filter((name) => isEntry(this.entry(name)));
    if (others.some((name) => this.isFound(name))) return false;
    if (now.settled && others.length === 0) {
      this.state = now.state;
      renewed();
    }
    return true;
  }

  private isFound(name: string): boolean {
    const state = stateOf(this.entry(name));
    return (name.endsWith("/") ? state?.isFolder : state?.isFile) === true;
  }

  private entry(name: string): string {
    return this.at(name.endsWith("/") ? name.slice(0, -1) : name);
  }

  private at(name: string): string {
    return this.path.endsWith("/") ? this.path + name : `${this.path}/${name}`;
  }
}

function digestOfNames(names: readonly string[]): string {
  return digestOf(JSON.stringify([...names].sort()));
}
