/** Runs what is stale when a parameter was set in this page and a while was quiet: the auto-run switch. Used by NotebookCells. */

export interface AutoRunPort {
  isOn(): boolean;
  /** How long it must be quiet, in milliseconds. */
  delayMs(): number;
  /** Runs what is stale. Never rejects. */
  run(): Promise<unknown>;
}

export class AutoRun {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isRunning = false;
  private isAgain = false;

  constructor(private readonly port: AutoRunPort) {}

  /** A parameter was set. */
  changed(): void {
    this.cancel();
    if (!this.port.isOn()) return;
    this.timer = setTimeout(() => void this.fire(), this.port.delayMs());
  }

  /** What waits is not run. */
  cancel(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isAgain = false;
  }

  /** One run at a time: what was set meanwhile is run after it. */
  private async fire(): Promise<void> {
    this.timer = undefined;
    if (this.isRunning) {
      this.isAgain = true;
      return;
    }
    if (!this.port.isOn()) return;
    this.isRunning = true;
    try {
      do {
        this.isAgain = false;
        await this.port.run();
      } while (this.isMeant());
    } finally {
      this.isRunning = false;
    }
  }

  private isMeant(): boolean {
    return this.isAgain && this.port.isOn();
  }
}
