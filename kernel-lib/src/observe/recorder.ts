/** The reads of one execution. Created by the caller of the execution, filled by the wrappers in this folder. */
import { contentOf, listingOf, resolvedTarget, stampOf, statField, typeOf } from "./path-states";
import path from "node:path";
import { PendingFiles } from "./pending-files";
import { isRelative, OwnPaths, workingFolderChanges } from "./own-paths";
import { RELATIVE_PATHS, type ObservedRead, type ReadKind, type VolatileKind, type VolatileRead } from "./reads";

/** What `ReadRecorder` needs to know about the execution. */
export interface RecorderOptions {
  /** Absolute paths that are never recorded: the store's folder. Files that the stage declares are recorded; `undeclaredReads` removes them. */
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
  /** The digests of what was read, of a file that had changed a moment before: its state may be the same after another change. */
  contents: Set<string> | undefined;
}

/** Further ones would not help to find the cause. */
const MAX_VOLATILE = 200;

/** What was recorded. Most executions read nothing: it is created at the first read. */
class Recorded {
  readonly paths = new Map<string, PathRead>();
  readonly values = new Map<string, ObservedRead>();
  readonly unrepeatable = new Map<string, VolatileRead>();
  readonly changedElsewhere = new Set<string>();
  /** Files of others that the execution has appended to. */
  readonly extended = new Set<string>();
  readonly setVariables = new Set<string>();
  readonly samples = new Map<string, object>();
  /** Paths as they were passed, for reads that are repeated. */
  seen: Partial<Record<PathKind, Set<unknown>>> = {};
}

export class ReadRecorder {
  private created: Recorded | undefined;
  private hasChangedFolder = false;
  private completesPaths = false;
  private createdPaths: OwnPaths | undefined;
  private pending: PendingFiles | undefined;
  private seenFolderChanges = 0;
  private readonly ignores: (file: string) => boolean;
  /** Replaces `Math.random` in the execution, for a stage that has a seed. */
  random: (() => number) | undefined;

  constructor({ ignores = () => false }: RecorderOptions = {}) {
    this.ignores = ignores;
  }

  private get recorded(): Recorded {
    return (this.created ??= new Recorded());
  }

  /** Of clocks: the call sites that need no further examination. By name. For `VolatileNotes`. */
  get samples(): Map<string, object> {
    return this.recorded.samples;
  }

  private get own(): OwnPaths {
    if (this.pending) this.settle();
    return (this.createdPaths ??= new OwnPaths(this.ignores));
  }

  /** False when nothing has been recorded. */
  get hasReads(): boolean {
    return this.created !== undefined || this.pending !== undefined;
  }

  /** Sorted by kind and name, without duplicates. Without what the execution created itself before or after it looked for it. */
  reads(): readonly ObservedRead[] {
    if (!this.hasReads) return [];
    const paths = this.countedPaths().map(({ kind, file, fields }): ObservedRead =>
      fields === undefined ? { kind, name: file } : { kind, name: file, fields: [...fields.keys()].sort().join() },
    );
    const order = ({ kind, name }: ObservedRead): string => `${kind} ${name}`;
    // The working folder may count as such; without a path it completes none.
    const isCounted = paths.length > 0 && !this.hasValue("cwd", "");
    const values = [...this.recorded.values.values()].filter(({ name }) => name !== RELATIVE_PATHS || isCounted);
    return [...paths, ...values].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }

  /** In the order of their first read, without duplicates; the first 200. */
  volatile(): readonly VolatileRead[] {
    return this.created === undefined ? [] : [...this.created.unrepeatable.values()];
  }

  /** Merges what a worker thread recorded; `changed`: what its recorder's `changedSince` returned there. */
  add(reads: readonly ObservedRead[], unrepeatable: readonly VolatileRead[], changed: readonly string[] = []): void {
    for (const { kind, name, fields } of reads)
      if (!isPathKind(kind)) this.readValue(kind, name);
      else if (fields === undefined) this.readPath(kind, name);
      else for (const field of fields.split(",")) this.readField(name, field);
    for (const read of unrepeatable) this.addVolatile(read);
    for (const file of changed) this.recorded.changedElsewhere.add(file);
  }

