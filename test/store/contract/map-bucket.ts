/** A bucket as a user would write one: on top of a Map. */
import type { Bucket, BucketItem } from "stagebook";

export interface MapBucket extends Bucket {
  readonly objects: Map<string, { bytes: Uint8Array; version: number }>;
  /** The log of writes: `put blobs-v1/…`, `delete …`. */
  readonly writes: string[];
}

export function createMapBucket(location = "map"): MapBucket {
  const objects = new Map<string, { bytes: Uint8Array; version: number }>();
  const writes: string[] = [];
  let versions = 0;
  const put = (name: string, bytes: Uint8Array): void => {
    writes.push(`put ${name}`);
    objects.set(name, { bytes: new Uint8Array(bytes), version: ++versions });
  };
  const itemOf = (name: string): BucketItem | undefined => {
    const found = objects.get(name);
    return found && { name, sizeBytes: found.bytes.byteLength, version: String(found.version) };
  };
  return {
    location,
    objects,
    writes,
    get: async (name) => {
      const found = objects.get(name);
      return found && { bytes: new Uint8Array(found.bytes), version: String(found.version) };
    },
    find: async (name) => itemOf(name),
    put: async (name, bytes) => put(name, bytes),
    putIfAbsent: async (name, bytes) => {
      if (objects.has(name)) return false;
      put(name, bytes);
      return true;
    },
    putIfSame: async (name, bytes, version) => {
      if (itemOf(name)?.version !== version) return false;
      put(name, bytes);
      return true;
    },
    delete: async (name) => {
      writes.push(`delete ${name}`);
      objects.delete(name);
    },
    list: async function* (prefix) {
      for (const name of [...objects.keys()]) {
        const item = name.startsWith(prefix) ? itemOf(name) : undefined;
        if (item) yield item;
      }
    },
  };
}
