/**
 * The watch over the memory of calls in worker threads. V8 limits the heap of a thread by itself; buffers lie outside of it. Each thread
 * reports its usage in shared memory whenever its event loop runs. A thread that is stuck in a loop cannot report: growth of the process
 * that no other thread accounts for is attributed to it.
 */
import type { CallMemory } from "../call-memory";

const EVERY_MS = 200;
/** A thread that has not reported for this long is in a loop. */
const STUCK_MS = 1000;
/** One that has not reported for this long may be in a loop: what the process grows by may be its own. */
const SILENT_MS = 300;

interface WatchedCall {
  readonly memory: CallMemory;
  readonly limitBytes: number;
  readonly onExceeded: () => void;
  /** What the rest of the process used when the thread reported last. */
  othersBytes: number;
}

export class MemoryWatch {
  private readonly calls = new Set<WatchedCall>();
  private timer: NodeJS.Timeout | undefined;

  /** Returns the function that ends it. `onExceeded` is called once. */
  watch(memory: CallMemory, limitBytes: number, onExceeded: () => void): () => void {
    const call = { memory, limitBytes, onExceeded, othersBytes: process.memoryUsage.rss() };
    this.calls.add(call);
    this.timer ??= setInterval(() => this.check(), EVERY_MS).unref();
    return () => {
      this.calls.delete(call);
      if (this.calls.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private check(): void {
    const { rss, heapTotal, external } = process.memoryUsage();
    const reported = [...this.calls].reduce((sum, { memory }) => sum + memory.usedBytes, 0);
    const unexplained = rss - heapTotal - external - reported;
    const stuck = [...this.calls].filter(({ memory }) => memory.hasBegun && memory.silentMs > SILENT_MS);
    for (const call of this.calls) {
      call.othersBytes = stuck.includes(call) ? Math.min(call.othersBytes, unexplained) : unexplained;
      if (call.memory.usedBytes > call.limitBytes) this.end(call);
    }
    this.checkStuck(stuck, unexplained);
  }

  /** With several threads in loops, the growth cannot be attributed to one: when together they exceed their limits, the latest call is ended. */
  private checkStuck(stuck: readonly WatchedCall[], unexplained: number): void {
    const latest = stuck.at(-1);
    if (!latest || !this.calls.has(latest) || !stuck.some(({ memory }) => memory.silentMs > STUCK_MS)) return;
    const before = Math.min(...stuck.map(({ othersBytes }) => othersBytes));
    const used = stuck.reduce((sum, { memory }) => sum + memory.usedBytes, 0);
    const limit = stuck.reduce((sum, { limitBytes }) => sum + limitBytes, 0);
    if (used + unexplained - before <= limit) return;
    this.end(latest);
    // What it had is free only when its thread has ended: until then it must not count against the others.
    for (const call of stuck) call.othersBytes = unexplained;
  }

  private end(call: WatchedCall): void {
    this.calls.delete(call);
    call.onExceeded();
  }
}