  /** The absolute paths whose state differs from that before their first read, sorted: the result may depend on either state. */
  changedSince(): Promise<readonly string[]> {
    const changed = this.countedPaths().filter(({ kind, file, state, fields, contents }) => {
      if (this.recorded.extended.has(file)) return true;
      if (stateFor[kind](file) !== state) return true;
      if (contents && [...contents].some((content) => content !== contentOf(file))) return true;
      return fields !== undefined && [...fields].some(([field, value]) => statField(file, field) !== value);
    });
    const names = new Set([...changed.map(({ file }) => file), ...this.recorded.changedElsewhere]);
    return Promise.resolve([...names].sort());
  }

  /** For wrappers: a path is about to be read. `given`: as passed to `fs`. */
  readPath(kind: PathKind, given: unknown): void {
    if (this.pending) this.settle();
    const seen = this.seen(kind);
    // Code that polls until a condition holds depends on its last check.
    const isTest = kind === "exists" || kind === "stat";
    if (!isTest && seen.has(given)) return;
    const file = this.own.outside(given);
    if (file === undefined) return;
    this.completePath(given);
    const key = `${kind} ${file}`;
    const known = this.recorded.paths.get(key);
    const state = !isTest && known && known.state !== undefined ? known.state : stateFor[kind](file);
    if (!known) this.recorded.paths.set(key, { kind, file, state, fields: undefined, contents: undefined });
    // The same for a file that it reads as soon as it exists.
    else if (isTest || known.state === undefined) this.recorded.paths.set(key, { ...known, state });
    if (state !== undefined) seen.add(given);
  }

  /** For wrappers: whether another read of the file under this name needs no record. */
  knowsFile(given: string): boolean {
    const { pending } = this;
    if (pending) {
      if (!pending.isCurrent) this.settle();
      else if (pending.has(given)) return !pending.isUncertain(given);
    }
    return this.created?.seen.file !== undefined && this.seen("file").has(given);
  }

  /** For wrappers: a whole file, not a known one, has been read. `state`: what it was before that. `content`: its digest, if the state alone may not tell. */
  hasRead(given: string, state: Float64Array, content: string | undefined): void {
    if (this.pending && (!this.pending.isCurrent || this.pending.isUncertain(given))) this.settle();
    this.pending ??= new PendingFiles();
    this.pending.add(given, state, content);
  }

  private seen(kind: PathKind): Set<unknown> {
    const { recorded } = this;
    if (this.seenFolderChanges !== workingFolderChanges()) {
      recorded.seen = {};
      this.seenFolderChanges = workingFolderChanges();
    }
    return (recorded.seen[kind] ??= new Set());
  }

  /** Whole files are only listed while they are read: which of them count is decided before anything else is recorded. */
  private settle(): void {
    const { pending } = this;
    this.pending = undefined;
    if (pending === undefined) return;
    const { own, recorded } = this;
    const seen = pending.isCurrent ? this.seen("file") : undefined;
    for (const { given, file: full, stamp, content } of pending.files()) {
      const file = own.outside(full);
      if (file === undefined) continue;
      this.completePath(given);
      const key = `file ${file}`;
      let read = recorded.paths.get(key);
      // What was missing exists now: the first content counts.
      if (read?.state === undefined) {
        read = { kind: "file", file, state: stamp, fields: undefined, contents: undefined };
        recorded.paths.set(key, read);
      }
      if (content === undefined) seen?.add(given);
      else (read.contents ??= new Set()).add(content);
    }
  }

  /** For wrappers: the code reads a field of a file's stats. */
  readField(given: unknown, field: string): void {
    const file = this.own.outside(given);
    if (file === undefined) return;
    this.readPath("stat", file);
    const read = this.recorded.paths.get(`stat ${file}`);
    if (!read) return;
    read.fields ??= new Map();
    if (!read.fields.has(field)) read.fields.set(field, statField(file, field));
  }

  /** For wrappers: the file that an open descriptor belongs to. */
  pathOfFile(isSame: (file: string) => boolean): string | undefined {
    if (this.pending) this.settle();
    for (const { kind, file } of this.recorded.paths.values()) if (kind === "file" && isSame(file)) return file;
    return undefined;
  }

