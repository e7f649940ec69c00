/** Lets timers, messages and signals have their turn where thousands of small stages would hold up the event loop. */

import type { MaybePromise } from "./maybe-promise";

/** In milliseconds: of the order of what nobody notices. */
const LONGEST_TURN_MS = 20;

export class Pauses {
  private since = performance.now();
  private next: Promise<void> | undefined;

  /** The next turn of the event loop, when the present one has lasted long enough. */
  due(): MaybePromise<void> {
    if (!this.next && performance.now() - this.since >= LONGEST_TURN_MS)
      this.next = new Promise((resolve) => {
        setImmediate(() => {
          this.next = undefined;
          this.since = performance.now();
          resolve();
        });
      });
    return this.next;
  }
}
