/** One stage among the processes that share the store: the claim of its key, whether others help with it, and how they are stopped. */
import type { CancelToken } from "../../async/cancel-token";
import type { MaybePromise } from "../../async/maybe-promise";
import type { Permit } from "../../async/semaphore";
import type { KnownKey } from "../../key/key";
import type { Digest } from "../../protocol";
import type { EngineContext } from "../engine-context";
import { publishStop, watchStop } from "../ranges/stop-records";
import type { Instance } from "../state/instances";
import type { RunContext } from "./run-context";
import { acquireOrReuse, type Flight } from "./single-flight";

/** What is claimed. */
export interface Claimable {
  readonly key: KnownKey;
  readonly claimKey: Digest;
  readonly ignoresStored: boolean;
  readonly cancelToken: CancelToken;
}

export class StageClaim {
  /** A permit to hold the stage's claim while it waits for a permit to be executed. */
  private permit: Permit | undefined;
  /** Another process executes it, or parts of it. */
  private isElsewhere = false;

  /** `waits`: called when another process holds the claim. */
  constructor(
    private readonly engine: EngineContext,
    private readonly run: RunContext,
    private readonly instance: Instance,
    private readonly waits: () => void,
  ) {}

  /** A result that is not stored is of no use to other kernels. */
  get isNeeded(): boolean {
    const { cache, partOf } = this.instance.definition;
    return cache && partOf === undefined && this.engine.store.keepsNothing !== true;
  }

  /** Other processes execute some of its items, so that only what they claim excludes others. A forced execution is not shared. */
  isShared({ ignoresStored }: Pick<Claimable, "ignoresStored">): boolean {
    return this.instance.definition.each?.rangeMs !== undefined && !ignoresStored && this.isNeeded;
  }

  /** Before the execution: a process does not claim many more stages than it can execute. `release` returns that permit. */
  async acquire(work: Claimable): Promise<Flight> {
    this.permit = await this.run.claims.acquire(work.cancelToken, this.run.planned(this.instance).priority);
    return this.acquireToStore(work);
  }

  /** After the execution, without waiting for a permit: their holders may wait for something that this stage still holds. */
  acquireToStore({ key, claimKey, ignoresStored }: Claimable): Promise<Flight> {
    const { engine, run, instance } = this;
    return acquireOrReuse(claimKey, engine.results.claimantOf(instance), {
      store: engine.store,
      signal: run.signal,
      find: async () => (ignoresStored ? undefined : (await engine.observed.find(instance, key)).entry),
      onWait: (holder) => {
        this.isElsewhere = true;
        this.release();
        this.waits();
        run.reporter.waiting(instance, holder);
      },
    });
  }

  /** It is executed now, or not at all. */
  release(): void {
    this.permit?.release();
  }

  /** A worker ends when the run that it helps is cancelled. Returns what ends the watch. */
  watchStop({ key }: KnownKey): () => void {
    const { runOverrides } = this.engine;
    return runOverrides.isWorker ? watchStop(this.engine, key, () => runOverrides.stopped()) : () => undefined;
  }

  /** Ends the workers that help with the stage. */
  stopWorkers(work: Claimable): MaybePromise<void> {
    const { engine, instance, run } = this;
    const hasWorkers = (this.isElsewhere || this.isShared(work)) && !engine.runOverrides.isWorker;
    if (hasWorkers) return publishStop(engine, instance.definition.name, work.key, run.id);
  }
}
