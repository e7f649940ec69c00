/** The port to object storage: what a store needs of it. Implemented by `./s3`, and by users for storages of their own. */

/** An object without its bytes. */
export interface BucketItem {
  /** The name of the object. */
  readonly name: string;
  /** Size in bytes. */
  readonly sizeBytes: number;
  /** Changes whenever different bytes are put: an ETag, a counter or a digest. */
  readonly version: string;
}

/**
 * Named objects, used by many processes and machines at once. Names have at most 600 characters of `A-Z a-z 0-9 % ~ _ - . /`; objects
 * have at most 32 MiB. Every call sees the effects of calls that resolved before. A call rejects when the storage cannot be reached or
 * refuses the request; then it has had its full effect or none.
 */
export interface Bucket {
  /** A human-readable location. */
  readonly location: string;
  /** The bytes belong to the caller. Undefined when the object does not exist. */
  get(name: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
  /** Undefined when the object does not exist. */
  find(name: string): Promise<BucketItem | undefined>;
  /** Creates or replaces the object atomically. The caller may reuse the bytes once it resolves. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Creates the object if it does not exist, else returns false. Of concurrent calls exactly one returns true. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Replaces the object if it has that version, else returns false. Of concurrent calls exactly one returns true. */
  putIfSame(name: string, bytes: Uint8Array, version: string): Promise<boolean>;
  /** Does nothing when the object does not exist. */
  delete(name: string): Promise<void>;
  /** All objects whose names start with the prefix, in any order. */
  list(prefix: string): AsyncIterable<BucketItem>;
}

/** All objects with the prefix, sorted by name. */
export async function listAll(bucket: Bucket, prefix: string): Promise<readonly BucketItem[]> {
  const items: BucketItem[] = [];
  for await (const item of bucket.list(prefix)) items.push(item);
  return items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** The environment variables from which a bucket that is opened by its URL reads its settings and credentials. */
export type Environment = Readonly<Record<string, string | undefined>>;
