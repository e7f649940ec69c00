/**
 * The ports to where results live, and the records that pass through them. `Store` is the composition of six narrow ports; code in
 * `run/` and `notebook/` depends on these interfaces alone. The adapters lie in the folders beside this file.
 */
import type { Digest, RunId, VolatileRead } from "../protocol";
import type { KeyPart } from "../key/parts";

/** A reference to bytes by their sha256. */
export interface BlobRef {
  /** The sha256 of the bytes. */
  readonly digest: Digest;
  /** Size in bytes. */
  readonly sizeBytes: number;
}

/** A reference to a file that a stage wrote. */
export interface FileRef extends BlobRef {
  /** The name that the stage chose: a plain file name, not a path. */
  readonly name: string;
}

/** Bytes to store. `pieces` are written one after the other; the caller must not change them until they are written. */
export interface NewBlob {
  /** Digest and size of all pieces together. */
  readonly ref: BlobRef;
  /** The bytes, in order. */
  readonly pieces: readonly Uint8Array[];
  /** Nothing else holds the memory of the pieces: whoever keeps them in memory need not copy them, and must not change them. */
  readonly isOwn?: boolean;
}

/** Something that an execution read from outside: its kind, and its name as in the store. See `observe/`. */
export interface TracedRead {
  /** `file`, `folder`, `env`, … */
  readonly kind: string;
  /** A path (relative to the notebook's folder where it is near it), the name of a variable. */
  readonly name: string;
  /** For `stat`: the fields that were read. */
  readonly fields?: string;
}

/** The record of one result: what it was computed from, and which blobs hold it. Written once, never changed. */
export interface Entry {
  /** Version of this record. */
  readonly format: 1;
  /** The sha256 of all key parts. */
  readonly key: Digest;
  /** The key without the outputs of upstream stages: says whether this code has ever run with these parameters. */
  readonly partial: Digest;
  /** What the result depends on. */
  readonly parts: readonly KeyPart[];
  /** The value as it is stored. */
  readonly output: {
    /** Canonical digest of the value. */
    readonly digest: Digest;
    /** The encoded value. The codec decides how many blobs there are, and reads them in this order. */
    readonly blobs: readonly BlobRef[];
    /** Files that the stage wrote, see `fileOut`; the value refers to them by name. */
    readonly files: readonly FileRef[];
    /** Total size of all blobs and files. */
    readonly sizeBytes: number;
    /** The name of the codec. */
    readonly codec: string;
    /** A short description of the value. */
    readonly summary: string;
    /** The number of items, for a stream. */
    readonly items?: number;
  };
  /** When it was committed, in epoch milliseconds. */
  readonly at: number;
  /** How long the stage's function ran, in milliseconds. */
  readonly durationMs: number;
  /** All parameters of the stage and its ancestors, as text. */
  readonly params: { readonly [name: string]: string };
  /** The run that computed it. */
  readonly run: RunId;
  /** What makes the result not repeatable. Absent when there is nothing. */
  readonly volatile?: readonly VolatileRead[];
  /**
   * Set on the record under a key whose executions read more than they declare, which has no value of its own: what they read, the
   * newest first. The keys of their results follow from the key and the current state of what was read.
   */
  readonly traces?: readonly (readonly TracedRead[])[];
  /** Versions of Stagebook and Node that computed it. */
  readonly made: { readonly stagebook: string; readonly node: string };
}

/** What a store knows of a notebook or script: the name under which its results lie, and how its file is recognized. */
export interface NotebookRecord {
  /** The name in histories, `latest/` and lists of runs: the name of the file when it was first seen, with a number if that was taken. */
  readonly id: string;
  /** Random: tells notebooks of the same id in different stores apart. The same in the store of another folder that the notebook was moved to. */
  readonly uid: string;
  /** The name of the file when it was first seen. */
  readonly name: string;
  /** Where it was seen, the latest first, one per machine. `host` is "" for a path relative to the folder of the store. `file`: device, inode and time of creation. */
  readonly places: readonly { readonly host: string; readonly path: string; readonly file?: string }[];
  /** What its cells are recognized by: their random ids, else digests of their source. */
  readonly marks: readonly string[];
  /** When it was seen last, in epoch milliseconds. */
  readonly at: number;
  /** The folders of the stores where it was before it was moved to another folder, relative to the folder that holds the store, the latest first. */
  readonly former?: readonly string[];
}

