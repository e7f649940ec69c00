/** What a call in a worker thread uses, in memory that the thread writes and the kernel reads. */
import { getHeapStatistics } from "node:v8";

const EVERY_MS = 100;
const USED = 0;
const AT = 1;

export class CallMemory {
  private readonly fields: Float64Array;

  constructor(readonly shared = new SharedArrayBuffer(2 * Float64Array.BYTES_PER_ELEMENT)) {
    this.fields = new Float64Array(shared);
  }

  /** Heap and buffers of the thread, in bytes; 0 before it has reported. */
  get usedBytes(): number {
    return this.fields[USED] ?? 0;
  }

  get hasBegun(): boolean {
    return this.fields[AT] !== 0;
  }

  /** Time since the thread has reported, in milliseconds. */
  get silentMs(): number {
    return Date.now() - (this.fields[AT] ?? 0);
  }

  /** In the thread: reports until the returned function is called. */
  report(): () => void {
    const write = (): void => {
      // `process.memoryUsage` reads a file too, for the memory of the process.
      const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
      this.fields[USED] = heap + external;
      this.fields[AT] = Date.now();
    };
    write();
    const timer = setInterval(write, EVERY_MS).unref();
    return () => clearInterval(timer);
  }
}
