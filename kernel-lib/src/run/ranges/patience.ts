/** Retries for a store that cannot be reached for a while. */
import { setTimeout as sleep } from "node:timers/promises";
import { backoffMs, type BackoffRange } from "../../async/backoff";
import { monotonicNow } from "../../async/clock";
import { isStagebookError } from "../../protocol";

const PAUSE: BackoffRange = { firstMs: 200, longestMs: 5000 };
/** After this time it counts as lost. */
const PATIENCE_MS = 120_000;

/** The result of `work`, tried until `isGood`, or its last result or error when the store stays as it is. Rejects with the signal's reason. */
export async function patiently<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  isGood: (result: T) => boolean = () => true,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const until = monotonicNow() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const isLast = monotonicNow() > until;
    try {
      const result = await work();
      if (isLast || isGood(result)) return result;
    } catch (error) {
      if (isLast || !isStagebookError(error) || error.code !== "store-write") throw error;
    }
    await sleep(backoffMs(attempt, PAUSE), undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}
