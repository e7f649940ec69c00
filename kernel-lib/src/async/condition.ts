/** Waiting for a change, for code that looks itself what has changed. */

/** Wakes whoever waits when it is rung; nothing is remembered of earlier rings. */
export class Condition {
  private waiting: (() => void)[] = [];

  heard(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  ring(): void {
    if (this.waiting.length === 0) return;
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }
}
