/** Work on keys in this kernel: one body runs, and whoever else asked for it before it had ended shares it. */
import type { Digest, RunId } from "../../protocol";
import type { Outcome } from "./outcome";
import type { MaybePromise } from "../../async/maybe-promise";

export interface SharedExecution {
  readonly stage: string;
  readonly outcome: MaybePromise<Outcome>;
}

/** Who asks. `since`: the moment when its run began, as `enter` gave it. */
export interface Asking {
  readonly id: RunId;
  readonly since: number;
}

interface Ended {
  readonly work: SharedExecution;
  readonly by: RunId;
  /** The moment, for what was done in one go: nobody could come upon it. 0 for other work, which runs share while it is done. */
  readonly at: number;
}

export class InFlight {
  private readonly works = new Map<Digest, SharedExecution>();
  /** What came to a value, while runs may still ask for the same. */
  private readonly ended = new Map<Digest, Ended>();
  private moment = 0;
  private runs = 0;

  /** A run begins: gives the moment, for `find`. */
  enter(): number {
    this.runs++;
    return ++this.moment;
  }

  /** A run is over. */
  leave(): void {
    if (--this.runs === 0) this.ended.clear();
  }

  /** The work on a key that a run shares: its own, what is under way, and what was done in one go since the run began. */
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

  /** The value turned out to be lost: nobody shares what was done. */
  forget(key: Digest): void {
    this.ended.delete(key);
  }
}
