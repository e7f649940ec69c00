/**
 * A circuit breaker for a store that may not be reachable: after a failure it is not used for a while, so that no call waits for it. Used
 * for a shared store, which one call at a time probes again, and for the notebook's own store, which is probed in the background.
 */
import { messageOf } from "../../protocol";
import type { OnStoreProblem } from "../store";

const FIRST_WAIT_MS = 15_000;
const MAX_WAIT_MS = 5 * 60_000;
/** An unstable connection is not reported each time. */
const REPORT_EVERY_MS = 10 * 60_000;

export interface CircuitBreakerOptions {
  /** The location of the store. */
  readonly location: string;
  /** How it is reported, before the reason: `the shared store is not used for now`. */
  readonly what: string;
  readonly onProblem: OnStoreProblem;
  /** Monotonic milliseconds. */
  readonly clock?: (() => number) | undefined;
  /** Rejects while the store cannot be reached. Without it, a call is the probe. */
  readonly probe?: (() => Promise<unknown>) | undefined;
}

export class CircuitBreaker {
  private waitMs = 0;
  private downUntil = -Infinity;
  private reportedAt = -Infinity;
  private isProbing = false;
  /** Ends the calls that are waiting when the store is found to be unreachable. */
  private readonly waiting = new Set<() => void>();
  private readonly clock: () => number;

  constructor(private readonly options: CircuitBreakerOptions) {
    this.clock = options.clock ?? (() => performance.now());
  }

  get isDown(): boolean {
    return this.clock() < this.downUntil;
  }

  /**
   * The result of the work, or `fallback` when the store cannot be reached; also when another call finds that out first: `onLate` then
   * receives the result of the work when it arrives. Never rejects, except with errors that `isOwn` accepts: they do not concern the
   * connection.
   */
  async try<T, F>(
    fallback: F,
    work: () => Promise<T>,
    {
      onLate,
      isOwn = () => false,
    }: { readonly onLate?: (result: T) => void; readonly isOwn?: (error: unknown) => boolean } = {},
  ): Promise<T | F> {
    if (this.isDown) return fallback;
    const isProbe = this.waitMs > 0;
    if (isProbe && this.options.probe) {
      this.probeInBackground(this.options.probe);
      return fallback;
    }
    // Other calls do not wait for the probe.
    if (isProbe) this.downUntil = this.clock() + this.waitMs;
    const working = work();
    try {
      const result = await this.untilDown(working, isProbe);
      if (result === undefined) {
        working.then(onLate, () => undefined);
        return fallback;
      }
      if (isProbe) this.recover();
      return result.value;
    } catch (error) {
      if (isOwn(error)) throw error;
      this.fail(error, isProbe);
      return fallback;
    }
  }

  /** Undefined when the store turns out to be unreachable before the work has ended. */
  private async untilDown<T>(working: Promise<T>, isProbe: boolean): Promise<{ readonly value: T } | undefined> {
    if (isProbe) return { value: await working };
    let stop = (): void => undefined;
    const stopped = new Promise<undefined>((resolve) => (stop = () => resolve(undefined)));
    this.waiting.add(stop);
    try {
      return await Promise.race([working.then((value) => ({ value })), stopped]);
    } finally {
      this.waiting.delete(stop);
    }
  }

  private probeInBackground(probe: () => Promise<unknown>): void {
    if (this.isProbing) return;
    this.isProbing = true;
    probe()
      .then(() => this.recover())
      .catch((error: unknown) => this.fail(error, true))
      .finally(() => (this.isProbing = false));
  }

  private recover(): void {
    this.waitMs = 0;
    this.downUntil = -Infinity;
  }

  private fail(error: unknown, isProbe: boolean): void {
    // Concurrent calls may fail for the same reason: it counts once.
    if (this.isDown && !isProbe) return;
    this.waitMs = this.waitMs === 0 ? FIRST_WAIT_MS : Math.min(this.waitMs * 2, MAX_WAIT_MS);
    this.downUntil = this.clock() + this.waitMs;
    for (const stop of [...this.waiting]) stop();
    if (this.clock() - this.reportedAt < REPORT_EVERY_MS) return;
    this.reportedAt = this.clock();
    const { what, location, onProblem } = this.options;
    onProblem(`${what} (${messageOf(error)}); next attempt in ${Math.round(this.waitMs / 1000)} s`, location);
  }
}
