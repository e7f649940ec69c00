/** The port to where results live. Implementations beside it; `run/` and `notebook/` know only this. */
import type { Digest, RunId } from "../protocol";
import type { KeyPart } from "../key/parts";

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
    /** sha256 of the encoded bytes. */
    readonly blob: Digest;
    readonly sizeBytes: number;
    readonly codec: string;
    /** The value in a few words. */
    readonly summary: string;
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

/** Told of a file that is treated as absent because it is missing, damaged or unreadable, or that could not be written. */
export type StoreTrouble = (message: string, where: string) => void;

/**
 * The contract, held by one suite for all implementations:
 * - `findEntry` and `readBlob` give what was committed, whole and verified, or undefined; never a wrong value, never a throw
 *   for damage. Damage is told to `trouble`, once per file.
 * - `commit` has written everything durably when it resolves; a process killed at any moment leaves either the whole result or
 *   none. It rejects with StagebookError `store-write` (disk full, no permission) and then leaves nothing that loads.
 * - Committing a key again is allowed; the newest wins. Equal blobs are kept once.
 * - Heads are kept per notebook and stage, in order of commit; `touch` records that a stage has reached a result that was there.
 * - Names may hold any characters; no two names ever share a file.
 */
export interface Store {
  /** For people: a folder, `memory`, `none`. */
  readonly location: string;
  /** True for a store that never gives back what it took. */
  readonly keepsNothing?: true;
  findEntry(key: Digest): Promise<Entry | undefined>;
  /** The bytes belong to the caller: nobody else holds them. */
  readBlob(digest: Digest): Promise<Uint8Array | undefined>;
  commit(head: HeadName, entry: Entry, bytes: Uint8Array): Promise<void>;
  touch(head: HeadName, row: HeadRow): Promise<void>;
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
}
