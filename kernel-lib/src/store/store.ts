/** The port to where results live. Implementations beside it; `run/` and `notebook/` know only this. */
import type { Digest, RunId } from "../protocol";
import type { KeyPart } from "../key/parts";

/** Bytes by their sha256. */
export interface BlobRef {
  readonly digest: Digest;
  readonly sizeBytes: number;
}

/** A file that a stage wrote. */
export interface FileRef extends BlobRef {
  /** As the stage called it: a name, no path. */
  readonly name: string;
}

/** Bytes to be kept. `pieces` are written one after the other; whoever gives them leaves them unchanged until they are written. */
export interface NewBlob {
  readonly ref: BlobRef;
  readonly pieces: readonly Uint8Array[];
}

/** One result: how it was made, and which blob holds it. Written once, never changed. */
export interface Entry {
  readonly format: 1;
  readonly key: Digest;
  /** The key without the outputs of other stages: tells whether this code with these parameters ever ran. */
  readonly partial: Digest;
  readonly parts: readonly KeyPart[];
  readonly output: {
    /** Canonical digest of the value. */
    readonly digest: Digest;
    /** The encoded value: the codec decides into how many blobs, and reads them in this order. */
    readonly blobs: readonly BlobRef[];
    /** Files that the stage wrote, see `fileOut`; the value names them. */
    readonly files: readonly FileRef[];
    /** Of all blobs and files. */
    readonly sizeBytes: number;
    readonly codec: string;
    /** The value in a few words. */
    readonly summary: string;
    /** For a stream: how many items. */
    readonly items?: number;
  };
  /** Epoch milliseconds. */
  readonly at: number;
  readonly durationMs: number;
  /** All parameters of the stage and its ancestors, as text. */
  readonly params: { readonly [name: string]: string };
  readonly run: RunId;
  /** Versions that made it. */
  readonly made: { readonly stagebook: string; readonly node: string };
}

/** Whose result: names of notebook and stage, any characters, never merged. */
export interface HeadName {
  readonly notebook: string;
  readonly stage: string;
}

/** One row of a stage's history, oldest first. */
export interface HeadRow {
  readonly key: Digest;
  readonly partial: Digest;
  readonly at: number;
}

/** Who is at work on a result. */
export interface Holder {
  readonly host: string;
  readonly pid: number;
  readonly notebook: string;
  readonly stage: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly progress?: { readonly done: number; readonly total?: number };
}

/** The right to do a piece of work, until it is released or its process is gone. */
export interface Claim {
  /** Tells those who wait. */
  report(progress: NonNullable<Holder["progress"]>): void;
  release(): Promise<void>;
}

export interface GcOptions {
  /** Say what would go; remove nothing. */
  readonly dryRun?: boolean;
  /** Results not used for so long go, and the records of runs not written for so long. */
  readonly olderThanMs?: number;
  /** So many results of each stage stay, the newest. With `olderThanMs` they stay however old, and the others go when old. */
  readonly keepPerStage?: number;
  /**
   * The records of so many runs of each notebook stay, the newest. With `olderThanMs` they stay however old, and the others go when
   * old. By neither rule goes a run that is under way, nor one that made the newest or a pinned result of a stage: its log is asked for.
   */
  readonly keepRuns?: number;
  /** The most bytes to keep: the values of the least recently used results go first, their records stay. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface GcReport {
  readonly dryRun: boolean;
  /** Results that are forgotten. */
  readonly removedEntries: number;
  /** Results whose record stays, and whose value is gone. */
  readonly evictedEntries: number;
  readonly removedBlobs: number;
  readonly freedBytes: number;
  readonly keptEntries: number;
  readonly keptBytes: number;
  /** Runs whose events and log lines are forgotten. */
  readonly removedRuns: number;
  readonly freedRunBytes: number;
  readonly keptRuns: number;
  readonly keptRunBytes: number;
}

