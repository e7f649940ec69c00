/** A store in any object storage: see `Bucket`. Used for `s3://…`, and by users for storages of their own. */
import { isDigest } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import { messageOf, StagebookError } from "../../protocol";
import { decodeEntry, encodeEntry, type EntrySeal } from "../records/entry-record";
import { EvictedBlobs } from "../records/evicted-blobs";
import { ProcessFiles } from "../memory/process-files";
import type { BlobRef, Claim, Entry, FileRef, GcOptions, GcReport, HeadName, HeadRow, Holder, NewBlob } from "../store";
import type { Store, OnStoreProblem, VerifyOptions, VerifyReport } from "../store";
import { inParallel } from "../turns";
import { withMaintenanceLock } from "../maintenance/maintenance-lock";
import { blobsOf } from "../disk/maintenance/survey";
import { listAll, type Bucket } from "./port";
import { BucketBlobs } from "./blobs";
import { BucketClaims } from "./claims";
import { PendingRemovals } from "./pending-removals";
import { BucketHeads } from "./heads";
import { BucketLive } from "./live";
import { blobName, CLAIMS, entryName, EVICTED, Orders, PINS } from "./names";
import { BucketRecords, textOf } from "./records";
import { BucketRuns } from "./runs";
import { clearHead, collectGarbage, verifyBucket, type BucketContext } from "./maintenance";
import { BucketUses } from "./uses";
import { OpenedBucket } from "./opened";

export interface BucketStoreOptions {
  /** Told of what is missing, damaged or not to be trusted, once each. Default: a warning of the process. */
  readonly onProblem?: OnStoreProblem;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

/** What a store in a bucket is in, and what is believed there. */
export interface BucketStoreSetting extends BucketStoreOptions {
  /** Entries are signed, and those that are not signed so are absent. */
  readonly seal?: EntrySeal;
  /** Nothing of the store's own accord is written, such as when a result was used. */
  readonly isReadOnly?: boolean;
  /** Reading rejects where the bucket cannot be reached. Default: that is told, once, and what was wanted is absent. */
  readonly throwsUnreachable?: boolean;
}

const AT_ONCE = 8;
/** Asking for more would be slow. */
const ASKED_FOR = 64;
/** Another process is at work on the store: it is asked again after so long. */
const UPKEEP_POLL_MS = 500;

/**
 * The whole store contract on top of a bucket: many machines may use one at the same time, equal work is done once, and upkeep leaves
 * alone what others are about to use. Pass it to `createPipeline({ store })`.
 */
export function bucketStore(bucket: Bucket, options: BucketStoreOptions = {}): Store {
  return createBucketStore(bucket, options);
}

/** For stores that share what is in the bucket with others. */
export function createBucketStore(bucket: Bucket, setting: BucketStoreSetting): Store {
  return new BucketStore(bucket, setting);
}

class BucketStore implements Store {
  readonly location: string;
  private readonly opened: OpenedBucket;
  private readonly parts: BucketContext;
  private readonly runs: BucketRuns;
  private readonly files = new ProcessFiles();
  /** Put ahead and named by no entry yet: how often. */
  private readonly putBefore = new Map<Digest, number>();
  private readonly seal: EntrySeal | undefined;
  private readonly toldFaults = new Set<string>();
  private readonly isReadOnly: boolean;

  constructor(
    private readonly bucket: Bucket,
    { onProblem = warn, now = Date.now, seal, isReadOnly = false, throwsUnreachable = false }: BucketStoreSetting,
  ) {
    this.location = bucket.location;
    this.seal = seal;
    this.isReadOnly = isReadOnly;
    this.opened = new OpenedBucket(bucket, onProblem, throwsUnreachable);
    const { tell } = this.opened;
    const orders = new Orders();
    const live = new BucketLive(bucket);
    const evicted = new EvictedBlobs(new BucketRecords(bucket), EVICTED);
    this.runs = new BucketRuns(bucket, orders);
    this.parts = {
      bucket,
      live,
      evicted,
      now,
      blobs: new BucketBlobs(bucket, evicted, tell),
      heads: new BucketHeads(bucket, orders),
      going: new PendingRemovals(bucket, live),
      claims: new BucketClaims(bucket, live, throwsUnreachable ? rejectWith : tell),
      uses: new BucketUses(bucket, now),
      pinned: () => this.listPins(),
    };
  }

