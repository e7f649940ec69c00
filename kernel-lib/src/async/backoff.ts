/** Exponential back-off between the attempts of work that failed. */

export interface BackoffRange {
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Milliseconds to wait after the failed attempt number `attempt`, counted from 1: doubles each time, up to the longest. */
export function backoffMs(attempt: number, { firstMs, longestMs }: BackoffRange): number {
  return Math.min(firstMs * 2 ** (attempt - 1), longestMs);
}

/** As `backoffMs`, shortened at random by up to half, so that clients that failed together do not retry together. */
export function jitteredBackoffMs(attempt: number, range: BackoffRange): number {
  return backoffMs(attempt, range) * (0.5 + Math.random() / 2);
}
