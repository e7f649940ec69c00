/** How many items are sent to a thread at once, by how long items took and how large they and their results were. */

/** How much work a message holds: long compared with the cost of a message, short compared with what a user notices. */
const BATCH_MS = 12;
const BATCH_BYTES = 256 * 1024;
const MAX_ITEMS = 64;
/** For longer items a thread waits for the next one: the wait is short compared with them. */
const LONG_MS = 20;
/** How much the newest items count. */
const NEWEST = 0.5;

export class BatchSize {
  private meanMs: number | undefined;
  private meanBytes = 0;
  private items = 1;

  /** Items that one message holds. */
  get count(): number {
    return this.items;
  }

  /** Items that a thread may have: the one that it works on, or two messages, so that it does not wait for the kernel. */
  get perThread(): number {
    return this.meanMs === undefined || this.meanMs > LONG_MS || this.meanBytes > BATCH_BYTES ? 1 : 2 * this.items;
  }

  /** Milliseconds per item; undefined before the first one has ended. */
  get itemMs(): number | undefined {
    return this.meanMs;
  }

  /** `bytes`: of an item or of its result. */
  addSize(bytes: number): void {
    // Large ones count at once.
    this.meanBytes = Math.max(bytes / 2, mixed(this.meanBytes, bytes));
  }

  addTime(ms: number, items: number): void {
    const each = ms / items;
    this.meanMs = this.meanMs === undefined ? each : mixed(this.meanMs, each);
    const fitting = Math.min(BATCH_MS / this.meanMs, BATCH_BYTES / this.meanBytes, MAX_ITEMS);
    // What the first items took says little about the others.
    this.items = Math.max(1, Math.min(Math.floor(fitting), 2 * this.items));
  }
}

function mixed(before: number, newest: number): number {
  return before + NEWEST * (newest - before);
}
