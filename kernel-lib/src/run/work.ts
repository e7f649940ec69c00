/** The work on one stage of a run: its turn, its right among kernels, its attempts, and what is told of them. */
import type { Digest, EventBody, Reason, RunId, RunSource } from "../protocol";
import type { Entry, Holder } from "../store/store";
import { attempt } from "./attempts";
import { fillInputs, runBody } from "./body";
import type { BodyRun, KnownKey, Made } from "./body-parts";
import type { EngineParts } from "./engine-parts";
import { messageOf } from "./error-view";
import type { Externals } from "./externals";
import type { OutputDigest } from "./input-digests";
import type { Instance } from "./instances";
import type { Outcome } from "./outcome";
import { resultOf } from "./planner";
import { takeOff } from "./single-flight";
import type { Place, Slots } from "./slots";
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
  outputs(instance: Instance): Promise<ReadonlyMap<string, OutputDigest>>;
  entriesAbove(instance: Instance): Promise<ReadonlyMap<string, Entry>>;
  keyNow(instance: Instance): Promise<KnownKey>;
  /** A fresh copy of a stage's output. */
  valueOf(need: Instance): Promise<unknown>;
  emit(instance: Instance, event: EventBody): void;
  /** One body more. */
  count(): void;
  reuse(instance: Instance, entry: Entry): Promise<Outcome>;
  /** Finds out what the stage's inputs call for now, and does it. */
  settle(instance: Instance): Promise<Outcome>;
  cancel(instance: Instance, key: Digest, durationMs: number): Outcome;
  fail(instance: Instance, key: Digest | undefined, cause: unknown, startedAt: number): Outcome;
}

export interface WorkOrder {
  readonly instance: Instance;
  readonly key: KnownKey;
  readonly reasons: readonly Reason[];
  /** A stored result is no reason not to run. */
  readonly again: boolean;
}

/** Brings one stage to an end, whatever that is. Never rejects. */
export async function perform(engine: EngineParts, run: WorkRun, order: WorkOrder): Promise<Outcome> {
  const { instance, key } = order;
  const startedAt = engine.clock.now();
  try {
    const flight = await rightToRun(engine, run, order);
    if ("entry" in flight) return await run.reuse(instance, flight.entry);
    const outcome = await performAlone(engine, run, order, flight).finally(() => flight.release());
    // Something above it had to be made again, and came out different: there is another key now.
    return outcome === "moved" ? await run.settle(instance) : outcome;
  } catch (error) {
    if (run.signal.aborted) return run.cancel(instance, key.key, engine.clock.now() - startedAt);
    return run.fail(instance, key.key, error, startedAt);
  } finally {
    engine.refresh();
  }
}

interface Right {
  report(progress: { readonly done: number; readonly total?: number }): void;
  release(): Promise<void>;
}

const noRight: Right = { report: () => undefined, release: () => Promise.resolve() };

/** Work that leaves nothing in the store is nobody else's. */
async function rightToRun(
  engine: EngineParts,
  run: WorkRun,
  { instance, key, again }: WorkOrder,
): Promise<Right | { readonly entry: Entry }> {
  const { definition } = instance;
  if (!definition.cache || definition.partOf !== undefined || engine.store.keepsNothing) return noRight;
  const flight = await takeOff(key.key, engine.results.head(instance), {
    store: engine.store,
    signal: run.signal,
    find: async () => (again ? undefined : engine.results.find(instance, key.key)),
    waiting: (holder) => tellWaiting(engine, run, instance, holder),
  });
  return "claim" in flight ? flight.claim : flight;
}

function tellWaiting(engine: EngineParts, run: WorkRun, instance: Instance, holder: Holder): void {
  const { name, cell } = instance.definition;
  run.emit(instance, { type: "stage:waiting", run: run.id, stage: name, cell, holder });
}

async function performAlone(
  engine: EngineParts,
  run: WorkRun,
  order: WorkOrder,
  right: Right,
): Promise<Outcome | "moved"> {
  const { definition } = order.instance;
  const place = await run.slots.take(run.signal, run.priority(order.instance));
  const startedAt = engine.clock.now();
  try {
    const body = await bodyRun(run, order.instance, right, place);
    const before = await run.outputs(order.instance);
    const fill = (): Promise<unknown> =>
      definition.worker ? checkInputs(engine, order.instance, body) : fillInputs(engine, order.instance, body);
    let inputs = await fill();
    if (haveMoved(before, await run.outputs(order.instance))) return "moved";
    if (definition.partOf === undefined) run.count();
    const { name: stage, cell } = definition;
    run.emit(order.instance, { type: "stage:running", run: run.id, stage, cell, reasons: order.reasons });
    const made = await attempt(definition, run.signal, async (signal, nth, failure) => {
      if (failure !== undefined) {
        tellRetry(engine, run, order.instance, { error: failure, nth });
        inputs = await fill();
      }
      const within = { ...body, signal };
      if (definition.worker)
        return runBodyInWorker(engine, order.instance, order.key, within, run.priority(order.instance));
      return runBody(engine, order.instance, order.key, inputs, within);
    });
    return ended(engine, run, order.instance, made);
  } catch (error) {
    if (run.signal.aborted) return run.cancel(order.instance, order.key.key, engine.clock.now() - startedAt);
    return run.fail(order.instance, order.key.key, error, startedAt);
  } finally {
    place.giveBack();
  }
}

async function bodyRun(run: WorkRun, instance: Instance, right: Right, place: Place): Promise<BodyRun> {
  const above = await run.entriesAbove(instance);
  return {
    run: run.id,
    source: run.source,
    signal: run.signal,
    externals: run.externals,
    outputsNow: () => run.outputs(instance),
    entriesAbove: () => run.entriesAbove(instance),
    paramsAbove: Object.assign({}, ...[...above.values()].map((entry) => entry.params)) as Record<string, string>,
    report: (progress) => right.report(progress),
    // A body that waits for another stage holds no place: that one may need it.
    valueOf: (need) => place.lend(() => run.valueOf(need)),
  };
}

function haveMoved(before: ReadonlyMap<string, OutputDigest>, now: ReadonlyMap<string, OutputDigest>): boolean {
  return [...before].some(([id, { digest }]) => now.get(id)?.digest !== digest);
}

function ended(engine: EngineParts, run: WorkRun, instance: Instance, { made, entry, stored }: Made): Outcome {
  const { name: stage, cell } = instance.definition;
  if (stored) engine.outcomes.clear(instance);
  run.emit(instance, { type: "stage:succeeded", run: run.id, stage, cell, result: resultOf(entry), stored });
  return { kind: "succeeded", entry, ...(made ? { value: { of: made.value } } : {}) };
}

function tellRetry(
  engine: EngineParts,
  run: WorkRun,
  { definition }: Instance,
  { error, nth }: { readonly error: unknown; readonly nth: number },
): void {
  const text = `${definition.name}: attempt ${nth - 1} of ${definition.retries + 1} failed: ${messageOf(error)}; it is tried again`;
  engine.log("warn", text, { stage: definition.name, cell: definition.cell, run: run.id });
}
