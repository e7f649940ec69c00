/** The reads of one execution. Created by the caller of the execution, filled by the wrappers in this folder. */
import { listingOf, resolvedTarget, stampOf, statField, typeOf } from "./path-states";
import path from "node:path";
import { OwnPaths, workingFolderChanges } from "./own-paths";
import type { ObservedRead, ReadKind, VolatileKind, VolatileRead } from "./reads";

/** What `ReadRecorder` needs to know about the execution. */
export interface RecorderOptions {
  /** Absolute paths that are never recorded: the store's folder, files that the stage declares. */
  readonly ignores?: (file: string) => boolean;
}

type PathKind = "file" | "folder" | "exists" | "stat" | "link";

/** What a kind of read depends on, right before its first read. */
const stateFor: Record<PathKind, (file: string) => string | undefined> = {
  file: stampOf,
  folder: listingOf,
  exists: typeOf,
  stat: typeOf,
  link: resolvedTarget,
};

interface PathRead {
  readonly kind: PathKind;
  readonly file: string;
  readonly state: string | undefined;
  fields: Map<string, string | undefined> | undefined;
}

/** More of them tell nobody anything. */
const MAX_VOLATILE = 200;

export class ReadRecorder {
  private readonly paths = new Map<string, PathRead>();
  private readonly values = new Map<string, ObservedRead>();
  private readonly unrepeatable = new Map<string, VolatileRead>();
  private readonly changedElsewhere = new Set<string>();
  private readonly setVariables = new Set<string>();
  private hasChangedFolder = false;
  private createdPaths: OwnPaths | undefined;
  /** Paths as they were passed, for reads that are repeated. */
  private seen: Partial<Record<PathKind, Set<unknown>>> = {};
  private seenFolderChanges = 0;
  private readonly ignores: (file: string) => boolean;
  /** Replaces `Math.random` in the execution, for a stage that has a seed. */
  random: (() => number) | undefined;
  /** Of clocks: which call sites need no further look. By name. For `VolatileNotes`. */
  readonly samples = new Map<string, object>();

  constructor({ ignores = () => false }: RecorderOptions = {}) {
    this.ignores = ignores;
  }

  private get own(): OwnPaths {
    return (this.createdPaths ??= new OwnPaths(this.ignores));
  }

