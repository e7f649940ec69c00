/** A circuit breaker for a shared store: after a failure the store is not used for a while, then probed by one call at a time. */
import { messageOf } from "../../protocol";
import type { OnStoreProblem } from "../store";

const FIRST_WAIT_MS = 15_000;
const MAX_WAIT_MS = 5 * 60_000;
/** An unstable connection is not reported each time. */
const REPORT_EVERY_MS = 10 * 60_000;

export class CircuitBreaker {
  private waitMs = 0;
  private downUntil = -Infinity;
  private reportedAt = -Infinity;

  /** `clock`: monotonic milliseconds. */
  constructor(
    private readonly location: string,
    private readonly onProblem: OnStoreProblem,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get isDown(): boolean {
    return this.clock() < this.downUntil;
  }

  /** The result of the work, or `fallback` when the store cannot be reached. Never rejects. */
  async try<T>(fallback: T, work: () => Promise<T>): Promise<T> {
    if (this.isDown) return fallback;
    const isProbe = this.waitMs > 0;
    // Other calls do not wait for the probe.
    if (isProbe) this.downUntil = this.clock() + this.waitMs;
    try {
      const result = await work();
      if (isProbe) this.waitMs = 0;
      if (isProbe) this.downUntil = -Infinity;
      return result;
    } catch (error) {
      this.fail(error, isProbe);
      return fallback;
    }
  }

  private fail(error: unknown, isProbe: boolean): void {
    // Concurrent calls may fail for the same reason: it counts once.
    if (this.isDown && !isProbe) return;
    this.waitMs = this.waitMs === 0 ? FIRST_WAIT_MS : Math.min(this.waitMs * 2, MAX_WAIT_MS);
    this.downUntil = this.clock() + this.waitMs;
    if (this.clock() - this.reportedAt < REPORT_EVERY_MS) return;
    this.reportedAt = this.clock();
    const seconds = Math.round(this.waitMs / 1000);
    this.onProblem(
      `the shared store is not used for now (${messageOf(error)}); next attempt in ${seconds} s`,
      this.location,
    );
  }
}
