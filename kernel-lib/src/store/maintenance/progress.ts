/** Parallel work over many items that reports progress and can be stopped. Used by maintenance of the disk store and the bucket store. */
import { forEachParallel } from "../concurrency";

const CONCURRENCY = 32;
/** Progress is reported once per this many items. */
const STEP = 256;

export interface ProgressOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Does the work for each item, several at a time. Throws the signal's reason when it aborts. */
export async function forEachWithProgress<T>(
  items: readonly T[],
  { signal, onProgress }: ProgressOptions,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let done = 0;
  await forEachParallel(items, CONCURRENCY, async (item) => {
    signal?.throwIfAborted();
    await work(item);
    if (++done % STEP === 0) onProgress?.(done, items.length);
  });
  onProgress?.(done, items.length);
}
