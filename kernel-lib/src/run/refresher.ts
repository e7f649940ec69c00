/** The scheduler of plans: many requests make one plan, immediately when nothing runs, at intervals while stages run. */

/** While busy, the minimum time between two plans: in milliseconds, and as a multiple of the duration of a plan. */
const BUSY_INTERVAL_MS = 100;
const BUSY_FACTOR = 9;

export class Refresher {
  private scheduled: { readonly stop: () => void } | undefined;
  private working: Promise<void> | undefined;
  private again = false;
  private endedAt = -Infinity;
  private tookMs = 0;

  /** `work` must not throw. */
  constructor(
    private readonly work: () => Promise<void>,
    private readonly isBusy: () => boolean,
  ) {}

  request(): void {
    if (this.working) this.again = true;
    else if (!this.scheduled) this.schedule();
    else if (!this.isBusy()) this.reschedule();
  }

  /** Resolves when every request so far is planned. */
  async settled(): Promise<void> {
    while (this.scheduled || this.working) {
      if (!this.working) this.start();
      await this.working;
    }
  }

  private reschedule(): void {
    this.scheduled?.stop();
    this.schedule();
  }

  private schedule(): void {
    if (this.isBusy()) {
      this.scheduleLater();
      return;
    }
    // A run may have started meanwhile.
    const immediate = setImmediate(() => (this.isBusy() ? this.scheduleLater() : this.start()));
    this.scheduled = { stop: () => clearImmediate(immediate) };
  }

  private scheduleLater(): void {
    const waitMs = Math.max(
      0,
      this.endedAt + Math.max(BUSY_INTERVAL_MS, BUSY_FACTOR * this.tookMs) - performance.now(),
    );
    const timer = setTimeout(() => this.start(), waitMs);
    this.scheduled = { stop: () => clearTimeout(timer) };
  }

  private start(): void {
    this.scheduled?.stop();
    this.scheduled = undefined;
    const startedAt = performance.now();
    this.working = this.work().finally(() => {
      this.working = undefined;
      this.endedAt = performance.now();
      this.tookMs = this.endedAt - startedAt;
      if (!this.again) return;
      this.again = false;
      this.schedule();
    });
  }
}
