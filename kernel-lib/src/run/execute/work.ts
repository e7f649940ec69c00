/** The work on one stage of a run: its turn, its right among kernels, its attempts, and what is told of them. */
import type { Claim, Holder } from "../../store/store";
import { attempt } from "./attempts";
import { fillInputs, callFunction } from "../call/call";
import type { ExecutionResult } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import { UnreadError } from "../streams/live-stream";
import { ProducerStopped } from "./upstream-results";
import type { Outcome } from "../state/outcome";
import { resultOf } from "../plan/planner";
import { acquireOrReuse, type Flight } from "./single-flight";
import type { Permit } from "../../async/semaphore";
import { waitFor, type SyncTask } from "../call/sync-task";
import type { CancelToken } from "../../async/cancel-token";
import { StageCall } from "./stage-call";
import type { ExecutionOrder, RunContext } from "./execution-order";
import { checkInputs, executeInWorker } from "../threads/worker-call";

/** Brings one stage to an end, whatever that is. Never throws. */
export function* execute(engine: EngineContext, run: RunContext, order: ExecutionOrder): SyncTask<Outcome> {
  const { instance, key } = order;
  const startedAt = engine.clock.now();
  try {
    const flight = needsRight(engine, instance) ? yield* waitFor(rightToRun(engine, run, order)) : undefined;
    if (flight && "entry" in flight) return yield* run.reuse(instance, flight.entry);
    const outcome = yield* performAlone(engine, run, order, flight?.claim);
    // Something above it had to be made again, and came out different: there is another key now.
    return outcome === "moved" ? yield* run.settle(instance) : outcome;
  } catch (error) {
    if (run.signal.aborted) return run.reporter.cancelled(instance, key.key, engine.clock.now() - startedAt);
    return run.reporter.failed(instance, key.key, error, startedAt);
  } finally {
    engine.refresh();
  }
}

/** Work that leaves nothing in the store is nobody else's. */
function needsRight({ store }: EngineContext, { definition }: Instance): boolean {
  return definition.cache && definition.partOf === undefined && store.keepsNothing !== true;
}

function rightToRun(
  engine: EngineContext,
  run: RunContext,
  { instance, key, again, claimed, prepared }: ExecutionOrder,
): Promise<Flight> {
  return acquireOrReuse(claimed, engine.results.head(instance), {
    store: engine.store,
    signal: run.signal,
    find: async () => (again ? undefined : engine.results.find(instance, key.key)),
    waiting: (holder) => {
      prepared();
      tellWaiting(run, instance, holder);
    },
  });
}

function tellWaiting(run: RunContext, instance: Instance, holder: Holder): void {
  const { name, cell } = instance.definition;
  run.reporter.emit(instance, { type: "stage:waiting", run: run.id, stage: name, cell, holder });
}

function* performAlone(
  engine: EngineContext,
  run: RunContext,
  order: ExecutionOrder,
  claim: Claim | undefined,
): SyncTask<Outcome | "moved"> {
  const { instance, needs, stop } = order;
  const { definition } = instance;
  let place: Permit | undefined;
  const startedAt = engine.clock.now();
  try {
    place = yield* waitFor(run.permits.take(stop, run.priority(instance)));
    order.prepared();
    const body = new StageCall(engine, run, order, { claim, place }, stop);
    needs.whenStopped(() => stop.stop(new Error("what it reads has stopped")));
    const before = needs.outputs();
    const fill = (): SyncTask<unknown> =>
      definition.worker ? waitFor(checkInputs(engine, instance, body)) : fillInputs(engine, instance, body);
    const inputs = yield* fill();
    if (haveMoved(before, needs.outputs())) return "moved";
    if (definition.partOf === undefined) run.count();
    const { name: stage, cell } = definition;
    run.reporter.emit(instance, { type: "stage:running", run: run.id, stage, cell, reasons: order.reasons });
    const tried = { name: stage, timeoutMs: definition.timeoutMs, retries: engine.runOverrides.retriesOf(definition) };
    const call = (stop: CancelToken, inputs: unknown): SyncTask<ExecutionResult> => {
      const within = body.under(stop);
      if (!definition.worker) return callFunction(engine, instance, order.key, inputs, within);
      return waitFor(executeInWorker(engine, instance, order.key, within, run.priority(instance)));
    };
    const made = yield* attempt(tried, stop, {
      begin: (stop) => call(stop, inputs),
      again: (stop, nth, failure) => {
        run.reporter.retry(instance, failure, nth);
        return callFilled(fill(), (inputs) => call(stop, inputs));
      },
    });
    return ended(engine, run, instance, made);
  } catch (error) {
    return yield* failedOutcome(engine, run, order, { error, startedAt });
  } finally {
    place?.giveBack();
    if (claim) yield* waitFor(claim.release());
  }
}

/** A function of its own, as `steps.ts` says. */
function* callFilled(
  filling: SyncTask<unknown>,
  call: (inputs: unknown) => SyncTask<ExecutionResult>,
): SyncTask<ExecutionResult> {
  return yield* call(yield* filling);
}

function* failedOutcome(
  engine: EngineContext,
  run: RunContext,
  { instance, key, needs, stop }: ExecutionOrder,
  { error, startedAt }: { readonly error: unknown; readonly startedAt: number },
): SyncTask<Outcome> {
  const durationMs = engine.clock.now() - startedAt;
  if (run.signal.aborted) return run.reporter.cancelled(instance, key.key, durationMs);
  if (stop.reason instanceof UnreadError) return run.reporter.unread(instance, durationMs);
  const stopped = error instanceof ProducerStopped ? error : yield* waitFor(needs.stoppedBy());
  if (stopped) return run.reporter.blocked(instance, stopped.producer.definition.name);
  return run.reporter.failed(instance, key.key, error, startedAt);
}

function haveMoved(before: ReadonlyMap<string, OutputDigest>, now: ReadonlyMap<string, OutputDigest>): boolean {
  return [...before].some(([id, { digest }]) => now.get(id)?.digest !== digest);
}

function ended(
  engine: EngineContext,
  run: RunContext,
  instance: Instance,
  { made, entry, stored }: ExecutionResult,
): Outcome {
  const { name: stage, cell } = instance.definition;
  if (stored) engine.outcomes.clear(instance);
  run.reporter.emit(instance, { type: "stage:succeeded", run: run.id, stage, cell, result: resultOf(entry), stored });
  return { kind: "succeeded", entry, ...(made ? { value: { of: made.value } } : {}) };
}
