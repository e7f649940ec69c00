/** At most so many bodies at once; the most urgent first, and of equal ones the first that came. */

import { mapMaybe, type MaybePromise } from "./maybe-promise";
import type { CancelToken } from "./cancel-token";

/** A place among the bodies that may run. */
export interface Permit {
  /**
   * Lets others have the place until the work has ended; several at a time count once. The work never begins within the call: it may
   * need the very stage that asks, which has to be known as begun by then.
   */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Exactly once. */
  giveBack(): void;
}

interface Waiter {
  readonly priority: number;
  begin(): void;
}

export class Semaphore {
  private free: number;
  /** The most urgent first. */
  private readonly waiting: Waiter[] = [];

  constructor(readonly count: number) {
    this.free = count;
  }

  /** Waits for a place. Throws or rejects with the reason when it is stopped first. */
  take(stop: CancelToken | undefined, priority = 0): MaybePromise<Permit> {
    stop?.throwIfStopped();
    return mapMaybe(this.enter(stop, priority), () => new TakenPlace(this));
  }

  /** For places. */
  enter(stop: CancelToken | undefined, priority: number): MaybePromise<void> {
    if (this.free > 0) {
      this.free--;
      return undefined;
    }
    const signal = stop?.signal;
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

  /** For places. */
  leave(): void {
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

class TakenPlace implements Permit {
  private lent = 0;
  private isOver = false;
  /** When lent, until it has come back. */
  private back: MaybePromise<void> = undefined;

  constructor(private readonly permits: Semaphore) {}

  async lend<T>(work: () => Promise<T>): Promise<T> {
    const isFirst = this.lent++ === 0 && !this.isOver;
    await this.back;
    if (isFirst) this.permits.leave();
    try {
      return await work();
    } finally {
      // Whoever has begun goes on before those who have not, also when stopped: it ends at once then.
      if (--this.lent === 0 && !this.isOver) this.back = this.permits.enter(undefined, Infinity);
      await this.back;
    }
  }

  giveBack(): void {
    const isLent = this.lent > 0;
    this.isOver = true;
    // What a body did not wait for may still have the place: then there is nothing to give back.
    if (!isLent) void mapMaybe(this.back, () => this.permits.leave());
  }
}
