/** Auto-run: runs the stale stages and cells after a pause in this page's parameter changes. Created by the tracker plugin. */

export interface AutoRunPort {
  isOn(): boolean;
  /** The pause, in milliseconds. */
  delayMs(): number;
  /** Runs the stale stages and cells. Never rejects. */
  run(): Promise<unknown>;
}

export class AutoRun {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isRunning = false;
  /** Parameters changed during the run: run once more afterwards. */
  private isPending = false;

  constructor(private readonly port: AutoRunPort) {}

  /** To be called when a parameter was set. */
  changed(): void {
    this.cancel();
    if (!this.port.isOn()) return;
    this.timer = setTimeout(() => void this.fire(), this.port.delayMs());
  }

  /** Drops the scheduled run. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isPending = false;
  }

  /** One run at a time: a change during a run causes one more run after it. */
  private async fire(): Promise<void> {
    this.timer = undefined;
    if (this.isRunning) {
      this.isPending = true;
      return;
    }
    if (!this.port.isOn()) return;
    this.isRunning = true;
    try {
      do {
        this.isPending = false;
        await this.port.run();
      } while (this.shouldRunAgain());
    } finally {
      this.isRunning = false;
    }
  }

  private shouldRunAgain(): boolean {
    return this.isPending && this.port.isOn();
  }
}
