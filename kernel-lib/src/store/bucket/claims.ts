/** The `Claims` of a store in a bucket. A bucket that is not writable does not block work; the problem is reported. */
import { isDigest } from "../../key/digest";
import { messageOf, type Digest } from "../../protocol";
import { unsharedClaim } from "../records/claim-record";
import type { ClaimOptions, ClaimOutcome, Claims, Entry, HeadName, Holder } from "../store";
import type { ClaimObjects } from "./claim-objects";
import type { BucketLive } from "./live";
import { CLAIMS, PINS } from "./names";
import type { OpenedBucket } from "./opened";
import { listAll } from "./port";

export class BucketClaims implements Claims {
  constructor(
    private readonly opened: OpenedBucket,
    private readonly claimObjects: ClaimObjects,
    private readonly live: BucketLive,
  ) {}

  async claim(key: Digest, who: HeadName, options?: ClaimOptions): Promise<ClaimOutcome> {
    const { opened } = this;
    try {
      return await opened.writing(() => this.claimObjects.take(key, who, options));
    } catch (error) {
      if (opened.throws) throw error;
      opened.warn(`${messageOf(error)}: other processes may repeat the same work`, CLAIMS);
      return { claim: unsharedClaim };
    }
  }

  holderOf(key: Digest, options?: ClaimOptions): Promise<Holder | undefined> {
    return this.opened.reading(undefined, () => this.claimObjects.holderOf(key, options));
  }

  async hold(entry: Entry): Promise<() => Promise<void>> {
    const { opened } = this;
    try {
      const release = await opened.writing(() => this.live.hold(entry.key));
      // Later heartbeats report the release as well.
      return () => release().catch(() => undefined);
    } catch (error) {
      if (opened.throws) throw error;
      opened.warn(`${messageOf(error)}: maintenance may remove values that are being read`, "holds");
      return async () => undefined;
    }
  }

  async pin(key: Digest, isPinned: boolean): Promise<void> {
    const name = `${PINS}${key}`;
    const { bucket } = this.opened;
    await this.opened.writing(() => (isPinned ? bucket.put(name, new Uint8Array(0)) : bucket.delete(name)));
  }

  async pinned(): Promise<ReadonlySet<Digest>> {
    return this.opened.reading(new Set<Digest>(), () => this.listPins());
  }

  /** The pinned keys. Rejects when the bucket cannot be reached. */
  async listPins(): Promise<ReadonlySet<Digest>> {
    const items = await listAll(this.opened.bucket, PINS);
    return new Set(items.map(({ name }) => name.slice(PINS.length)).filter(isDigest));
  }
}
