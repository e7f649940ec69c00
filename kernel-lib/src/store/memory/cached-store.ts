/** The encoded values of a store that were used last, in memory up to a bound: a value loaded again does not touch the disk. */
import type { Digest, RunId } from "../../protocol";
import type { BlobRef, Claim, Entry, FileRef, GcOptions, GcReport, HeadName, HeadRow, Holder, NewBlob } from "../store";
import type { Store, ThreadAccess, VerifyOptions, VerifyReport } from "../store";

export interface CachedStoreOptions {
  /** The most memory that kept values take, in bytes. A larger value is not kept. */
  readonly maxBytes: number;
}

export interface CachedStore extends Store {
  /** What is kept now, in bytes. Never above the bound. */
  readonly keptBytes: number;
}

/** The store, with values kept in memory; the least recently used go first. All else goes straight to the store. */
export function createCachedStore(store: Store, options: CachedStoreOptions): CachedStore {
  return new BoundedStore(store, options.maxBytes);
}

class BoundedStore implements CachedStore {
  /** Least recently used first. */
  private readonly kept = new Map<Digest, Uint8Array>();
  private size = 0;

  constructor(
    private readonly store: Store,
    private readonly maxBytes: number,
  ) {}

  get location(): string {
    return this.store.location;
  }

  get keptBytes(): number {
    return this.size;
  }

  findEntry(key: Digest): Promise<Entry | undefined> {
    return this.store.findEntry(key);
  }

  get keepsNothing(): true | undefined {
    return this.store.keepsNothing;
  }

  get threads(): ThreadAccess | undefined {
    return this.store.threads;
  }

  isWhole(entry: Entry): Promise<boolean> {
    return this.store.isWhole(entry);
  }

  async readBlob(ref: BlobRef, into?: Uint8Array): Promise<Uint8Array | undefined> {
    const { digest } = ref;
    const kept = this.kept.get(digest);
    // Another size is another blob, whatever its name: the store says what is wrong.
    if (kept?.byteLength === ref.sizeBytes) {
      this.keep(digest, kept);
      if (!into) return new Uint8Array(kept);
      into.set(kept);
      return into;
    }
    const bytes = await this.store.readBlob(ref, into);
    // The reader may keep and change what it gets; the copy stays here.
    if (bytes && bytes.byteLength <= this.maxBytes) this.keep(digest, new Uint8Array(bytes));
    return bytes;
  }

  putBlob(blob: NewBlob): Promise<void> {
    return this.store.putBlob(blob);
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    await this.store.commit(head, entry, blobs);
    for (const { ref, pieces } of blobs)
      if (ref.sizeBytes <= this.maxBytes) this.keep(ref.digest, Buffer.concat(pieces));
  }

  touch(head: HeadName, row: HeadRow): Promise<void> {
    return this.store.touch(head, row);
  }

  history(head: HeadName): Promise<readonly HeadRow[]> {
    return this.store.history(head);
  }

  partials(): Promise<ReadonlySet<Digest>> {
    return this.store.partials();
  }

  async clear(head: HeadName): Promise<number> {
    this.forget();
    return this.store.clear(head);
  }

  async latestShown(): Promise<void> {
    await this.store.latestShown?.();
  }

  appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    return this.store.appendRun(run, lines);
  }

  readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.store.readRun(run);
  }

  scratchFolder(): Promise<string> {
    return this.store.scratchFolder();
  }

  adoptFile(path: string, name: string): Promise<FileRef> {
    return this.store.adoptFile(path, name);
  }

  filePath(file: FileRef): Promise<string | undefined> {
    return this.store.filePath(file);
  }

  claim(key: Digest, who: HeadName): Promise<{ readonly claim: Claim } | { readonly holder: Holder }> {
    return this.store.claim(key, who);
  }

  hold(entry: Entry): Promise<() => Promise<void>> {
    return this.store.hold(entry);
  }

  pin(key: Digest, isPinned: boolean): Promise<void> {
    return this.store.pin(key, isPinned);
  }

  pinned(): Promise<ReadonlySet<Digest>> {
    return this.store.pinned();
  }

  async gc(options: GcOptions): Promise<GcReport> {
    if (options.dryRun !== true) this.forget();
    return this.store.gc(options);
  }

  async verify(options: VerifyOptions): Promise<VerifyReport> {
    if (options.repair === true) this.forget();
    return this.store.verify(options);
  }

  private forget(): void {
    this.kept.clear();
    this.size = 0;
  }

  private keep(digest: Digest, bytes: Uint8Array): void {
    this.drop(digest);
    if (bytes.byteLength > this.maxBytes) return;
    this.kept.set(digest, bytes);
    this.size += bytes.byteLength;
    for (const [oldest] of this.kept) {
      if (this.size <= this.maxBytes) break;
      this.drop(oldest);
    }
  }

  private drop(digest: Digest): void {
    this.size -= this.kept.get(digest)?.byteLength ?? 0;
    this.kept.delete(digest);
  }
}
