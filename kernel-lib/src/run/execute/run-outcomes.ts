/** How the stages of one run end: each is begun once, whoever asks first. */
import { mustGet } from "../../protocol";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";
import type { MaybePromise } from "../../async/maybe-promise";
import { runTask, type SyncTask } from "../call/sync-task";

/** Of stages that begin in the course of others. */
const MAX_DEPTH = 50;

export class RunOutcomes {
  /** A promise while the stage is at work, also when it is made again. */
  private readonly outcomes = new Map<string, MaybePromise<Outcome>>();
  /** What each came to, last. */
  private readonly ended = new Map<string, Outcome>();
  private readonly reads = new Set<Promise<unknown>>();
  private depth = 0;

  /** `conclude`: brings a stage to its end; it gives `release` back, or calls it. */
  constructor(private readonly conclude: (instance: Instance, release?: () => void) => SyncTask<Outcome>) {}

  /** `release`: of the place that was taken for the stage. */
  ensure(instance: Instance, release?: () => void): MaybePromise<Outcome> {
    let outcome = this.outcomes.get(instance.id);
    if (outcome) release?.();
    else {
      outcome = this.begin(instance, release);
      this.outcomes.set(instance.id, outcome);
    }
    return outcome;
  }

  /** A stage that was not planned begins those that it needs, and so on: the stack has an end. */
  private begin(instance: Instance, release: (() => void) | undefined): MaybePromise<Outcome> {
    if (this.depth >= MAX_DEPTH) return Promise.resolve().then(() => this.begin(instance, release));
    this.depth++;
    try {
      return runTask(this.concluding(instance, release));
    } finally {
      this.depth--;
    }
  }

  private *concluding(instance: Instance, release: (() => void) | undefined): SyncTask<Outcome> {
    const outcome = yield* this.conclude(instance, release);
    this.end(instance, outcome);
    return outcome;
  }

  private end({ id }: Instance, outcome: Outcome): void {
    this.ended.set(id, outcome);
    this.outcomes.set(id, outcome);
  }

  /** The last that it came to; undefined before it has ended. */
  of(id: string): Outcome | undefined {
    return this.ended.get(id);
  }

  /** Of stages that have all ended. */
  ofAll(ids: readonly string[]): ReadonlyMap<string, Outcome> {
    return new Map(ids.map((id) => [id, mustGet(this.ended, id)]));
  }

  /** And is not being made again. */
  hasEnded(id: string): boolean {
    return this.ended.has(id) && !(this.outcomes.get(id) instanceof Promise);
  }

  /** `make` is given what it has come to so far, which may be more than the caller knows. */
  makeAgain(instance: Instance, make: (latest: Outcome | undefined) => Promise<Outcome>): Promise<Outcome> {
    const current = this.outcomes.get(instance.id);
    const again = async (): Promise<Outcome> => {
      const made = await make(await current);
      this.end(instance, made);
      return made;
    };
    const outcome = again();
    this.outcomes.set(instance.id, outcome);
    return outcome;
  }

  /** What a body reads may begin stages: `allEnded` waits for it. */
  noteRead<T>(read: Promise<T>): Promise<T> {
    const ended = (): void => void this.reads.delete(read);
    this.reads.add(read);
    read.then(ended, ended);
    return read;
  }

  /** Also those that are made again for others that need their value, and those that a body has asked for and left. */
  async allEnded(): Promise<void> {
    for (;;) {
      const open = [...this.outcomes.values(), ...this.reads].filter((each) => each instanceof Promise);
      if (open.length === 0) return;
      await Promise.allSettled(open);
    }
  }
}
