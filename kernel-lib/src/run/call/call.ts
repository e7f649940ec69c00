/** One stage body: its inputs put together, run under its own activity. What becomes of its value: `keep.ts`. */
import { StagebookError } from "../../protocol";
import type { EachPlan } from "../../stage/definition";
import { digestValue } from "../../key/values/canonical";
import type { InputRef } from "../../stage/input";
import { findActivity, withinActivity, type StageActivity } from "../state/activity";
import {
  SpooledItems,
  type ExecutionContext,
  type InputValues,
  type KnownKey,
  type ExecutionResult,
} from "./call-parts";
import { runEach } from "./each-call";
import { encodeOutput } from "./encode-output";
import type { EngineContext } from "../engine-context";
import { FileOutputs } from "../external/file-outputs";
import type { Instance, StageRef } from "../state/instances";
import { rememberItems } from "./item-results";
import { storeResult } from "./store-result";
import { linkAbort } from "../control/linked-abort";
import type { LiveStream } from "../streams/live-stream";
import { reviver, storeItems } from "../../store/codecs/items";
import type { MaybePromise } from "../../async/maybe-promise";
import { createStageContext } from "./stage-context";
import { lineWriter, loggedOf, type StageLines } from "./stage-lines";
import { waitFor, type SyncTask } from "./sync-task";
import { CancelToken } from "../../async/cancel-token";
import { itemsOf } from "../streams/streams";
import { createItemCaller } from "../threads/worker-items";

/** Runs the body. Throws what it throws, `not-keyable` or `not-storable` for its value, and the reason when stopped. */
export function* callFunction(
  engine: EngineContext,
  instance: Instance,
  key: KnownKey,
  inputs: unknown,
  run: ExecutionContext,
): SyncTask<ExecutionResult> {
  const { definition } = instance;
  const startedAt = engine.clock.now();
  const unplanned = new Set<string>();
  const named = definition.each ? (inputs as { readonly inputs?: unknown }).inputs : inputs;
  const lines = linesOf(engine, instance, run, loggedOf(definition.logged, named));
  const files = new FileOutputs(definition.name, engine.store, yield* waitFor(engine.scratch.folder()));
  // Items that are still being worked on when another one fails are told.
  const over = definition.each && linkAbort(run.stop.signal);
  const stop = over ? new CancelToken(over.controller) : run.stop;
  const context = createStageContext({
    lines,
    signal: () => stop.signal,
    seed: () => run.seed,
    previous: () => findPrevious(engine, instance),
    fileOut: (name) => files.pathOf(name),
    report: (progress) => run.report(progress),
  });
  const activity = createStageActivity(engine, instance, run, lines, unplanned);
  const outer = findActivity();
  let live: LiveStream | undefined;
  const within = { ...outer, cell: definition.cell ?? outer.cell, source: run.source, stage: activity };
  const { each, fn, takesInputs } = definition;
  const callEach = async (plan: EachPlan, failed: (error: unknown) => void): Promise<AsyncIterable<unknown>> => {
    const remember = plan.cacheItems ? await rememberItems(engine, instance, run) : undefined;
    const callItem = plan.inThreads
      ? await createItemCaller(engine, instance, { run, activity: within, stop, inputs: named })
      : undefined;
    const ports = { seed: run.seed, signal: context.signal, failed, remember, callItem };
    return runEach({ ...definition, each: plan }, inputs, context, ports);
  };
  const readWhole = async (returned: unknown): Promise<unknown> => {
    const given = await returned;
    const items = itemsOf(given);
    if (!items) return given;
    live = run.beginStream(reviver(definition.codec));
    const count = (done: number): void => context.progress(done);
    return spool(engine, instance, items, { live, signal: run.stop.signal, count });
  };
  const work = (failed: (error: unknown) => void): MaybePromise<unknown> =>
    withinActivity(within, () => {
      const returned = each ? callEach(each, failed) : takesInputs ? fn(inputs, context) : fn(context);
      // Within the activity, because a generator's body runs while it is read.
      return isThere(returned) ? returned : readWhole(returned);
    });
  let returned: unknown;
  try {
    returned = yield* waitFor(untilStopped(work, run.stop));
  } catch (error) {
    // At once, also when the body waits for one of them.
    live?.finish(error);
    throw error;
  } finally {
    over?.unlink();
    over?.controller.abort(ended(definition.name));
  }
  engine.instances.endEpoch();
  const durationMs = engine.clock.now() - startedAt;
  const warn = (message: string): void =>
    engine.log("warn", message, { stage: definition.name, cell: definition.cell, run: run.run });
  const encoded = yield* waitFor(encodeOutput(definition, returned, { files, warn }));
  return yield* storeResult(engine, instance, key, encoded, { durationMs, run, unplanned });
}

/** No promise, whatever made it, and no stream. */
function isThere(returned: unknown): boolean {
  if ((typeof returned !== "object" && typeof returned !== "function") || returned === null) return true;
  return typeof (returned as { readonly then?: unknown }).then !== "function" && itemsOf(returned) === undefined;
}

