/**
 * Stages from when all that they need is there until they have a place, or their end. Not all of thousands that are ready at once: each
 * holds memory and a claim meanwhile. The most urgent first.
 */
import { Pauses } from "../../async/event-loop";
import { Semaphore } from "../../async/semaphore";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";

/** At least so many, so that what is stored is found while bodies run. */
const MIN_PREPARED = 100;

export class Admission {
  private readonly permits: Semaphore;
  private readonly pauses = new Pauses();

  constructor(jobs: number) {
    this.permits = new Semaphore(Math.max(MIN_PREPARED, 2 * jobs));
  }

  /** Gives what is to be called, once or more, when another stage may be prepared. `isAwaited`: a stream has begun that it reads. */
  begin(priority: number, isAwaited = false): MaybePromise<() => void> {
    return mapMaybe(this.permits.take(undefined, priority), (place) => {
      let isOver = false;
      const prepared = (): void => {
        if (!isOver) place.giveBack();
        isOver = true;
      };
      return isAwaited ? prepared : mapMaybe(this.pauses.due(), () => prepared);
    });
  }
}
