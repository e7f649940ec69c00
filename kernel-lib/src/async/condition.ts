/** A condition variable: wakes all waiters and carries no value. Each waiter must check what has changed. */

export class Condition {
  private waiting: (() => void)[] = [];

  /** Resolves at the next `notify`; earlier ones are not remembered. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  notify(): void {
    if (this.waiting.length === 0) return;
    const woken = this.waiting;
    this.waiting = [];
    for (const wake of woken) wake();
  }
}