function ended(stage: string): StagebookError {
  return new StagebookError("ended", `stage "${stage}" has ended`, "Nothing that comes now is kept.", { stage });
}

/** Puts the items into the store as they come; others may read them meanwhile. */
async function spool(
  engine: EngineContext,
  { definition }: Instance,
  items: AsyncIterable<unknown>,
  {
    live,
    signal,
    count,
  }: { readonly live?: LiveStream; readonly signal: AbortSignal; readonly count: (items: number) => void },
): Promise<SpooledItems> {
  const stored = await storeItems(items, definition.codec, {
    put: (blob) => engine.store.putBlob(blob),
    signal,
    count,
    offer: (item) => live?.offer(item),
    kept: (chunk, size) => live?.kept(chunk, size),
  });
  live?.finish();
  return new SpooledItems(stored);
}

/** The values of the inputs, in the shape in which the stage names them; its own copies. */
export function* fillInputs(engine: EngineContext, instance: Instance, run: InputValues): SyncTask<unknown> {
  const values = new Map<string, unknown>();
  for (const leaf of instance.definition.inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else values.set(leaf.path, yield* waitFor(inputValue(engine, instance, leaf.ref, run)));
  }
  return instance.definition.inputs.fill((leaf) => values.get(leaf.path));
}

/** The value of one input; the caller's own copy. */
export function inputValue(
  engine: EngineContext,
  instance: Instance,
  ref: InputRef,
  run: InputValues,
): MaybePromise<unknown> {
  switch (ref.kind) {
    case "file":
      return run.externalInputs.handle(ref.path);
    case "param":
      return copied(engine.params.value(ref.name, instance.overlay));
    case "resource":
      return run.externalInputs.open(ref);
    case "computed":
      return run.externalInputs.compute(ref).then((computed) => {
        if ("error" in computed) throw computed.error;
        return copied(computed.value);
      });
    case "stage":
      return run.valueOf(engine.instances.ofRef(ref, instance));
  }
}

/** So that a stage cannot change a parameter's value in place. What no copy would equal, an instance of a class, is handed over as it is. */
export function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    digestValue(value);
    return structuredClone(value);
  } catch {
    return value;
  }
}

export function createStageActivity(
  engine: EngineContext,
  instance: Instance,
  run: ExecutionContext,
  lines: StageLines,
  unplanned: Set<string>,
): StageActivity {
  // Few bodies ask.
  let found: ReturnType<typeof plannedReads> | undefined;
  const planned = (): ReturnType<typeof plannedReads> => (found ??= plannedReads(engine, instance));
  return {
    run: run.run,
    stage: instance.definition.name,
    source: run.source,
    overlay: instance.overlay,
    printed: lineWriter(lines, "console"),
    readStage: async (ref: StageRef) => {
      if (ref.name === instance.definition.name) return findPrevious(engine, instance);
      const need = engine.instances.ofRef(ref, instance);
      if (!planned().stages.has(need.id)) unplanned.add(`stage ${ref.name}`);
      return run.valueOf(need);
    },
    readUnseen: (what) => void unplanned.add(what),
    readParam: (name) => {
      if (!planned().params.has(name)) unplanned.add(`parameter ${name}`);
    },
  };
}

export function linesOf(
  engine: EngineContext,
  { definition }: Instance,
  { run }: Pick<ExecutionContext, "run">,
  logged: Readonly<Record<string, unknown>>,
): StageLines {
  const { name, cell } = definition;
  return { run, stage: name, cell, logged, emit: engine.emit, now: () => engine.clock.now() };
}

/** What the stage's code shows that it reads. */
function plannedReads(
  { instances }: EngineContext,
  instance: Instance,
): { readonly stages: ReadonlySet<string>; readonly params: ReadonlySet<string> } {
  const names = instances.refs(instance).flatMap(({ ref }) => (ref.kind === "param" ? [ref.name] : []));
  return { stages: new Set(instances.needs(instance).map(({ id }) => id)), params: new Set(names) };
}

async function findPrevious(engine: EngineContext, instance: Instance): Promise<unknown> {
  const latest = await engine.results.latest(instance);
  return latest ? (await engine.results.load(latest, instance))?.value : undefined;
}

/**
 * What the work gives. Throws or rejects at once when it is stopped, for a body that ignores the signal is abandoned, and with what the
 * work tells by `failed`: it may itself be waiting for somebody who takes an item. `failed` is for later, not for the call itself.
 */
function untilStopped<T>(
  work: (failed: (error: unknown) => void) => MaybePromise<T>,
  stop: CancelToken,
): MaybePromise<T> {
  stop.throwIfStopped();
  let fail: ((error: unknown) => void) | undefined;
  const given = work((error) => fail?.(error));
  if (!(given instanceof Promise)) {
    stop.throwIfStopped();
    return given;
  }
  const { signal } = stop;
  return new Promise((resolve, reject) => {
    fail = reject;
    const onAbort = (): void => reject(signal.reason as Error);
    const unheard =
      <A>(tell: (given: A) => void) =>
      (given: A): void => {
        signal.removeEventListener("abort", onAbort);
        tell(given);
      };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    given.then(unheard(resolve), unheard(reject));
  });
}
