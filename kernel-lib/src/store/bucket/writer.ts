/** The writer of results in a bucket: blobs first, then the record that refers to them, then the stage's history. */
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import { forEachParallel } from "../concurrency";
import { blobsOf, encodeEntry, type EntrySeal } from "../records/entry-record";
import type { BlobRef, Entry, HeadName, NewBlob } from "../store";
import type { BucketBlobs } from "./blobs";
import type { BucketHeads } from "./heads";
import type { BucketLive } from "./live";
import { blobName, entryName } from "./names";
import type { OpenedBucket } from "./opened";
import type { PendingRemovals } from "./pending-removals";

const CONCURRENCY = 8;

export interface BucketWriterParts {
  readonly opened: OpenedBucket;
  readonly live: BucketLive;
  readonly pendingRemovals: PendingRemovals;
  readonly blobs: BucketBlobs;
  readonly heads: BucketHeads;
  readonly seal: EntrySeal | undefined;
}

export class BucketWriter {
  /** How many times each blob was put ahead of the entry that will refer to it. */
  private readonly ahead = new Map<Digest, number>();

  constructor(private readonly parts: BucketWriterParts) {}

  /** The blob stays announced until an entry refers to it, or this process ends. */
  async putAhead({ digest }: BlobRef, put: () => Promise<void>): Promise<void> {
    await this.announce([digest]);
    try {
      await put();
    } catch (error) {
      this.parts.live.withdraw([digest]);
      throw error;
    }
    this.ahead.set(digest, (this.ahead.get(digest) ?? 0) + 1);
    this.parts.opened.forgetWarnings(blobName(digest));
  }

  async commit(head: HeadName, entry: Entry, blobs: readonly NewBlob[]): Promise<void> {
    const { opened, live } = this.parts;
    const refs = uniqueBlobs(entry);
    const digests = refs.map(({ digest }) => digest);
    try {
      await this.announce(digests);
      const unique = new Map(blobs.map((blob) => [blob.ref.digest, blob]));
      await forEachParallel(unique.values(), CONCURRENCY, (blob) => this.parts.blobs.put(blob));
      await this.checkExist(refs.filter(({ digest }) => !unique.has(digest)));
      await this.writeEntry(head, entry);
      for (const digest of digests) this.withdrawAhead(digest);
    } finally {
      live.withdraw(digests);
    }
    opened.forgetWarnings(entryName(entry.key));
    for (const digest of digests) opened.forgetWarnings(blobName(digest));
  }

  private async announce(digests: readonly Digest[]): Promise<void> {
    await this.parts.live.announce(digests);
    await this.parts.pendingRemovals.wait(new Set(digests));
  }

  private async writeEntry(head: HeadName, entry: Entry): Promise<void> {
    const { opened, heads, seal } = this.parts;
    const name = entryName(entry.key);
    try {
      await opened.bucket.put(name, Buffer.from(encodeEntry(entry, seal)));
      await heads.append(head, { key: entry.key, partial: entry.partial, at: entry.at });
    } catch (error) {
      // When putting fails, deleting may fail too; the entry that may then exist is still complete.
      await opened.bucket.delete(name).catch(() => undefined);
      throw error;
    }
  }

  private withdrawAhead(digest: Digest): void {
    const times = this.ahead.get(digest) ?? 0;
    this.ahead.delete(digest);
    this.parts.live.withdraw(Array.from({ length: times }, () => digest));
  }

  private async checkExist(refs: readonly BlobRef[]): Promise<void> {
    await forEachParallel(refs, CONCURRENCY, async (ref) => {
      if (await this.parts.blobs.existsQuietly(ref)) return;
      throw new StagebookError(
        "store-write",
        `a part of the result that was stored earlier no longer exists: ${this.parts.opened.bucket.location}/${blobName(ref.digest)}`,
        "Run the stage again.",
      );
    });
  }
}

/** The blobs of an entry, each once. */
export function uniqueBlobs(entry: Entry): readonly BlobRef[] {
  return [...new Map(blobsOf(entry).map((ref) => [ref.digest, ref])).values()];
}