export interface VerifyOptions {
  /** Damaged records and blobs are removed, so that their results are made again. */
  readonly repair?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface VerifyReport {
  readonly entries: number;
  readonly blobs: number;
  readonly sizeBytes: number;
  /** What is wrong, where; after a repair what was wrong. */
  readonly problems: readonly { readonly where: string; readonly what: string }[];
  readonly repaired: boolean;
}

/** How other threads of this process get at the blobs of a store by themselves, see `openThreadBlobs`. */
export interface ThreadAccess {
  readonly folder: string;
  /** Before a thread writes blobs ahead of the entry that will name them. */
  announce(digests: readonly Digest[]): Promise<void>;
}

/** Told of a file that is treated as absent because it is missing, damaged or unreadable, or that could not be written. */
export type OnStoreProblem = (message: string, where: string) => void;

/**
 * The contract, held by one suite for all implementations:
 * - `findEntry` and `readBlob` give what was committed, whole and verified, or undefined; never a wrong value, never a throw
 *   for damage. Damage is told to `trouble`, once per file.
 * - `commit` has written everything durably when it resolves; a process killed at any moment leaves either the whole result or
 *   none. It rejects with StagebookError `store-write` (disk full, no permission) and then leaves nothing that loads.
 * - Committing a key again is allowed; the newest wins. Equal blobs are kept once.
 * - Heads are kept per notebook and stage, in order of commit; `touch` records that a stage has reached a result that was there.
 * - Names may hold any characters; no two names ever share a file.
 * - Upkeep leaves alone: pinned results, results that a live process holds, and blobs put by a live process that no entry names yet.
 */
export interface Store {
  /** For people: a folder, `memory`, `none`, `s3://…`. */
  readonly location: string;
  /** True for a store that never gives back what it took. */
  readonly keepsNothing?: true;
  /** Absent where bytes must pass through the kernel's thread. */
  readonly threads?: ThreadAccess;
  findEntry(key: Digest): Promise<Entry | undefined>;
  /** False when a blob or file of the entry is known to be gone. True where asking would be slow. */
  isWhole(entry: Entry): Promise<boolean>;
  /** The bytes belong to the caller: nobody else holds them. `into`: memory of just that size to read into; it is then what is given. */
  readBlob(blob: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined>;
  /** Keeps bytes ahead of the entry that will name them: chunks of a stream. Durable when the commit is. */
  putBlob(blob: NewBlob): Promise<void>;
  /** Blobs that were put before need not be given again; one that is neither given nor there is an error `store-write`. */
  commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void>;
  touch(head: HeadName, row: HeadRow): Promise<void>;
  /** Until the paths for people, which come after a commit, lead to the newest results. Absent where there are none. */
  latestShown?(): Promise<void>;
  /** Oldest first; each key once, at its latest place. */
  history(head: HeadName): Promise<readonly HeadRow[]>;
  /** The partial keys of every result that any head names. */
  partials(): Promise<ReadonlySet<Digest>>;
  /** Forgets the head's results and their entries and blobs where no other head names them. Returns how many results. */
  clear(head: HeadName): Promise<number>;
  /** Appends NDJSON lines to the record of a run. */
  appendRun(run: RunId, lines: readonly string[]): Promise<void>;
  /** The lines of a run, oldest first; undefined when there are none. */
  readRun(run: RunId): Promise<readonly string[] | undefined>;

  /** A new empty folder for files that a stage writes, gone with the process. */
  scratchFolder(): Promise<string>;
  /**
   * Takes over a file of the scratch folder: it is read once, digested and kept, like a blob put ahead. The file is no longer there
   * afterwards. Rejects with StagebookError `file-output` for what is no plain file or no plain name.
   */
  adoptFile(path: string, name: string): Promise<FileRef>;
  /** The absolute path of a read-only file with that name and content, there until the process ends; undefined when it is gone. */
  filePath(file: FileRef): Promise<string | undefined>;

  /** The right to work on a key, or who has it; where no claim can be kept it is given and told. Given to one process at a time; the claim of a dead one is free within 5 s. */
  claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }>;
  /** Until it is released, upkeep leaves the entry's blobs alone. */
  hold(entry: Entry): Promise<() => Promise<void>>;
  /** A pinned result stays, whatever its age and size. */
  pin(key: Digest, isPinned: boolean): Promise<void>;
  pinned(): Promise<ReadonlySet<Digest>>;
  /** Removes what is no longer wanted: results by the options, and always blobs that nothing names. */
  gc(options: GcOptions): Promise<GcReport>;
  /** Reads everything and checks it. */
  verify(options: VerifyOptions): Promise<VerifyReport>;
}