  async findEntry(key: Digest): Promise<Entry | undefined> {
    return this.opened.reading(undefined, async () => {
      const found = await this.bucket.get(entryName(key));
      const entry = found && this.openEntry(key, textOf(found.bytes));
      if (entry && !this.isReadOnly) this.parts.uses.mark(key, entry.at);
      return entry;
    });
  }

  async isWhole(entry: Entry): Promise<boolean> {
    const refs = uniqueBlobs(entry);
    if (refs.length > ASKED_FOR) return true;
    return this.opened.reading(false, async () => {
      const there = await Promise.all(refs.map((ref) => this.parts.blobs.isThere(ref)));
      return !there.includes(false);
    });
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    return this.opened.reading(undefined, () => this.parts.blobs.read(ref, into));
  }

  async putBlob(blob: NewBlob): Promise<void> {
    await this.opened.writing(() => this.putAhead(blob.ref, () => this.parts.blobs.put(blob)));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.opened.writing(() => this.commitAnnounced(head, entry, blobs));
    this.opened.forgetTold(entryName(entry.key));
    for (const { digest } of blobsOf(entry)) this.opened.forgetTold(blobName(digest));
  }

  async touch(head: HeadName, row: HeadRow): Promise<void> {
    await this.opened.writing(() => this.parts.heads.append(head, row, true));
  }

  async history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.opened.reading([], () => this.parts.heads.rows(head));
  }

  async partials(): Promise<ReadonlySet<Digest>> {
    const heads = await this.opened.reading([], () => this.parts.heads.all());
    return new Set(heads.flat().map((row) => row.partial));
  }

  async clear(head: HeadName): Promise<number> {
    const isNew = (await this.history(head)).length === 0;
    return isNew ? 0 : this.alone("clear", undefined, () => clearHead(head, this.parts));
  }