  /** For wrappers: a path is about to be written, renamed or removed. */
  touch(given: unknown): void {
    this.own.touch(given);
  }

  /** For wrappers: something is about to be added at the end of a file that exists. */
  extendFile(given: unknown): void {
    const file = this.own.outside(given);
    if (file !== undefined) this.recorded.extended.add(file);
  }

  /** For wrappers: the list of the paths that the next call touches, for `failed`. */
  listTouched(): readonly string[] {
    return this.own.startList();
  }

  /** For wrappers: the call that touched these paths has failed, because of what is there or is missing. */
  failed(touched: readonly string[], code: unknown): void {
    this.own.untouch(touched);
    for (const file of touched) {
      this.readPath(code === "ENOTEMPTY" ? "folder" : "exists", file);
      if (code !== "ENOENT") continue;
      let missing = path.dirname(file);
      while (typeOf(path.dirname(missing)) === undefined && path.dirname(missing) !== missing)
        missing = path.dirname(missing);
      if (typeOf(missing) === undefined) this.readPath("exists", missing);
    }
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
    if (kind === "env" && this.recorded.setVariables.has(name)) return;
    if (kind === "zone" && this.recorded.setVariables.has("TZ")) return;
    if (kind === "cwd" && this.hasChangedFolder) return;
    const key = `${kind} ${name}`;
    if (!this.recorded.values.has(key)) this.recorded.values.set(key, { kind, name });
  }

  /** For wrappers: a path, as passed, that leads elsewhere in another working folder. */
  completePath(given: unknown): void {
    if (this.completesPaths || !isRelative(given)) return;
    this.completesPaths = true;
    this.readValue("cwd", RELATIVE_PATHS);
  }

  /** For wrappers: whether it need not be recorded again. */
  hasValue(kind: Exclude<ReadKind, PathKind>, name: string): boolean {
    return this.recorded.values.has(`${kind} ${name}`);
  }

  /** For wrappers: the execution sets a variable of the environment: what it reads there from now on is its own. */
  setVariable(name: string): void {
    this.recorded.setVariables.add(name);
  }

  /** For wrappers: the execution changes the working folder. */
  changeFolder(): void {
    this.hasChangedFolder = true;
  }

  /** For wrappers: what is read is older than the file, a module that was edited after it was loaded. */
  addChanged(file: string): void {
    this.recorded.changedElsewhere.add(file);
  }

  /** For wrappers: something that cannot be compared is read. Returns whether it was new. */
  addVolatile(read: VolatileRead): boolean {
    const key = `${read.kind} ${read.name} ${read.where}`;
    const known = this.recorded.unrepeatable.get(key);
    const isNew = known ? read.marks && !known.marks : this.recorded.unrepeatable.size < MAX_VOLATILE || read.marks;
    if (isNew) this.recorded.unrepeatable.set(key, read);
    return isNew;
  }

  /** For wrappers: whether a volatile read of this kind with such a name has been recorded. */
  hasVolatile(kind: VolatileKind, isSuch: (name: string) => boolean): boolean {
    for (const read of this.recorded.unrepeatable.values()) if (read.kind === kind && isSuch(read.name)) return true;
    return false;
  }

  /** Without those that the execution decided itself: it created what was missing, or removed what it had looked for. */
  private countedPaths(): readonly PathRead[] {
    if (this.pending) this.settle();
    const listings = new Map<string, ReadonlySet<string>>();
    return [...this.recorded.paths.values()].filter((read) => {
      if (this.own.isOwn(read.file)) return read.state !== undefined && !isTest(read);
      if (isTest(read) && this.recorded.extended.has(read.file)) return false;
      return !isTest(read) || !this.isImplied(read, listings);
    });
  }

  /** A test for what has been read as a whole, or what the listing of its folder says. */
  private isImplied({ file, state }: PathRead, listings: Map<string, ReadonlySet<string>>): boolean {
    if (this.recorded.paths.has(`file ${file}`) || this.recorded.paths.has(`folder ${file}`)) return true;
    const folder = path.dirname(file);
    const listed = this.recorded.paths.get(`folder ${folder}`)?.state;
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
