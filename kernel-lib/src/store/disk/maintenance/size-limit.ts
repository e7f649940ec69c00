/** The size limit of a disk store: counts new bytes cheaply, and lets garbage collection remove values in the background. */
import type { Digest } from "../../../protocol";

/** The share of the limit to shrink to: below the limit, so that the next commit does not exceed it again. */
const TARGET_SHARE = 0.9;
/** This many of the newest results are kept: they are about to be used. */
const NEWEST_KEPT = 8;

export interface SizeLimitPorts {
  /** The total size of all values in bytes. */
  measure(): Promise<number>;
  /** Shrinks the store to `toBytes` if possible. Returns its size afterwards. */
  shrink(toBytes: number, spare: ReadonlySet<Digest>): Promise<number>;
  onProblem(error: unknown): void;
}

export class SizeLimit {
  private bytes: number | undefined;
  /** Shrinking begins above this size: raised where it could not remove enough. */
  private threshold: number;
  private newest: readonly Digest[] = [];
  private shrinking: Promise<void> | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly ports: SizeLimitPorts,
  ) {
    this.threshold = maxBytes;
  }

  /** To be called after each commit. Starts work in the background. */
  added(key: Digest, newBytes: number): void {
    this.newest = [...this.newest.filter((each) => each !== key), key].slice(-NEWEST_KEPT);
    if (this.bytes !== undefined) this.bytes += newBytes;
    const isBelow = this.bytes !== undefined && this.bytes <= this.threshold;
    if (this.shrinking || isBelow) return;
    this.shrinking = this.enforce()
      .catch((error: unknown) => this.ports.onProblem(error))
      .finally(() => (this.shrinking = undefined));
  }

  /** Resolves when no background work is in progress. */
  async settled(): Promise<void> {
    while (this.shrinking) await this.shrinking;
  }

  private async enforce(): Promise<void> {
    this.bytes ??= await this.ports.measure();
    if (this.bytes <= this.threshold) return;
    this.bytes = await this.ports.shrink(this.maxBytes * TARGET_SHARE, new Set(this.newest));
    // Commits of other processes are not counted, and pinned or held results may exceed the limit: try again after another tenth of it.
    this.threshold = Math.max(this.maxBytes, this.bytes + this.maxBytes * (1 - TARGET_SHARE));
  }
}