  /** Sorted by kind and name, without duplicates. Without what the execution created itself before or after it looked for it. */
  reads(): readonly ObservedRead[] {
    const paths = this.countedPaths().map(({ kind, file, fields }): ObservedRead =>
      fields === undefined ? { kind, name: file } : { kind, name: file, fields: [...fields.keys()].sort().join() },
    );
    const order = ({ kind, name }: ObservedRead): string => `${kind} ${name}`;
    return [...paths, ...this.values.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** In the order of their first read, without duplicates; the first 200. */
  volatile(): readonly VolatileRead[] {
    return [...this.unrepeatable.values()];
  }

  /** Merges what a worker thread recorded; `changed`: what its recorder's `changedSince` returned there. */
  add(reads: readonly ObservedRead[], unrepeatable: readonly VolatileRead[], changed: readonly string[] = []): void {
    for (const { kind, name, fields } of reads)
      if (!isPathKind(kind)) this.readValue(kind, name);
      else if (fields === undefined) this.readPath(kind, name);
      else for (const field of fields.split(",")) this.readField(name, field);
    for (const read of unrepeatable) this.addVolatile(read);
    for (const file of changed) this.changedElsewhere.add(file);
  }

  /** The absolute paths whose state is another than right before their first read, sorted: the result may depend on either. */
  changedSince(): Promise<readonly string[]> {
    const changed = this.countedPaths().filter(({ kind, file, state, fields }) => {
      if (stateFor[kind](file) !== state) return true;
      return fields !== undefined && [...fields].some(([field, value]) => statField(file, field) !== value);
    });
    const names = new Set([...changed.map(({ file }) => file), ...this.changedElsewhere]);
    return Promise.resolve([...names].sort());
  }

  /** For wrappers: a path is about to be read. `given`: as passed to `fs`. */
  readPath(kind: PathKind, given: unknown): void {
    if (this.seenFolderChanges !== workingFolderChanges()) {
      this.seen = {};
      this.seenFolderChanges = workingFolderChanges();
    }
    const seen = (this.seen[kind] ??= new Set());
    // Code that tests until something is as it waits for goes by its last look.
    const isTest = kind === "exists" || kind === "stat";
    if (!isTest && seen.has(given)) return;
    const file = this.own.outside(given);
    if (file === undefined) return;
    const key = `${kind} ${file}`;
    const known = this.paths.get(key);
    const state = !isTest && known && known.state !== undefined ? known.state : stateFor[kind](file);
    if (!known) this.paths.set(key, { kind, file, state, fields: undefined });
    // The same for a file that it reads as soon as it exists.
    else if (isTest || known.state === undefined) this.paths.set(key, { ...known, state });
    if (state !== undefined) seen.add(given);
  }

  /** For wrappers: the code reads a field of a file's stats. */
  readField(given: unknown, field: string): void {
    const file = this.own.outside(given);
    if (file === undefined) return;
    this.readPath("stat", file);
    const read = this.paths.get(`stat ${file}`);
    if (!read) return;
    read.fields ??= new Map();
    if (!read.fields.has(field)) read.fields.set(field, statField(file, field));
  }

  /** For wrappers: the file that an open descriptor belongs to. */
  pathOfFile(isSame: (file: string) => boolean): string | undefined {
    for (const { kind, file } of this.paths.values()) if (kind === "file" && isSame(file)) return file;
    return undefined;
  }

  /** For wrappers: a path is about to be written, renamed or removed. */
  touch(given: unknown): void {
    this.own.touch(given);
  }

  /** For wrappers: a folder is about to be created. */
  createdFolder(given: unknown): void {
    this.own.own(given);
  }

  /** For wrappers: a folder with a random name is about to be created. */
  createdTemporary(prefix: unknown): void {
    this.own.ownTemporary(prefix);
  }

  /** For wrappers: a link is about to be created. */
  createdLink(target: unknown, given: unknown): void {
    this.own.link(target, given);
  }

  /** For wrappers: anything else that can be compared is about to be read. */
  readValue(kind: Exclude<ReadKind, PathKind>, name: string): void {
    if (kind === "env" && this.setVariables.has(name)) return;
    if (kind === "zone" && this.setVariables.has("TZ")) return;
    if (kind === "cwd" && this.hasChangedFolder) return;
    const key = `${kind} ${name}`;
    if (!this.values.has(key)) this.values.set(key, { kind, name });
  }

  /** For wrappers: whether it need not be recorded again. */
  hasValue(kind: Exclude<ReadKind, PathKind>, name: string): boolean {
    return this.values.has(`${kind} ${name}`);
  }

  /** For wrappers: the execution sets a variable of the environment: what it reads there from now on is its own. */
  setVariable(name: string): void {
    this.setVariables.add(name);
  }

  /** For wrappers: the execution changes the working folder. */
  changeFolder(): void {
    this.hasChangedFolder = true;
  }

  /** For wrappers: what is read is older than the file, a module that was edited after it was loaded. */
  addChanged(file: string): void {
    this.changedElsewhere.add(file);
  }

  /** For wrappers: something that cannot be compared is read. Returns whether it was new. */
  addVolatile(read: VolatileRead): boolean {
    const key = `${read.kind} ${read.name} ${read.where}`;
    const known = this.unrepeatable.get(key);
    const isNew = known ? read.marks && !known.marks : this.unrepeatable.size < MAX_VOLATILE || read.marks;
    if (isNew) this.unrepeatable.set(key, read);
    return isNew;
  }

  /** For wrappers: whether a volatile read of this kind with such a name has been recorded. */
  hasVolatile(kind: VolatileKind, isSuch: (name: string) => boolean): boolean {
    for (const read of this.unrepeatable.values()) if (read.kind === kind && isSuch(read.name)) return true;
    return false;
  }

  /** Without those that the execution decided itself: it created what was missing, or removed what it had looked for. */
  private countedPaths(): readonly PathRead[] {
    const listings = new Map<string, ReadonlySet<string>>();
    return [...this.paths.values()].filter((read) => {
      if (this.own.isOwn(read.file)) return read.state !== undefined && !isTest(read);
      return !isTest(read) || !this.isImplied(read, listings);
    });
  }

  /** A test for what has been read as a whole, or what the listing of its folder says. */
  private isImplied({ file, state }: PathRead, listings: Map<string, ReadonlySet<string>>): boolean {
    if (this.paths.has(`file ${file}`) || this.paths.has(`folder ${file}`)) return true;
    const folder = path.dirname(file);
    const listed = this.paths.get(`folder ${folder}`)?.state;
    if (listed === undefined) return false;
    let entries = listings.get(folder);
    if (!entries) listings.set(folder, (entries = new Set(listed.split("\n"))));
    const name = path.basename(file);
    if (state !== undefined) return entries.has(`${state} ${name}`);
    return !["file", "folder", "link"].some((type) => entries.has(`${type} ${name}`));
  }
}

/** Whether it depends on the existence and type alone. */
const isTest = ({ kind, fields }: PathRead): boolean => kind === "exists" || (kind === "stat" && fields === undefined);

const isPathKind = (kind: ReadKind): kind is PathKind => Object.hasOwn(stateFor, kind);