/** The owner of a history: a notebook and a stage. Names may hold any characters and are never merged. */
export interface HeadName {
  /** The notebook's id in the store. */
  readonly notebook: string;
  /** Name of the stage. */
  readonly stage: string;
}

/** One row of a stage's history. */
export interface HeadRow {
  /** The key of a result that the stage has reached. */
  readonly key: Digest;
  /** The partial key of that result. */
  readonly partial: Digest;
  /** When the result was committed, in epoch milliseconds. */
  readonly at: number;
}

/** The process that is working on a result. */
export interface Holder {
  /** Name of its machine. */
  readonly host: string;
  /** Its process id on that machine. */
  readonly pid: number;
  /** The notebook that it runs. */
  readonly notebook: string;
  /** The stage that it computes. */
  readonly stage: string;
  /** When it got the claim, in epoch milliseconds. */
  readonly since: number;
  /** The progress that it has reported. `total`: unknown when absent. */
  readonly progress?: { readonly done: number; readonly total?: number };
}

/** How a key is claimed. */
export interface ClaimOptions {
  /**
   * The claim is a lease: it is free for others when its process has not renewed it for this many milliseconds, as a process that is
   * stopped or cut off does not. Without it, a claim of a process on the same machine is free only when that process has ended.
   */
  readonly leaseMs?: number;
}

/** The exclusive right to compute a result, until it is released or its process ends. */
export interface Claim {
  /** True where no claim could be written: it excludes no other process. */
  readonly isUnshared?: true;
  /** False when another process has taken it over, or it is released: the claim was a lease that was not renewed in time. */
  isHeld(): Promise<boolean>;
  /** Reports progress to the processes that wait for the claim. */
  report(progress: NonNullable<Holder["progress"]>): void;
  /** Gives up the claim. May be called more than once. */
  release(): Promise<void>;
}

/** The outcome of an attempt to claim a key: the claim, or the process that holds it. `after`: the process that had it and is gone. */
export type ClaimOutcome = { readonly claim: Claim; readonly after?: Holder } | { readonly holder: Holder };

