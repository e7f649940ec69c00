/** The port to any object storage: what is needed of it to keep results there. Implemented by `../s3`, and by users. */

/** What is known of an object without its bytes. */
export interface BucketItem {
  readonly name: string;
  readonly sizeBytes: number;
  /** Changes whenever other bytes are put: an ETag, a counter, a digest. */
  readonly version: string;
}

/**
 * Named bytes, many processes and machines at once. Names are at most 600 characters of `A-Z a-z 0-9 % ~ _ - . /`; objects are at most
 * 32 MiB. Every call sees what calls that resolved before have done. A call rejects when the storage cannot be reached or refuses;
 * then nothing or everything of it has happened.
 */
export interface Bucket {
  /** For people: where it is. */
  readonly location: string;
  /** The bytes belong to the caller. Undefined when there is no such object. */
  get(name: string): Promise<{ readonly bytes: Uint8Array; readonly version: string } | undefined>;
  /** Undefined when there is no such object. */
  find(name: string): Promise<BucketItem | undefined>;
  /** Makes or replaces the object; nobody ever sees a part of it. The bytes are the caller's again when it resolves. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Makes the object where there is none, and else gives false. Of several at the same time exactly one gets true. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Replaces the object where it has that version, and else gives false. Of several at the same time exactly one gets true. */
  putIfSame(name: string, bytes: Uint8Array, version: string): Promise<boolean>;
  /** Well when there is none. */
  delete(name: string): Promise<void>;
  /** All objects whose names begin so, in any order. */
  list(prefix: string): AsyncIterable<BucketItem>;
}

/** All of a prefix, by name. */
export async function listAll(bucket: Bucket, prefix: string): Promise<readonly BucketItem[]> {
  const items: BucketItem[] = [];
  for await (const item of bucket.list(prefix)) items.push(item);
  return items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
