/** The encoded values of a store that were used last, in memory up to a bound: a value loaded again does not touch the disk. */
import type { Digest, RunId } from "../protocol";
import type { Entry, HeadName, HeadRow, Store } from "./store";

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

  async readBlob(digest: Digest): Promise<Uint8Array | undefined> {
    const kept = this.kept.get(digest);
    const bytes = kept ?? (await this.store.readBlob(digest));
    if (bytes) this.keep(digest, bytes);
    // The reader may keep and change what it gets; the bytes of the store are its own if they are not kept here.
    return bytes && this.kept.has(digest) ? new Uint8Array(bytes) : bytes;
  }

  async commit(head: HeadName, entry: Entry, bytes: Uint8Array): Promise<void> {
    await this.store.commit(head, entry, bytes);
    if (bytes.byteLength <= this.maxBytes) this.keep(entry.output.blob, new Uint8Array(bytes));
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
    this.kept.clear();
    this.size = 0;
    return this.store.clear(head);
  }

  appendRun(run: RunId, lines: readonly string[]): Promise<void> {
    return this.store.appendRun(run, lines);
  }

  readRun(run: RunId): Promise<readonly string[] | undefined> {
    return this.store.readRun(run);
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
