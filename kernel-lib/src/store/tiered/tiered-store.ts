/** A store of one's own in front of one that many share: what others have made need not be made again. */
import { copyFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { digestOf } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import type { BlobRef, Claim, Entry, FileRef, GcOptions, GcReport, HeadName, HeadRow, Holder, NewBlob } from "../store";
import type { Store, OnStoreProblem, VerifyOptions, VerifyReport } from "../store";
import { blobsOf } from "../disk/maintenance/survey";
import { BorrowedResults } from "./borrowed";
import { CircuitBreaker } from "./circuit-breaker";

export interface TieredStoreOptions {
  readonly local: Store;
  /** Rejects where it cannot be reached. */
  readonly shared: Store;
  readonly onProblem: OnStoreProblem;
  /** Nothing is ever written to the shared store, claims included. */
  readonly isReadOnly?: boolean;
  /** Milliseconds, of any beginning; for tests. */
  readonly clock?: () => number;
}

/** What was not in the shared store is not asked for again at once: plans ask often. */
const ABSENT_MS = 5000;
const SMALL_BYTES = 1024 * 1024;
/** Far more results than a pipeline has. */
const ABSENT_KNOWN = 100_000;

/**
 * Reads come from the local store, else from the shared one, and are then kept locally. Writes go to the local store, and when they
 * are durable there to the shared one. Histories, runs, `gc` and `verify` are those of the local store; `clear` and pins are of both.
 * In the shared store each local one has heads of its own, so that `clear` forgets there what no other has reached. Trouble with the
 * shared store is never an error: it is told once, and the store is left alone for a while.
 */
export function createTieredStore(options: TieredStoreOptions): Store {
  return new TieredStore(options);
}

class TieredStore implements Store {
  private readonly local: Store;
  private readonly shared: Store;
  private readonly onProblem: OnStoreProblem;
  private readonly isReadOnly: boolean;
  private readonly clock: () => number;
  private readonly reach: CircuitBreaker;
  private readonly borrowed = new BorrowedResults();
  private readonly absent = new Map<Digest, number>();
  /** Blobs that were put into the shared store ahead of their entry. */
  private readonly sharedAhead = new Set<Digest>();
  private readonly copyName: string;
  private hasToldLocal = false;

  constructor({ local, shared, onProblem, isReadOnly = false, clock = () => performance.now() }: TieredStoreOptions) {
    this.local = local;
    this.shared = shared;
    this.onProblem = onProblem;
    this.isReadOnly = isReadOnly;
    this.clock = clock;
    this.reach = new CircuitBreaker(shared.location, onProblem, clock);
    this.copyName = digestOf(JSON.stringify([hostname(), local.location])).slice(0, 12);
  }

  get location(): string {
    return this.local.location;
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    const own = await this.local.findEntry(key);
    if (own) return own;
    if (this.clock() - (this.absent.get(key) ?? -Infinity) < ABSENT_MS) return undefined;
    const theirs = await this.reach.try(undefined, () => this.shared.findEntry(key));
    if (theirs) this.borrowed.add(theirs);
    // What came over already is of use though the rest is away.
    else if (this.reach.isDown) return this.borrowed.find(key)?.entry;
    else this.rememberAbsent(key);
    return theirs;
  }

  async isWhole(entry: Entry): Promise<boolean> {
    if (!this.borrowed.isAnyBorrowed(entry) && (await this.local.isWhole(entry))) return true;
    return this.reach.try(false, () => this.shared.isWhole(entry));
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    // The local store would tell that it is missing.
    const own = this.borrowed.hasBlob(ref.digest) ? undefined : await this.local.readBlob(ref, into);
    if (own) return own;
    const theirs = await this.reach.try(undefined, () => this.shared.readBlob(ref, into));
    if (!theirs) return undefined;
    await this.keeping(async () => {
      await this.local.putBlob({ ref, pieces: [theirs] });
      await this.keptBlob(ref.digest);
    });
    return theirs;
  }

  async putBlob(blob: NewBlob): Promise<void> {
    await this.local.putBlob(blob);
    this.borrowed.keepBlob(blob.ref.digest);
    await this.writing(async () => {
      await this.shared.putBlob(blob);
      this.sharedAhead.add(blob.ref.digest);
    });
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.local.commit(head, entry, blobs);
    this.borrowed.keepEntry(entry.key);
    for (const { digest } of blobsOf(entry)) this.borrowed.keepBlob(digest);
    this.absent.delete(entry.key);
    await this.writing(() => this.share(head, entry, blobs));
    for (const { digest } of entry.output.blobs) this.sharedAhead.delete(digest);
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    const found = this.borrowed.find(row.key);
    if (found) {
      found.head = head;
      await this.keeping(() => this.keepReached(found.entry));
    }
    await this.local.touch(head, row);
    await this.writing(() => this.shared.touch(this.sharedHead(head), row));
  }

  history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.local.history(head);
  }

  partials(): Promise<ReadonlySet<Digest>> {
    return this.local.partials();
  }

  async clear(head: HeadName): Promise<number> {
    this.borrowed.clear();
    const cleared = await this.local.clear(head);
    await this.writing(() => this.shared.clear(this.sharedHead(head)));
    return cleared;
  }

  async latestShown(): Promise<void> {
    await Promise.all([this.local.latestShown?.(), this.shared.latestShown?.()]);
  }

  appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    return this.local.appendRun(run, lines);
  }

  readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.local.readRun(run);
  }

  scratchFolder(): Promise<string> {
    return this.local.scratchFolder();
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const file = await this.local.adoptFile(path, name);
    this.borrowed.keepBlob(file.digest);
    return file;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    const own = this.borrowed.hasBlob(file.digest) ? undefined : await this.local.filePath(file);
    if (own !== undefined) return own;
    const theirs = await this.reach.try(undefined, () => this.shared.filePath(file));
    if (theirs === undefined) return undefined;
    await this.keeping(async () => {
      await copyInto(this.local, theirs, file);
      await this.keptBlob(file.digest);
    });
    return (await this.local.filePath(file)) ?? theirs;
  }

  async claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    const own = await this.local.claim(key, who);
    if ("holder" in own) return own;
    // Whoever had it may have left a result.
    this.absent.delete(key);
    const theirs = this.isReadOnly ? undefined : await this.reach.try(undefined, () => this.shared.claim(key, who));
    if (!theirs) return own;
    if ("claim" in theirs) return { claim: this.bothClaims(own.claim, theirs.claim) };
    await own.claim.release();
    return theirs;
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    const own = await this.local.hold(entry);
    const isTheirs = this.borrowed.isAnyBorrowed(entry) && !this.isReadOnly;
    const theirs = isTheirs ? await this.reach.try(undefined, () => this.shared.hold(entry)) : undefined;
    return async () => {
      if (theirs) await this.reach.try(undefined, theirs);
      await own();
    };
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    await this.local.pin(key, isPinned);
    await this.writing(() => this.shared.pin(key, isPinned));
  }

  pinned(): Promise<ReadonlySet<Digest>> {
    return this.local.pinned();
  }

  gc(options: GcOptions): Promise<GcReport> {
    return this.local.gc(options);
  }

  verify(options: VerifyOptions): Promise<VerifyReport> {
    return this.local.verify(options);
  }

  private async share(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    for (const file of entry.output.files) {
      const path = await this.local.filePath(file);
      if (path !== undefined) await copyInto(this.shared, path, file);
    }
    const given = new Set(blobs.map(({ ref }) => ref.digest));
    for (const ref of entry.output.blobs) {
      if (given.has(ref.digest) || this.sharedAhead.has(ref.digest)) continue;
      const bytes = await this.local.readBlob(ref);
      if (bytes) await this.shared.putBlob({ ref, pieces: [bytes] });
      this.sharedAhead.add(ref.digest);
    }
    await this.shared.commit(this.sharedHead(head), entry, blobs);
  }

  private bothClaims(own: Claim, theirs: Claim): Claim {
    return {
      report: (progress) => {
        own.report(progress);
        theirs.report(progress);
      },
      release: async () => {
        // It must be tried in any case: others wait for it. But nobody waits for a store that is away.
        const releasing = theirs.release();
        releasing.catch(() => undefined);
        if (!this.reach.isDown) await this.reach.try(undefined, () => releasing);
        await own.release();
      },
    };
  }

  private sharedHead({ notebook, stage }: HeadName): HeadName {
    return { notebook: `${this.copyName}/${notebook}`, stage };
  }

  private rememberAbsent(key: Digest): void {
    if (this.absent.size >= ABSENT_KNOWN) this.absent.clear();
    this.absent.set(key, this.clock());
  }

  /** Small values come over at once, so that the stage is fresh here without the shared store; others when they are read. */
  private async keepReached(entry: Entry): Promise<void> {
    if (entry.output.sizeBytes <= SMALL_BYTES) {
      for (const ref of entry.output.blobs) if (this.borrowed.hasBlob(ref.digest)) await this.readBlob(ref);
      for (const file of entry.output.files) if (this.borrowed.hasBlob(file.digest)) await this.filePath(file);
    }
    await this.keepComplete();
  }

  private async keptBlob(digest: Digest): Promise<void> {
    this.borrowed.keepBlob(digest);
    await this.keepComplete();
  }

  private async keepComplete(): Promise<void> {
    for (const { entry, head } of this.borrowed.complete()) {
      this.borrowed.keepEntry(entry.key);
      if (head) await this.local.commit(head, entry, []);
    }
  }

  /** The value is there all the same when it cannot be kept here. */
  private async keeping(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (this.hasToldLocal) return;
      this.hasToldLocal = true;
      const why = error instanceof Error ? error.message : String(error);
      this.onProblem(`what came from the shared store could not be kept here (${why})`, this.local.location);
    }
  }

  private async writing(work: () => Promise<unknown>): Promise<void> {
    if (!this.isReadOnly) await this.reach.try(undefined, work);
  }
}

async function copyInto(store: Store, path: string, { name }: FileRef): Promise<void> {
  const copy = join(await store.scratchFolder(), name);
  await copyFile(path, copy);
  await store.adoptFile(copy, name);
}
