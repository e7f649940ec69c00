/**
 * The blobs that maintenance is about to remove from a bucket: objects `going/<process>.<random>`. Maintenance writes them before it
 * reads which blobs are announced; a writer announces a blob before it looks here: one of the two always sees the other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord } from "../records/entry-record";
import type { Bucket } from "./port";
import { listAll } from "./port";
import type { BucketLive } from "./live";
import { PENDING_REMOVALS } from "./names";
import { textOf } from "../records/text";

const POLL_MS = 100;
/** Removing a batch takes a fraction of this. */
const MAX_WAIT_MS = 60_000;
const SUBJECT = ["going"];

export class PendingRemovals {
  constructor(
    private readonly bucket: Bucket,
    private readonly live: BucketLive,
  ) {}

  /** Does the work while other processes see that these blobs may be removed. */
  async during<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    const name = `${PENDING_REMOVALS}${this.live.id}`;
    await this.bucket.put(name, Buffer.from(encodeRecord(SUBJECT, digests)));
    try {
      return await work();
    } finally {
      await this.bucket.delete(name);
    }
  }

  /** Waits until no process is about to remove any of them. They must have been announced before. */
  async wait(digests: ReadonlySet<Digest>): Promise<void> {
    const until = performance.now() + MAX_WAIT_MS;
    while ((await this.isAnyPending(digests)) && performance.now() < until) await sleep(POLL_MS);
  }

  private async isAnyPending(digests: ReadonlySet<Digest>): Promise<boolean> {
    for (const { name } of await listAll(this.bucket, PENDING_REMOVALS)) {
      const found = await this.bucket.get(name);
      const record = found && decodeRecord(SUBJECT, textOf(found.bytes))?.record;
      const isAffected = Array.isArray(record) && record.some((digest) => isDigest(digest) && digests.has(digest));
      if (!isAffected) continue;
      if (!(await this.live.isGone(name.slice(PENDING_REMOVALS.length)))) return true;
      await this.bucket.delete(name);
    }
    return false;
  }
}
