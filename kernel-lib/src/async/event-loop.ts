/** Breaks for the event loop, so that timers, messages and signals are handled while thousands of small stages run synchronously. */
import type { MaybePromise } from "./maybe-promise";

/** In milliseconds: short enough that a user does not notice. */
const LONGEST_TURN_MS = 20;

export class EventLoopBreaks {
  private since = performance.now();
  private next: Promise<void> | undefined;

  /** The next turn of the event loop, if the current one has lasted long enough; otherwise nothing to wait for. */
  whenDue(): MaybePromise<void> {
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
