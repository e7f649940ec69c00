/** A counting semaphore with priorities: the most urgent waiter first, and of equally urgent ones the first that came. */
import type { CancelToken } from "./cancel-token";
import { mapMaybe, type MaybePromise } from "./maybe-promise";

/** One of the slots of a semaphore. */
export interface Permit {
  /**
   * Lets others use the permit until the work has ended; overlapping calls count once. The work never begins within the call: it may
   * need the very stage that lends, which must be registered as running by then.
   */
  lend<T>(work: () => Promise<T>): Promise<T>;
  /** Gives the permit back; further calls do nothing. */
  release(): void;
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

  /** Waits for a permit. Throws or rejects with the token's reason when it is cancelled first. */
  acquire(token: CancelToken | undefined, priority = 0): MaybePromise<Permit> {
    token?.throwIfCancelled();
    return mapMaybe(this.enter(token, priority), () => new AcquiredPermit(this));
  }

  /** Does the work while it has a permit. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await this.enter(undefined, 0);
    try {
      return await work();
    } finally {
      this.leave();
    }
  }

  /** For permits. */
  enter(token: CancelToken | undefined, priority: number): MaybePromise<void> {
    if (this.free > 0) {
      this.free--;
      return undefined;
    }
    const signal = token?.signal;
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

  /** For permits. */
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

class AcquiredPermit implements Permit {
  /** Calls of `lend` that have not ended. */
  private loans = 0;
  private isReleased = false;
  /** After a loan, until the permit has been acquired again. */
  private reacquired: MaybePromise<void> = undefined;

  constructor(private readonly semaphore: Semaphore) {}

  async lend<T>(work: () => Promise<T>): Promise<T> {
    const isFirst = this.loans++ === 0 && !this.isReleased;
    await this.reacquired;
    if (isFirst) this.semaphore.leave();
    try {
      return await work();
    } finally {
      // Work that has begun continues before work that has not, also when it is cancelled: then it ends immediately.
      if (--this.loans === 0 && !this.isReleased) this.reacquired = this.semaphore.enter(undefined, Infinity);
      await this.reacquired;
    }
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    // A read that the function did not await may still borrow the permit: then there is nothing to give back.
    if (this.loans === 0) void mapMaybe(this.reacquired, () => this.semaphore.leave());
  }
}
