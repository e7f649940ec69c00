/** Executions in flight in this kernel, by key: identical work runs once, and all that requested it before it ended share the result. */
import type { Digest, RunId } from "../../protocol";
import type { Outcome } from "./outcome";
import type { MaybePromise } from "../../async/maybe-promise";

export interface SharedExecution {
  readonly stage: string;
  readonly outcome: MaybePromise<Outcome>;
}

/** The run that asks. `since`: the moment when it began, from `enter`. */
export interface Asking {
  readonly id: RunId;
  readonly since: number;
}

interface Ended {
  readonly work: SharedExecution;
  readonly by: RunId;
  /** The moment, for work that was done synchronously and that no other run could find in flight. 0 for other work, shared while in flight. */
  readonly at: number;
}

export class InFlight {
  private readonly works = new Map<Digest, SharedExecution>();
  /** Results that runs in progress may still request. */
  private readonly ended = new Map<Digest, Ended>();
  private moment = 0;
  private runs = 0;

  /** A run begins. Returns the moment, for `find`. */
  enter(): number {
    this.runs++;
    return ++this.moment;
  }

  /** A run has ended. */
  leave(): void {
    if (--this.runs === 0) this.ended.clear();
  }

  /** The work on a key that a run shares: its own, what is in flight, and what was done synchronously since the run began. */
  find(key: Digest, { id, since }: Asking): SharedExecution | undefined {
    const work = this.works.get(key);
    if (work) return work;
    const ended = this.ended.get(key);
    return ended && (ended.by === id || ended.at > since) ? ended.work : undefined;
  }

  begin(key: Digest, work: SharedExecution): void {
    this.works.set(key, work);
  }

  end(key: Digest, work: SharedExecution): void {
    if (this.works.get(key) === work) this.works.delete(key);
  }

  done(
    key: Digest,
    stage: string,
    outcome: Outcome,
    { by, atOnce }: { readonly by: RunId; readonly atOnce: boolean },
  ): void {
    if (outcome.kind !== "succeeded") return;
    this.ended.set(key, { work: { stage, outcome }, by, at: atOnce ? ++this.moment : 0 });
  }

  /** The value turned out to be lost: the work is no longer shared. */
  forget(key: Digest): void {
    this.ended.delete(key);
  }
}
