/** The work on one stage of a run: its turn, its right among kernels, its attempts, and what is told of them. */
import type { Digest, Reason, RunId, RunSource } from "../protocol";
import { StagebookError } from "../protocol";
import { readChunk, type KeptItem } from "../store/items";
import type { BlobRef, Claim, Entry, Holder } from "../store/store";
import { attempt } from "./attempts";
import { fillInputs, runBody } from "./body";
import type { BodyRun, KnownKey, Made } from "./body-parts";
import type { EngineParts } from "./engine-parts";
import type { Externals } from "./externals";
import type { OutputDigest } from "./input-digests";
import type { Instance } from "./instances";
import type { Lives } from "./lives";
import { UnreadError } from "./live-stream";
import { ProducerStopped, type Needs } from "./needs";
import type { Outcome } from "./outcome";
import { resultOf } from "./planner";
import { seedOf } from "./seed";
import { takeOff, type Flight } from "./single-flight";
import type { Telling } from "./telling";
import type { Place, Slots } from "./slots";
import { ready, type Steps } from "./steps";
import type { Stop } from "./stop";
import { checkInputs, runBodyInWorker } from "./worker/worker-body";

/** What the work asks of its run. */
export interface WorkRun {
  readonly id: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly externals: Externals;
  /** Milliseconds from the start of the stage to the end of the longest chain that it holds up, by what they took before. */
  priority(instance: Instance): number;
  readonly lives: Lives;
  readonly telling: Telling;
  /** A fresh copy of a stage's output; its stream while that is being made, for a work that began meanwhile. */
  valueOf(need: Instance, reader?: Instance): Promise<unknown>;
  /** One body more. */
  count(): void;
  reuse(instance: Instance, entry: Entry): Steps<Outcome>;
  /** Finds out what the stage's inputs call for now, and does it. */
  settle(instance: Instance): Steps<Outcome>;
}

export interface WorkOrder {
  readonly instance: Instance;
  readonly key: KnownKey;
  readonly reasons: readonly Reason[];
  /** A stored result is no reason not to run. */
  readonly again: boolean;
  readonly needs: Needs;
  /** What one kernel at a time works on: the key, save where a stream is read. */
  readonly claimed: Digest;
  /** Stops this work alone. */
  readonly stop: Stop;
  /** Called when it has a place, or waits for somebody else: another stage may be prepared. */
  readonly prepared: () => void;
}

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
    const body = bodyRun(engine, run, order, { claim, place });
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
      const within = stop === body.stop ? body : { ...body, stop };
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

function bodyRun(
  engine: EngineParts,
  run: WorkRun,
  { instance, key, needs, stop }: WorkOrder,
  { claim, place }: { readonly claim: Claim | undefined; readonly place: Place },
): BodyRun {
  const { definition } = instance;
  // Who retries begins anew, and who is checked may turn out invalid: nobody reads ahead of that.
  const mayBeRead = definition.retries === 0 && definition.validate === undefined;
  needs.whenStopped(() => stop.stop(new Error("what it reads has stopped")));
  return {
    run: run.id,
    source: run.source,
    stop,
    externals: run.externals,
    get seed() {
      return seedOf(definition, needs.haveStreams ? key.partial : key.key);
    },
    outputsNow: () => needs.outputs(),
    entriesAbove: () => needs.entries(),
    finished: needs.isLive ? () => needs.finished() : () => ({ key, paramsAbove: needs.paramsAbove() }),
    beginStream: mayBeRead
      ? (revive) => run.lives.begin({ producer: instance.id, key: key.key, revive, readChunk: chunkReader(engine) })
      : () => undefined,
    report: (progress) => claim?.report(progress),
    // A body that waits for another stage holds no place, and nobody's stream: that one may need it.
    valueOf: (need) => {
      if (run.lives.of(need.id)?.isOpen !== true) run.lives.letGo(instance.id);
      return place.lend(() => run.valueOf(need, instance));
    },
  };
}

function chunkReader({ store }: EngineParts): (chunk: BlobRef) => Promise<readonly KeptItem[]> {
  return async (chunk) => {
    const items = await readChunk(chunk, (blob) => store.readBlob(blob));
    if (items) return items;
    throw new StagebookError(
      "stream-lost",
      "a part of a stream that is being made is gone from the store",
      "Leave the files of the store to Stagebook while it runs, and run the stage again.",
    );
  };
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
