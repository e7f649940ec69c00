/** At most so many bodies at once; the most urgent first, and of equal ones the first that came. */

import { soon, type Soon } from "./soon";

/** A place among the bodies that may run. */
export interface Place {
  /** Lets others have the place until the work has ended; several at a time count once. */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Exactly once. */
  giveBack(): void;
}

interface Waiter {
  readonly priority: number;
  begin(): void;
}

export class Slots {
  private free: number;
  /** The most urgent first. */
  private readonly waiting: Waiter[] = [];

  constructor(readonly count: number) {
    this.free = count;
  }

  /** Waits for a place. Throws or rejects with the signal's reason when it aborts first. */
  take(signal: AbortSignal | undefined, priority = 0): Soon<Place> {
    signal?.throwIfAborted();
    return soon(this.enter(signal, priority), () => this.place());
  }

  private place(): Place {
    let lent = 0;
    let isOver = false;
    let back: Soon<void>;
    return {
      lend: async (work) => {
        if (lent++ === 0 && !isOver) {
          await back;
          this.leave();
        }
        try {
          return await work();
        } finally {
          // Whoever has begun goes on before those who have not, also when stopped: it ends at once then.
          if (--lent === 0 && !isOver) back = this.enter(undefined, Infinity);
          await back;
        }
      },
      giveBack: () => {
        const isLent = lent > 0;
        isOver = true;
        // What a body did not wait for may still have the place: then there is nothing to give back.
        if (!isLent) void soon(back, () => this.leave());
      },
    };
  }

  private enter(signal: AbortSignal | undefined, priority: number): Soon<void> {
    if (this.free > 0) {
      this.free--;
      return undefined;
    }
    return new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiter), 1);
        reject(signal?.reason as Error);
      };
      const waiter: Waiter = {
        priority,
        begin: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.queue(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  private leave(): void {
    const next = this.waiting.shift();
    if (next) next.begin();
    else this.free++;
  }

  /** Behind all that are as urgent. */
  private queue(waiter: Waiter): void {
    let [low, high] = [0, this.waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.waiting[middle]?.priority ?? 0) >= waiter.priority) low = middle + 1;
      else high = middle;
    }
    this.waiting.splice(low, 0, waiter);
  }
}
