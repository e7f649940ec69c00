/**
 * Which blobs upkeep is about to remove from a bucket: objects `going/<process>.<random>`. Upkeep says so before it looks who has
 * announced a blob, a writer announces before it looks here: one of the two always sees the other.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import { decodeRecord, encodeRecord } from "../records/entry-record";
import type { Bucket } from "./port";
import { listAll } from "./port";
import type { BucketLive } from "./live";
import { PENDING_REMOVALS } from "./names";
import { textOf } from "./records";

const LOOK_EVERY_MS = 100;
/** Upkeep removes a batch within a fraction of it. */
const LONGEST_MS = 60_000;
const SUBJECT = ["going"];

export class PendingRemovals {
  constructor(
    private readonly bucket: Bucket,
    private readonly live: BucketLive,
  ) {}

  /** Does the work while others know that these blobs may go. */
  async during<T>(digests: readonly Digest[], work: () => Promise<T>): Promise<T> {
    const name = `${PENDING_REMOVALS}${this.live.id}`;
    await this.bucket.put(name, Buffer.from(encodeRecord(SUBJECT, digests)));
    try {
      return await work();
    } finally {
      await this.bucket.delete(name);
    }
  }

  /** Until nobody is about to remove any of them. They were announced before. */
  async wait(digests: ReadonlySet<Digest>): Promise<void> {
    const until = performance.now() + LONGEST_MS;
    while ((await this.isAnyGoing(digests)) && performance.now() < until) await sleep(LOOK_EVERY_MS);
  }

  private async isAnyGoing(digests: ReadonlySet<Digest>): Promise<boolean> {
    for (const { name } of await listAll(this.bucket, PENDING_REMOVALS)) {
      const found = await this.bucket.get(name);
      const record = found && decodeRecord(SUBJECT, textOf(found.bytes))?.record;
      const isOurs = Array.isArray(record) && record.some((digest) => isDigest(digest) && digests.has(digest));
      if (!isOurs) continue;
      if (!(await this.live.isGone(name.slice(PENDING_REMOVALS.length)))) return true;
      await this.bucket.delete(name);
    }
    return false;
  }
}
