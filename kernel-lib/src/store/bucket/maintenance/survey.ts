/** The survey of all results and blobs in a bucket, for maintenance. */
import type { Digest } from "../../../protocol";
import type { UsedEntry } from "../../maintenance/choices";
import { forEachWithProgress, type ProgressOptions } from "../../maintenance/progress";
import { blobsOf, decodeEntry } from "../../records/entry-record";
import { textOf } from "../../records/text";
import { BLOBS, blobOfName, ENTRIES, keyOfEntry } from "../names";
import { listAll, type Bucket, type BucketItem } from "../port";
import type { BucketUses } from "../uses";

/** A result and its object. */
export interface SurveyedEntry extends UsedEntry {
  readonly item: BucketItem;
}

/** A blob and all of its parts. */
export interface StoredBlob {
  readonly names: readonly string[];
  readonly sizeBytes: number;
}

/** All records, in order of keys. */
export async function surveyEntries(
  { bucket, uses }: { readonly bucket: Bucket; readonly uses: BucketUses },
  { signal }: ProgressOptions,
): Promise<readonly SurveyedEntry[]> {
  const items = (await listAll(bucket, ENTRIES)).filter(({ name }) => keyOfEntry(name));
  const usedAt = await uses.all();
  const found: SurveyedEntry[] = [];
  await forEachWithProgress(items, { signal }, async (item) => {
    const entry = await surveyEntry(item, usedAt, bucket);
    if (entry) found.push(entry);
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** One record; undefined when it no longer exists. `usedAt`: epoch milliseconds by key. */
export async function surveyEntry(
  item: BucketItem,
  usedAt: ReadonlyMap<Digest, number>,
  bucket: Bucket,
): Promise<SurveyedEntry | undefined> {
  const key = keyOfEntry(item.name);
  const object = key && (await bucket.get(item.name));
  if (!object) return undefined;
  // Signatures are not checked: results of another group keep their values.
  const entry = decodeEntry(key, textOf(object.bytes));
  return {
    key,
    item: { ...item, version: object.version },
    usedAtMs: Math.max(usedAt.get(key) ?? -Infinity, entry?.at ?? 0),
    blobs: entry && blobsOf(entry),
    run: entry?.run,
  };
}

/** All blobs. */
export async function listBlobs(bucket: Bucket): Promise<ReadonlyMap<Digest, StoredBlob>> {
  const found = new Map<Digest, StoredBlob>();
  for (const { name, sizeBytes } of await listAll(bucket, BLOBS)) {
    const digest = blobOfName(name);
    if (!digest) continue;
    const before = found.get(digest);
    found.set(digest, { names: [...(before?.names ?? []), name], sizeBytes: sizeBytes + (before?.sizeBytes ?? 0) });
  }
  return found;
}