/** Rules for garbage collection. */
export interface GcOptions {
  /** Report what would be removed; remove nothing. */
  readonly dryRun?: boolean;
  /** Remove results unused, and records of runs not written, for more than this many milliseconds. */
  readonly olderThanMs?: number;
  /** Keep this many results of each stage, the newest. Combined with `olderThanMs`, these stay whatever their age, and the rest is removed once old. */
  readonly keepPerStage?: number;
  /**
   * Keep the records of this many runs of each notebook, the newest. Combined with `olderThanMs`, these stay whatever their age, and the
   * rest is removed once old. Neither rule removes a run in progress, or a run that computed the newest or a pinned result of a stage:
   * its log can still be requested.
   */
  readonly keepRuns?: number;
  /** Maximum total size of values in bytes. Values of the least recently used results are removed first; their records stay. */
  readonly maxBytes?: number;
  /**
   * Forget the notebooks whose files are gone, and of which nothing was used for more than this many milliseconds: their records, histories,
   * links, runs and set parameter values, and the results that no other notebook has. One that was seen on another machine stays: its file
   * cannot be looked for from here. So does one with a pinned result.
   */
  readonly goneForMs?: number;
  /** Stops the work: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the number of processed and of all records and blobs. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** A notebook that garbage collection has forgotten. */
export interface RemovedNotebook {
  /** Its name in the store: that of its file, with a number where another notebook has that name. */
  readonly notebook: string;
  /** Where its file was. */
  readonly places: readonly string[];
  /** Epoch milliseconds. */
  readonly lastUsedAt: number;
}

/** What garbage collection removed and kept. With `dryRun`: what it would remove. */
export interface GcReport {
  /** True when nothing was removed. */
  readonly dryRun: boolean;
  /** Results whose records were removed. */
  readonly removedEntries: number;
  /** Results whose records stay and whose values were removed. */
  readonly evictedEntries: number;
  /** Removed blobs: values, chunks of values, files. */
  readonly removedBlobs: number;
  /** Total size of the removed blobs. */
  readonly freedBytes: number;
  /** Results whose records stay. */
  readonly keptEntries: number;
  /** Total size of the values that stay. */
  readonly keptBytes: number;
  /** Runs whose events and log lines were removed. */
  readonly removedRuns: number;
  /** Total size of the removed runs. */
  readonly freedRunBytes: number;
  /** Runs whose records stay. */
  readonly keptRuns: number;
  /** Total size of the runs that stay. */
  readonly keptRunBytes: number;
  /** The notebooks that were forgotten; absent without `goneForMs`. */
  readonly removedNotebooks?: readonly RemovedNotebook[];
}

/** How to verify a store. */
export interface VerifyOptions {
  /** Remove damaged records and blobs, so that their results are recomputed. */
  readonly repair?: boolean;
  /** Stops the work: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Called with the number of processed and of all records and blobs. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What verification found. */
export interface VerifyReport {
  /** Number of records. */
  readonly entries: number;
  /** Number of blobs. */
  readonly blobs: number;
  /** Total size of the intact blobs. */
  readonly sizeBytes: number;
  /** Each problem and its location; after a repair, the problems that were found before it. */
  readonly problems: readonly {
    readonly where: string;
    readonly what: string;
    /** True for what no repair removes: a folder with content where a file should be, or a file that cannot be read and may be whole. */
    readonly remains?: true;
  }[];
  /** True when everything damaged was removed, except what remains. */
  readonly repaired: boolean;
}

/** How worker threads of this process access the blobs of a store directly, see `openThreadBlobs`. */
export interface ThreadAccess {
  /** The folder of the store, an absolute path. */
  readonly folder: string;
  /** To be called before a thread writes blobs ahead of the entry that will refer to them. */
  announce(digests: readonly Digest[]): Promise<void>;
}

/** Receives a warning for a file that is treated as absent because it is missing, damaged or unreadable, or that could not be written. */
export type OnStoreProblem = (message: string, where: string) => void;

/**
 * The port to results and the histories of stages. The contract, tested by one suite for all adapters:
 * - `findEntry` and `readBlob` return what was committed, complete and verified, or undefined; never a wrong value, and they never
 *   throw because of damage. Damage is reported once per file.
 * - `commit` has written everything durably when it resolves. A process killed at any moment leaves either the complete result or
 *   none. It rejects with StagebookError `store-write` (disk full, no permission) and then leaves nothing that loads.
 * - Committing a key again is allowed; the newest commit wins. Equal blobs are stored once.
 * - Histories are kept per notebook and stage, in order of commit; `touch` records that a stage has reached a result that exists.
 * - Names may hold any characters; no two names ever share a file.
 */
export interface Results {
  /** The record of the result with that key. */
  findEntry(key: Digest): Promise<Entry | undefined>;
  /** False when a blob or file of the entry is known to be missing. True where checking would be slow. */
  isWhole(entry: Entry): Promise<boolean>;
  /** The returned bytes belong to the caller alone. `into`: memory of exactly that size to read into, which is then returned. */
  readBlob(blob: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** Stores bytes ahead of the entry that will refer to them: chunks of a stream. Durable once that entry is committed. */
  putBlob(blob: NewBlob): Promise<void>;
  /** Blobs that were put before need not be passed again. Rejects with `store-write` for a blob that is neither passed nor stored. */
  commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void>;
  /** Moves the key to the end of the history. Does nothing when it is there already. */
  touch(head: HeadName, row: HeadRow): Promise<void>;
  /** Oldest first; each key once, at its latest position. */
  history(head: HeadName): Promise<readonly HeadRow[]>;
  /** The partial keys of all results in all histories. */
  partials(): Promise<ReadonlySet<Digest>>;
  /** Removes the history, and its entries and blobs unless another history refers to them. Returns the number of results it had. */
  clear(head: HeadName): Promise<number>;
}

/** The port to the events and log lines of runs. */
export interface RunLog {
  /** Appends NDJSON lines to the record of a run. Concurrent appends keep the order of the calls. */
  appendRun(run: RunId, lines: readonly string[]): Promise<void>;
  /** The lines of a run, oldest first; undefined when there are none. */
  readRun(run: RunId): Promise<readonly string[] | undefined>;
}

/**
 * The port to the records of notebooks: which notebook a file is must not depend on its name alone. Stores in local files answer
 * immediately, the others with a promise.
 */
export interface Notebooks {
  /** All records, in any order. Damaged ones are reported and left out. */
  notebooks(): readonly NotebookRecord[] | Promise<readonly NotebookRecord[]>;
  /** Writes the record of a new notebook. Returns false when its id is taken: of concurrent calls with one id, exactly one returns true. */
  addNotebook(record: NotebookRecord): boolean | Promise<boolean>;
  /** Replaces the record with the same id. */
  updateNotebook(record: NotebookRecord): void | Promise<void>;
}

/** The port to files that stages write and read. */
export interface StageFiles {
  /** A new empty folder for files that a stage writes, removed when the process ends. */
  scratchFolder(): Promise<string>;
  /**
   * Takes over a file of a scratch folder: reads it once, digests it and stores it, like a blob put ahead of its entry. The file no
   * longer exists at `path` afterwards. Rejects with StagebookError `file-output` unless it is a regular file and a plain file name.
   */
  adoptFile(path: string, name: string): Promise<FileRef>;
  /** The absolute path of a read-only file with that name and content, valid until the process ends; undefined when its content is missing. */
  filePath(file: FileRef): Promise<string | undefined>;
}

/** The port to coordination between processes: who computes what, and what maintenance must not remove. */
export interface Claims {
  /**
   * Claims a key, or returns who holds it. Only one process at a time gets the claim; that of a dead process is free within 5 s. Where no
   * claim can be written, it is granted anyway and a warning is reported.
   */
  claim(key: Digest, who: HeadName, options?: ClaimOptions): Promise<ClaimOutcome>;
  /** Who holds the claim of a key, as `claim` with the same options would return it; undefined when it is free. Writes nothing. */
  holderOf(key: Digest, options?: ClaimOptions): Promise<Holder | undefined>;
  /** Protects the entry's blobs from maintenance until the returned function is called. */
  hold(entry: Entry): Promise<() => Promise<void>>;
  /** A pinned result stays, whatever its age and size. */
  pin(key: Digest, isPinned: boolean): Promise<void>;
  /** The keys of all pinned results. */
  pinned(): Promise<ReadonlySet<Digest>>;
}

/**
 * The port to clean-up and checks. Maintenance never removes pinned results, results that a live process holds, or blobs that a live
 * process has put and no entry refers to yet.
 */
export interface Maintenance {
  /** Removes results by the options, and always blobs that no entry refers to. */
  gc(options: GcOptions): Promise<GcReport>;
  /** Reads and checks everything. */
  verify(options: VerifyOptions): Promise<VerifyReport>;
}

/** Information about a store. */
export interface StoreInfo {
  /** A human-readable location: a folder, `memory`, `none`, `s3://…`. */
  readonly location: string;
  /** True for a store that never returns what was committed. */
  readonly keepsNothing?: true;
  /** Absent where all bytes must pass through the kernel's main thread. */
  readonly threads?: ThreadAccess;
  /** Resolves once the human-readable links in `latest/` are up to date, which happens after a commit. Absent where there are none. */
  latestWritten?(): Promise<void>;
}

/** Everything that a pipeline needs of a store. Adapters implement the ports one by one, see `composeStore`. */
export interface Store extends StoreInfo, Results, RunLog, Notebooks, StageFiles, Claims, Maintenance {}
