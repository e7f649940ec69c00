/** The time each result of a bucket was last used: objects `used/<key>.<time>`, at most one a day per result, so that the cost is negligible. */
import { isDigest } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { Bucket } from "./port";
import { listAll } from "./port";
import { USED } from "./names";

const EVERY_MS = 24 * 3600 * 1000;
const EMPTY = new Uint8Array(0);

export class BucketUses {
  private readonly marked = new Map<Digest, number>();

  constructor(
    private readonly bucket: Bucket,
    private readonly now: () => number,
  ) {}

  /** Runs in the background; lost where the bucket is read-only. `committedAt` counts as a use. */
  mark(key: Digest, committedAt: number): void {
    const now = this.now();
    if (now - (this.marked.get(key) ?? committedAt) < EVERY_MS) return;
    this.marked.set(key, now);
    this.bucket.put(`${USED}${key}.${Math.round(now)}`, EMPTY).catch(() => undefined);
  }

  /** Epoch milliseconds, by key. */
  async all(): Promise<ReadonlyMap<Digest, number>> {
    const times = new Map<Digest, number>();
    for (const { key, at } of await this.list()) times.set(key, Math.max(at, times.get(key) ?? at));
    return times;
  }

  /** Removes all but the latest time of each result, and those of results that no longer exist. */
  async sweep(kept: ReadonlySet<Digest>): Promise<void> {
    const latest = await this.all();
    for (const { name, key, at } of await this.list())
      if (latest.get(key) !== at || !kept.has(key)) await this.bucket.delete(name);
  }

  private async list(): Promise<readonly { readonly name: string; readonly key: Digest; readonly at: number }[]> {
    return (await listAll(this.bucket, USED)).flatMap(({ name }) => {
      const [key, at] = name.slice(USED.length).split(".");
      return isDigest(key) && Number.isFinite(Number(at)) ? [{ name, key, at: Number(at) }] : [];
    });
  }
}
