/** The call of an `each` whose items are shared with other processes: its part in the ranges, and the result of all of them. */
import type { KnownKey } from "../../key/key";
import { unobserved } from "../../observe";
import type { EachPlan } from "../../stage/definition";
import type { EngineContext } from "../engine-context";
import { pastItemMs } from "../ranges/cost";
import { ItemSource } from "../ranges/item-source";
import { RangeRecords } from "../ranges/range-records";
import { RangeWorker } from "../ranges/range-worker";
import type { Instance } from "../state/instances";
import type { ExecutionContext } from "./call-parts";
import { SpooledItems } from "./encode-output";
import { createRecorder, undeclaredReads, volatileReads } from "./observed-reads";

export interface SharedEachPorts {
  readonly signal: AbortSignal;
  readonly source: unknown;
  call(item: unknown, index: number): unknown;
  failed(error: unknown): void;
  /** See `EachPorts`. */
  readonly limit: (() => number) | undefined;
  progress(done: number, total: number): void;
  /** What the function has read that its code does not show. */
  readonly unplanned: ReadonlySet<string>;
}

interface SharedEach {
  readonly plan: EachPlan;
  readonly key: KnownKey;
  readonly execution: ExecutionContext;
}

/** The items of all ranges. Throws what an item throws; what is done stays. */
export async function shareItems(
  engine: EngineContext,
  instance: Instance,
  { plan, key, execution }: SharedEach,
  ports: SharedEachPorts,
): Promise<SpooledItems> {
  const { definition } = instance;
  const { workers, ordered, rangeMs = Infinity } = plan;
  const [source, pastMs] = await Promise.all([ItemSource.of(ports.source), pastItemMs(engine, instance)]);
  const settings = { workers, ordered, rangeMs, pastMs };
  const worker = new RangeWorker(engine, new RangeRecords(engine, instance, key), source, settings, {
    ...ports,
    definition,
    run: execution.runId,
    claimant: engine.results.claimantOf(instance),
    recorder: execution.recorder,
    createRecorder: () => createRecorder(engine),
    leftBy: async (recorder) => {
      engine.instances.endEpoch();
      const now = await engine.planner.keyOf(instance, execution.upstreamOutputs(), execution.externalInputs);
      const hasChanged = now.key !== key.key || (await recorder.changedSince()).length > 0;
      if (hasChanged || ports.unplanned.size > 0) return undefined;
      return { reads: undeclaredReads(engine, instance, key, recorder), volatile: volatileReads(recorder) };
    },
  });
  // What items read is added to the recorder; the work around them, as finding the notebook's name, is not theirs.
  const { stored, durationMs } = await unobserved(() => worker.work());
  return new SpooledItems(stored, durationMs);
}
