/** An in-memory cache of encoded values in front of a store, bounded in bytes: a value that is loaded again does not touch the disk. */
import { composeStore, infoOf } from "../compose-store";
import { defaultLimits } from "../../stage/limits";
import type { Digest } from "../../protocol";
import type { BlobRef, Entry, HeadName, NewBlob, Results, Store } from "../store";
import { ownBytes } from "./own-bytes";

export interface CachedStoreOptions {
  /** Maximum size of cached values in bytes. A larger value is not cached. */
  readonly maxBytes: number;
  /** Maximum number of cached values: a small one costs some 300 bytes beside its own. */
  readonly maxBlobs?: number;
}

export interface CachedStore extends Store {
  /** Current size of cached values in bytes. Never above the maximum. */
  readonly keptBytes: number;
}

/** The store, with values cached in memory; the least recently used are dropped first. Everything else goes directly to the store. */
export function createCachedStore(store: Store, options: CachedStoreOptions): CachedStore {
  const { maxBytes, maxBlobs = defaultLimits.cachedValues } = options;
  const cache = new BlobCache(maxBytes, maxBlobs);
  const cached = composeStore({
    ...infoOf(store),
    results: cacheResults(store, cache),
    runLog: store,
    notebooks: store,
    stageFiles: store,
    claims: store,
    maintenance: {
      gc: async (options) => {
        if (options.dryRun !== true) cache.clear();
        return store.gc(options);
      },
      verify: async (options) => {
        if (options.repair === true) cache.clear();
        return store.verify(options);
      },
    },
  });
  return {
    ...cached,
    get keptBytes() {
      return cache.sizeBytes;
    },
  };
}

function cacheResults(results: Results, cache: BlobCache): Results {
  return {
    findEntry: (key) => results.findEntry(key),
    isWhole: (entry) => results.isWhole(entry),
    readBlob: async (ref, into) => {
      const hit = cache.find(ref);
      if (hit) return copied(hit, into);
      const bytes = await results.readBlob(ref, into);
      // The caller may keep and change what it gets; the copy stays in the cache.
      if (bytes && bytes.byteLength <= cache.maxBytes) cache.add(ref.digest, new Uint8Array(bytes));
      return bytes;
    },
    putBlob: (blob) => results.putBlob(blob),
    commit: async (head: HeadName, entry: Entry, blobs: readonly NewBlob[]) => {
      await results.commit(head, entry, blobs);
      for (const blob of blobs) if (blob.ref.sizeBytes <= cache.maxBytes) cache.add(blob.ref.digest, ownBytes(blob));
    },
    touch: (head, row) => results.touch(head, row),
    history: (head) => results.history(head),
    partials: () => results.partials(),
    clear: async (head) => {
      cache.clear();
      return results.clear(head);
    },
  };
}

function copied(bytes: Uint8Array, into: Uint8Array | undefined): Uint8Array {
  if (!into) return new Uint8Array(bytes);
  into.set(bytes);
  return into;
}

class BlobCache {
  /** Least recently used first. */
  private readonly blobs = new Map<Digest, Uint8Array>();
  private size = 0;

  constructor(
    readonly maxBytes: number,
    private readonly maxBlobs: number,
  ) {}

  get sizeBytes(): number {
    return this.size;
  }

  /** Undefined for another size too: then the store reports what is wrong. */
  find({ digest, sizeBytes }: BlobRef): Uint8Array | undefined {
    const bytes = this.blobs.get(digest);
    if (bytes?.byteLength !== sizeBytes) return undefined;
    this.add(digest, bytes);
    return bytes;
  }

  add(digest: Digest, bytes: Uint8Array): void {
    this.drop(digest);
    if (bytes.byteLength > this.maxBytes) return;
    this.blobs.set(digest, bytes);
    this.size += bytes.byteLength;
    for (const [oldest] of this.blobs) {
      if (this.size <= this.maxBytes && this.blobs.size <= this.maxBlobs) break;
      this.drop(oldest);
    }
  }

  clear(): void {
    this.blobs.clear();
    this.size = 0;
  }

  private drop(digest: Digest): void {
    this.size -= this.blobs.get(digest)?.byteLength ?? 0;
    this.blobs.delete(digest);
  }
}
