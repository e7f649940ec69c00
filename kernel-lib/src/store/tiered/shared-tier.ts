/** The shared store behind a local one: whether it can be reached, what was found there, and how failures are handled. */
import { copyFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { digestOf } from "../../key/digest";
import { messageOf, type Digest } from "../../protocol";
import type { Entry, FileRef, HeadName, OnStoreProblem, StageFiles, Store } from "../store";
import { BorrowedResults } from "./borrowed";
import { CircuitBreaker } from "./circuit-breaker";

export interface TieredStoreOptions {
  readonly local: Store;
  /** Rejects when it cannot be reached. */
  readonly shared: Store;
  readonly onProblem: OnStoreProblem;
  /** Nothing is ever written to the shared store, claims included. */
  readonly isReadOnly?: boolean;
  /** Monotonic milliseconds; for tests. */
  readonly clock?: () => number;
}

/** How long a key that the shared store lacks is not looked up there again: plans look up often. */
const ABSENT_MS = 5000;
/** Far more results than a pipeline has. */
const MAX_ABSENT_KEYS = 100_000;

export class SharedTier {
  readonly local: Store;
  readonly shared: Store;
  readonly isReadOnly: boolean;
  readonly borrowed = new BorrowedResults();
  private readonly onProblem: OnStoreProblem;
  private readonly clock: () => number;
  private readonly breaker: CircuitBreaker;
  private readonly absentSince = new Map<Digest, number>();
  private readonly copyName: string;
  private hasReportedLocal = false;

  constructor({ local, shared, onProblem, isReadOnly = false, clock = () => performance.now() }: TieredStoreOptions) {
    this.local = local;
    this.shared = shared;
    this.isReadOnly = isReadOnly;
    this.onProblem = onProblem;
    this.clock = clock;
    const what = "the shared store is not used for now";
    this.breaker = new CircuitBreaker({ location: shared.location, what, onProblem, clock });
    this.copyName = digestOf(JSON.stringify([hostname(), local.location])).slice(0, 12);
  }

  get isDown(): boolean {
    return this.breaker.isDown;
  }

  /** The result of the work, or `fallback` when the shared store cannot be reached. Never rejects. `onLate`: receives a result that comes too late. */
  try<T>(fallback: T, work: () => Promise<T>, onLate?: (result: T) => void): Promise<T> {
    return this.breaker.try(fallback, work, { ...(onLate && { onLate }) });
  }

  /** A write to the shared store; skipped when it is read-only or cannot be reached. Never rejects. */
  async write(work: () => Promise<unknown>): Promise<void> {
    if (!this.isReadOnly) await this.breaker.try(undefined, work);
  }

  /** A copy into the local store. Failure is reported once and ignored: the value still exists in the shared store. */
  async copyToLocal(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.hasReportedLocal) return;
      this.hasReportedLocal = true;
      const message = `results from the shared store could not be stored here (${messageOf(error)})`;
      this.onProblem(message, this.local.location);
    }
  }

  /** The history in the shared store: each local store has its own, so that `clear` removes only what no other has reached. */
  sharedHead({ notebook, stage }: HeadName): HeadName {
    return { notebook: `${this.copyName}/${notebook}`, stage };
  }

  isKnownAbsent(key: Digest): boolean {
    return this.clock() - (this.absentSince.get(key) ?? -Infinity) < ABSENT_MS;
  }

  markAbsent(key: Digest): void {
    if (this.absentSince.size >= MAX_ABSENT_KEYS) this.absentSince.clear();
    this.absentSince.set(key, this.clock());
  }

  /** To be called when the key may exist by now. */
  forgetAbsent(key: Digest): void {
    this.absentSince.delete(key);
  }

  /** To be called when the local store has the blob: commits borrowed results that are complete now. */
  async blobCopied(digest: Digest): Promise<void> {
    this.borrowed.removeBlob(digest);
    await this.commitComplete();
  }

  /** Commits to the local store the borrowed results whose blobs it has completely. */
  async commitComplete(): Promise<void> {
    for (const { entry, head } of this.borrowed.complete()) {
      this.borrowed.removeEntry(entry.key);
      if (head) await this.local.commit(head, entry, []);
    }
  }

  isAnyBorrowed(entry: Entry): boolean {
    return this.borrowed.isAnyBorrowed(entry);
  }
}

/** Copies a file with its name into a store. */
export async function copyFileInto(store: StageFiles, path: string, { name }: FileRef): Promise<void> {
  const copy = join(await store.scratchFolder(), name);
  await copyFile(path, copy);
  await store.adoptFile(copy, name);
}
