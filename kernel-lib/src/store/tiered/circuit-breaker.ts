/** Whether a shared store can be reached: after trouble it is left alone for a while, and asked again by one at a time. */
import type { OnStoreProblem } from "../store";

const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** A store that comes and goes is not told of each time. */
const TELL_EVERY_MS = 10 * 60_000;

export class CircuitBreaker {
  private waitMs = 0;
  private downUntil = -Infinity;
  private toldAt = -Infinity;

  /** `clock`: milliseconds, of any beginning. */
  constructor(
    private readonly location: string,
    private readonly onProblem: OnStoreProblem,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  get isDown(): boolean {
    return this.clock() < this.downUntil;
  }

  /** What the work gives, or the other where the store cannot be reached. Never rejects. */
  async try<T>(otherwise: T, work: () => Promise<T>): Promise<T> {
    if (this.isDown) return otherwise;
    const isProbe = this.waitMs > 0;
    // Others do not wait for it.
    if (isProbe) this.downUntil = this.clock() + this.waitMs;
    try {
      const result = await work();
      if (isProbe) this.waitMs = 0;
      if (isProbe) this.downUntil = -Infinity;
      return result;
    } catch (error) {
      this.fail(error, isProbe);
      return otherwise;
    }
  }

  private fail(error: unknown, isProbe: boolean): void {
    // Many may fail at the same time, of the same trouble.
    if (this.isDown && !isProbe) return;
    this.waitMs = this.waitMs === 0 ? FIRST_WAIT_MS : Math.min(this.waitMs * 2, LONGEST_WAIT_MS);
    this.downUntil = this.clock() + this.waitMs;
    if (this.clock() - this.toldAt < TELL_EVERY_MS) return;
    this.toldAt = this.clock();
    const why = error instanceof Error ? error.message : String(error);
    const seconds = Math.round(this.waitMs / 1000);
    this.onProblem(`the shared store is left alone for now (${why}); it is asked again in ${seconds} s`, this.location);
  }
}
