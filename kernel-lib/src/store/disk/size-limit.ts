/** Keeps a disk store below its size limit: counts cheaply what is added, and lets upkeep remove values in the background. */
import type { Digest } from "../../protocol";

/** Upkeep goes somewhat below the limit, so that it need not come again at the next commit. */
const DOWN_TO = 0.9;
/** What was just stored is about to be used: so many of the newest results are left alone. */
const NEWEST = 8;

export interface SizeLimitPorts {
  /** The bytes of all values. */
  measure(): Promise<number>;
  /** Brings the store down to so many bytes where it can; how many it then has. */
  shrink(toBytes: number, spare: ReadonlySet<Digest>): Promise<number>;
  onProblem(error: unknown): void;
}

export class SizeLimit {
  private bytes: number | undefined;
  /** Not before the count is above this: raised where upkeep could not remove enough. */
  private threshold: number;
  private newest: readonly Digest[] = [];
  private working: Promise<void> | undefined;

  constructor(
    private readonly maxBytes: number,
    private readonly ports: SizeLimitPorts,
  ) {
    this.threshold = maxBytes;
  }

  /** After each commit. Nobody waits for what it starts. */
  added(key: Digest, newBytes: number): void {
    this.newest = [...this.newest.filter((each) => each !== key), key].slice(-NEWEST);
    if (this.bytes !== undefined) this.bytes += newBytes;
    const isBelow = this.bytes !== undefined && this.bytes <= this.threshold;
    if (this.working || isBelow) return;
    this.working = this.work()
      .catch((error: unknown) => this.ports.onProblem(error))
      .finally(() => (this.working = undefined));
  }

  /** Until nothing is under way. */
  async settled(): Promise<void> {
    while (this.working) await this.working;
  }

  private async work(): Promise<void> {
    this.bytes ??= await this.ports.measure();
    if (this.bytes <= this.threshold) return;
    this.bytes = await this.ports.shrink(this.maxBytes * DOWN_TO, new Set(this.newest));
    // Other processes are not counted, and what is pinned or held may be too much: a tenth later it is tried again.
    this.threshold = Math.max(this.maxBytes, this.bytes + this.maxBytes * (1 - DOWN_TO));
  }
}