  async appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.opened.writing(() => this.runs.append(run, lines));
  }

  async readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.opened.reading(undefined, () => this.runs.read(run));
  }

  scratchFolder(): Promise<string> {
    return this.files.scratchFolder();
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const ref = await this.files.adopt(path, name);
    const place = this.files.placeOf(ref.digest) ?? path;
    await this.opened.writing(() => this.putAhead(ref, () => this.parts.blobs.putFile(ref, place)));
    return ref;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    if (this.files.has(file.digest)) return this.files.path(file);
    return this.opened.reading(undefined, async () => {
      const isThere = await this.files.receive(file.digest, (handle) => this.parts.blobs.download(file, handle));
      return isThere ? this.files.path(file) : undefined;
    });
  }

  async claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    try {
      return await this.opened.writing(() => this.parts.claims.take(key, who));
    } catch (error) {
      if (this.opened.throws) throw error;
      // A store that cannot be written does not keep anybody from working.
      this.opened.tell(`${messageOf(error)}: others may do the same work again`, CLAIMS);
      return { claim: { report: () => undefined, release: async () => undefined } };
    }
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    try {
      const release = await this.opened.writing(() => this.parts.live.hold(entry.key));
      // The beats that come later tell it as well.
      return () => release().catch(() => undefined);
    } catch (error) {
      if (this.opened.throws) throw error;
      this.opened.tell(`${messageOf(error)}: upkeep may remove what is being read`, "holds");
      return async () => undefined;
    }
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    const name = `${PINS}${key}`;
    await this.opened.writing(() => (isPinned ? this.bucket.put(name, new Uint8Array(0)) : this.bucket.delete(name)));
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    return this.opened.reading(new Set<Digest>(), () => this.listPins());
  }

  async gc(options: GcOptions): Promise<GcReport> {
    options.signal?.throwIfAborted();
    const collect = (): Promise<GcReport> => collectGarbage(options, this.parts);
    return options.dryRun === true ? this.opened.writing(collect) : this.alone("gc", options.signal, collect);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    options.signal?.throwIfAborted();
    const verify = (): Promise<VerifyReport> => verifyBucket(options, this.parts);
    return options.repair === true ? this.alone("verify", options.signal, verify) : this.opened.writing(verify);
  }

  private openEntry(key: Digest, text: string): Entry | undefined {
    const fault = this.seal?.findFault(key, text);
    if (fault !== undefined) {
      // Who has another key hears it once, not for each result.
      if (!this.toldFaults.has(fault)) this.opened.tell(`${fault}; it and all like it are made again`, entryName(key));
      this.toldFaults.add(fault);
      return undefined;
    }
    const entry = decodeEntry(key, text);
    if (!entry) this.opened.tell("the record of a result is damaged; the result is made again", entryName(key));
    return entry;
  }

  /** It stays announced until an entry names it, or this process ends. */
  private async putAhead({ digest }: BlobRef, put: () => Promise<void>): Promise<void> {
    await this.announce([digest]);
    try {
      await put();
    } catch (error) {
      this.parts.live.withdraw([digest]);
      throw error;
    }
    this.putBefore.set(digest, (this.putBefore.get(digest) ?? 0) + 1);
    this.opened.forgetTold(blobName(digest));
  }

  private async announce(digests: readonly Digest[]): Promise<void> {
    await this.parts.live.announce(digests);
    await this.parts.going.wait(new Set(digests));
  }

  private async commitAnnounced(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const refs = uniqueBlobs(entry);
    const digests = refs.map(({ digest }) => digest);
    try {
      await this.announce(digests);
      const given = new Map(blobs.map((blob) => [blob.ref.digest, blob]));
      await inParallel(given.values(), AT_ONCE, (blob) => this.parts.blobs.put(blob));
      await this.checkPresent(refs.filter(({ digest }) => !given.has(digest)));
      await this.name(head, entry);
      for (const digest of digests) this.settle(digest);
    } finally {
      this.parts.live.withdraw(digests);
    }
  }

  private async name(head: HeadName, entry: Entry): Promise<void> {
    const name = entryName(entry.key);
    try {
      await this.bucket.put(name, Buffer.from(encodeEntry(entry, this.seal)));
      await this.parts.heads.append(head, { key: entry.key, partial: entry.partial, at: entry.at });
    } catch (error) {
      // Whoever cannot put may not be able to delete; what is there then is whole all the same.
      await this.bucket.delete(name).catch(() => undefined);
      throw error;
    }
  }

  private settle(digest: Digest): void {
    const times = this.putBefore.get(digest) ?? 0;
    this.putBefore.delete(digest);
    this.parts.live.withdraw(Array.from({ length: times }, () => digest));
  }

  private async checkPresent(refs: readonly BlobRef[]): Promise<void> {
    await inParallel(refs, AT_ONCE, async (ref) => {
      if (await this.parts.blobs.isThereQuietly(ref)) return;
      throw new StagebookError(
        "store-write",
        `a part of the result that was stored before is gone: ${this.location}/${blobName(ref.digest)}`,
        "Run the stage again.",
      );
    });
  }

  private async listPins(): Promise<ReadonlySet<Digest>> {
    return new Set((await listAll(this.bucket, PINS)).map(({ name }) => name.slice(PINS.length)).filter(isDigest));
  }

  /** One process at a time removes what others may want. */
  private async alone<T>(what: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.opened.writing(() =>
      withMaintenanceLock(this.parts.claims, { what, everyMs: UPKEEP_POLL_MS, signal }, work),
    );
  }
}

function uniqueBlobs(entry: Entry): readonly BlobRef[] {
  return [...new Map(blobsOf(entry).map((ref) => [ref.digest, ref])).values()];
}

function rejectWith(message: string): never {
  throw new Error(message);
}

function warn(message: string, where: string): void {
  process.emitWarning(`${where} ${message}`, "StagebookWarning");
}
