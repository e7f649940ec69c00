/**
 * What the kernel and one thread share while the thread works through items: which of the items that were sent have begun, and the small
 * results of those that have ended. With it the kernel takes back items that have not begun, and receives results, even from a thread that is blocked.
 */

/** Items in flight in one thread; a power of two, and more than are ever sent. */
const SLOTS = 1024;
/** Small results that have not been taken; a power of two. */
const RING_BYTES = 256 * 1024;
/** Larger results are sent as messages. */
const MAX_RESULT_BYTES = 16 * 1024;
/** Of a result in the ring: its number, whether it is fanned, its length. Each begins at a multiple of it. */
const HEAD_BYTES = 16;

const QUEUED = 1;
const BEGUN = 2;
const TAKEN_BACK = 3;

/** Positions in the header: 32-bit integers that may wrap. */
const CURRENT = 0;
const WRITTEN = 1;
const READ = 2;
const FINISHED = 3;
const HEADER_BYTES = 32;
/** Position in 64-bit numbers. */
const BUSY = 2;
/** In place of a number: the rest of the ring is empty. */
const SKIP = -1;

/** The result of an item, as its codec encoded it. */
export interface SmallResult {
  /** Of the item, in the order in which items were sent to this thread. */
  readonly at: number;
  readonly value: Uint8Array;
  readonly isFanned: boolean;
}

export class ItemMemory {
  private readonly header: Int32Array;
  private readonly times: Float64Array;
  private readonly slots: Int32Array;
  private readonly heads: Int32Array;
  private readonly ring: Uint8Array;

  constructor(readonly shared = new SharedArrayBuffer(HEADER_BYTES + 4 * SLOTS + RING_BYTES)) {
    this.header = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.times = new Float64Array(shared, 0, HEADER_BYTES / 8);
    this.slots = new Int32Array(shared, HEADER_BYTES, SLOTS);
    this.heads = new Int32Array(shared, HEADER_BYTES + 4 * SLOTS);
    this.ring = new Uint8Array(shared, HEADER_BYTES + 4 * SLOTS);
  }

  /** In the kernel, before the item is sent. */
  queue(at: number): void {
    Atomics.store(this.slots, at % SLOTS, stateOf(at, QUEUED));
  }

  /** In the kernel: false when the item has begun. */
  takeBack(at: number): boolean {
    return this.move(at, QUEUED, TAKEN_BACK);
  }

  hasBegun(at: number): boolean {
    return Atomics.load(this.slots, at % SLOTS) === stateOf(at, BEGUN);
  }

  /** In the thread: false when the item was taken back. */
  begin(at: number): boolean {
    if (!this.move(at, QUEUED, BEGUN)) return false;
    Atomics.store(this.header, CURRENT, at + 1);
    return true;
  }

  /** In the thread: the item has ended, with whatever result. */
  finish(durationMs: number): void {
    this.times[BUSY] = this.busyMs + durationMs;
    Atomics.add(this.header, FINISHED, 1);
    Atomics.store(this.header, CURRENT, 0);
  }

  /** The item that the thread is working on; undefined between items. */
  get current(): number | undefined {
    const current = Atomics.load(this.header, CURRENT);
    return current === 0 ? undefined : current - 1;
  }

  /** Items that have ended. */
  get finished(): number {
    return Atomics.load(this.header, FINISHED);
  }

  /** How long they took, in sum. */
  get busyMs(): number {
    return this.times[BUSY] ?? 0;
  }

  /** In the thread. False when there is no room for it: then it is sent. */
  write({ at, value, isFanned }: SmallResult): boolean {
    if (value.byteLength > MAX_RESULT_BYTES) return false;
    const bytes = padded(HEAD_BYTES + value.byteLength);
    let written = Atomics.load(this.header, WRITTEN) >>> 0;
    const toEnd = RING_BYTES - (written % RING_BYTES);
    const skipped = bytes > toEnd ? toEnd : 0;
    const used = (written - Atomics.load(this.header, READ)) >>> 0;
    if (used + skipped + bytes > RING_BYTES) return false;
    if (skipped > 0) {
      this.heads[(written % RING_BYTES) / 4] = SKIP;
      written += skipped;
    }
    const from = written % RING_BYTES;
    this.heads[from / 4] = at;
    this.heads[from / 4 + 1] = isFanned ? 1 : 0;
    this.heads[from / 4 + 2] = value.byteLength;
    this.ring.set(value, from + HEAD_BYTES);
    Atomics.store(this.header, WRITTEN, (written + bytes) | 0);
    return true;
  }

  /** In the kernel: the next result; undefined when all have been taken. */
  take(): SmallResult | undefined {
    for (;;) {
      const read = Atomics.load(this.header, READ) >>> 0;
      if (read === Atomics.load(this.header, WRITTEN) >>> 0) return undefined;
      const from = read % RING_BYTES;
      const [at = SKIP, isFanned = 0, length = 0] = this.heads.subarray(from / 4, from / 4 + 3);
      const bytes = at === SKIP ? RING_BYTES - from : padded(HEAD_BYTES + length);
      // The thread may write over it from then on.
      const value = at === SKIP ? undefined : this.ring.slice(from + HEAD_BYTES, from + HEAD_BYTES + length);
      Atomics.store(this.header, READ, (read + bytes) | 0);
      if (value) return { at, value: new Uint8Array(value), isFanned: isFanned === 1 };
    }
  }

  private move(at: number, from: number, to: number): boolean {
    const before = stateOf(at, from);
    return Atomics.compareExchange(this.slots, at % SLOTS, before, stateOf(at, to)) === before;
  }
}

/** With the item's number: a slot that was reused belongs to the later item. */
function stateOf(at: number, state: number): number {
  return (at << 2) | state | 0;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / HEAD_BYTES) * HEAD_BYTES;
}
