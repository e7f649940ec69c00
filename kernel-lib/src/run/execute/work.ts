/** The work on one stage of a run: its turn, its right among kernels, its attempts, and what is told of them. */
import type { Claim, Holder } from "../../store/store";
import { attempt } from "../control/attempts";
import { fillInputs, runBody } from "../call/call";
import type { Made } from "../call/call-parts";
import type { EngineParts } from "../engine-parts";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import { UnreadError } from "../streams/live-stream";
import { ProducerStopped } from "./upstream-results";
import type { Outcome } from "../state/outcome";
import { resultOf } from "../plan/planner";
import { takeOff, type Flight } from "./single-flight";
import type { Place } from "../control/semaphore";
import { ready, type Steps } from "../control/sync-task";
import type { Stop } from "../control/cancel-token";
import { WorkBody } from "./work-body";
import type { WorkOrder, WorkRun } from "./work-order";
import { checkInputs, runBodyInWorker } from "../threads/worker-call";

/** Brings one stage to an end, whatever that is. Never throws. */
export function* perform(engine: EngineParts, run: WorkRun, order: WorkOrder): Steps<Outcome> {
  const { instance, key } = order;
  const startedAt = engine.clock.now();
  try {
    const flight = needsRight(engine, instance) ? yield* ready(rightToRun(engine, run, order)) : undefined;
    if (flight && "entry" in flight) return yield* run.reuse(instance, flight.entry);
    const outcome = yield* performAlone(engine, run, order, flight?.claim);
    // Something above it had to be made again, and came out different: there is another key now.
    return outcome === "moved" ? yield* run.settle(instance) : outcome;
  } catch (error) {
    if (run.signal.aborted) return run.telling.cancelled(instance, key.key, engine.clock.now() - startedAt);
    return run.telling.failed(instance, key.key, error, startedAt);
  } finally {
    engine.refresh();
  }
}

/** Work that leaves nothing in the store is nobody else's. */
function needsRight({ store }: EngineParts, { definition }: Instance): boolean {
  return definition.cache && definition.partOf === undefined && store.keepsNothing !== true;
}

function rightToRun(
  engine: EngineParts,
  run: WorkRun,
  { instance, key, again, claimed, prepared }: WorkOrder,
): Promise<Flight> {
  return takeOff(claimed, engine.results.head(instance), {
    store: engine.store,
    signal: run.signal,
    find: async () => (again ? undefined : engine.results.find(instance, key.key)),
    waiting: (holder) => {
      prepared();
      tellWaiting(run, instance, holder);
    },
  });
}

function tellWaiting(run: WorkRun, instance: Instance, holder: Holder): void {
  const { name, cell } = instance.definition;
  run.telling.emit(instance, { type: "stage:waiting", run: run.id, stage: name, cell, holder });
}

function* performAlone(
  engine: EngineParts,
  run: WorkRun,
  order: WorkOrder,
  claim: Claim | undefined,
): Steps<Outcome | "moved"> {
  const { instance, needs, stop } = order;
  const { definition } = instance;
  let place: Place | undefined;
  const startedAt = engine.clock.now();
  try {
    place = yield* ready(run.slots.take(stop, run.priority(instance)));
    order.prepared();
    const body = new WorkBody(engine, run, order, { claim, place }, stop);
    needs.whenStopped(() => stop.stop(new Error("what it reads has stopped")));
    const before = needs.outputs();
    const fill = (): Steps<unknown> =>
      definition.worker ? ready(checkInputs(engine, instance, body)) : fillInputs(engine, instance, body);
    const inputs = yield* fill();
    if (haveMoved(before, needs.outputs())) return "moved";
    if (definition.partOf === undefined) run.count();
    const { name: stage, cell } = definition;
    run.telling.emit(instance, { type: "stage:running", run: run.id, stage, cell, reasons: order.reasons });
    const tried = { name: stage, timeoutMs: definition.timeoutMs, retries: engine.orders.retriesOf(definition) };
    const call = (stop: Stop, inputs: unknown): Steps<Made> => {
      const within = body.under(stop);
      if (!definition.worker) return runBody(engine, instance, order.key, inputs, within);
      return ready(runBodyInWorker(engine, instance, order.key, within, run.priority(instance)));
    };
    const made = yield* attempt(tried, stop, {
      begin: (stop) => call(stop, inputs),
      again: (stop, nth, failure) => {
        run.telling.retry(instance, failure, nth);
        return callFilled(fill(), (inputs) => call(stop, inputs));
      },
    });
    return ended(engine, run, instance, made);
  } catch (error) {
    return yield* failedOutcome(engine, run, order, { error, startedAt });
  } finally {
    place?.giveBack();
    if (claim) yield* ready(claim.release());
  }
}

/** A function of its own, as `steps.ts` says. */
function* callFilled(filling: Steps<unknown>, call: (inputs: unknown) => Steps<Made>): Steps<Made> {
  return yield* call(yield* filling);
}

function* failedOutcome(
  engine: EngineParts,
  run: WorkRun,
  { instance, key, needs, stop }: WorkOrder,
  { error, startedAt }: { readonly error: unknown; readonly startedAt: number },
): Steps<Outcome> {
  const durationMs = engine.clock.now() - startedAt;
  if (run.signal.aborted) return run.telling.cancelled(instance, key.key, durationMs);
  if (stop.reason instanceof UnreadError) return run.telling.unread(instance, durationMs);
  const stopped = error instanceof ProducerStopped ? error : yield* ready(needs.stoppedBy());
  if (stopped) return run.telling.blocked(instance, stopped.producer.definition.name);
  return run.telling.failed(instance, key.key, error, startedAt);
}

function haveMoved(before: ReadonlyMap<string, OutputDigest>, now: ReadonlyMap<string, OutputDigest>): boolean {
  return [...before].some(([id, { digest }]) => now.get(id)?.digest !== digest);
}

function ended(engine: EngineParts, run: WorkRun, instance: Instance, { made, entry, stored }: Made): Outcome {
  const { name: stage, cell } = instance.definition;
  if (stored) engine.outcomes.clear(instance);
  run.telling.emit(instance, { type: "stage:succeeded", run: run.id, stage, cell, result: resultOf(entry), stored });
  return { kind: "succeeded", entry, ...(made ? { value: { of: made.value } } : {}) };
}
