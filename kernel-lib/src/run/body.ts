/** One stage body: its inputs put together, run under its own activity. What becomes of its value: `keep.ts`. */
import { digestValue } from "../key/canonical";
import { digestOf } from "../key/digest";
import type { InputRef } from "../stage/input";
import { findActivity, withinActivity, type StageActivity } from "./activity";
import { SpooledItems, type BodyRun, type InputValues, type KnownKey, type Made } from "./body-parts";
import type { EngineParts } from "./engine-parts";
import { FileOutputs } from "./file-outputs";
import type { Instance, StageRef } from "./instances";
import { keep } from "./keep";
import { storeItems } from "../store/items";
import type { NewBlob } from "../store/store";
import { jsonFields } from "./log-fields";
import { createStageContext } from "./stage-context";
import { itemsOf } from "./streams";

/** Runs the body. Throws what it throws, `not-keyable` or `not-storable` for its value, and the signal's reason when stopped. */
export async function runBody(
  engine: EngineParts,
  instance: Instance,
  key: KnownKey,
  inputs: unknown,
  run: BodyRun,
): Promise<Made> {
  const { definition } = instance;
  const startedAt = engine.clock.now();
  const unplanned = new Set<string>();
  const logged = Object.fromEntries(
    definition.logged.map((name) => [name, (inputs as Record<string, unknown> | null)?.[name]]),
  );
  const files = new FileOutputs(definition.name, engine.store, await engine.scratch.folder());
  const context = createStageContext({
    run: run.run,
    stage: definition.name,
    cell: definition.cell,
    signal: run.signal,
    seed: digestOf(`${key.key} ${definition.seed ?? ""}`),
    logged,
    emit: engine.emit,
    now: () => engine.clock.now(),
    previous: () => findPrevious(engine, instance),
    fileOut: (name) => files.pathOf(name),
    report: (progress) => run.report(progress),
  });
  const activity = createStageActivity(engine, instance, run, logged, unplanned);
  const outer = findActivity();
  const body = withinActivity(
    { ...outer, cell: definition.cell ?? outer.cell, source: run.source, stage: activity },
    async () => {
      const returned: unknown = await (definition.takesInputs
        ? definition.fn(inputs, context)
        : definition.fn(context));
      const items = itemsOf(returned);
      // Here, because a generator's body runs while it is read.
      return items ? spool(engine, instance, items, run.signal, (count) => context.progress(count)) : returned;
    },
  );
  const value = await untilAborted(body, run.signal);
  engine.instances.endEpoch();
  return keep(engine, instance, key, value, { startedAt, run, unplanned, files });
}

/** Puts the items into the store as they come. */
async function spool(
  engine: EngineParts,
  { definition }: Instance,
  items: AsyncIterable<unknown>,
  signal: AbortSignal,
  count: (items: number) => void,
): Promise<SpooledItems> {
  const put = (blob: NewBlob): Promise<void> => engine.store.putBlob(blob);
  return new SpooledItems(await storeItems(items, definition.codec, { put, signal, count }));
}

/** The values of the inputs, in the shape in which the stage names them; its own copies. */
export async function fillInputs(engine: EngineParts, instance: Instance, run: InputValues): Promise<unknown> {
  const values = new Map<string, unknown>();
  for (const leaf of instance.definition.inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else values.set(leaf.path, await inputValue(engine, instance, leaf.ref, run));
  }
  return instance.definition.inputs.fill((leaf) => values.get(leaf.path));
}

/** The value of one input; the caller's own copy. */
export async function inputValue(
  engine: EngineParts,
  instance: Instance,
  ref: InputRef,
  run: InputValues,
): Promise<unknown> {
  switch (ref.kind) {
    case "file":
      return run.externals.handle(ref.path);
    case "param":
      return copied(engine.params.value(ref.name, instance.overlay));
    case "resource":
      return run.externals.open(ref);
    case "computed": {
      const computed = await run.externals.compute(ref);
      if ("error" in computed) throw computed.error;
      return copied(computed.value);
    }
    case "stage":
      return run.valueOf(engine.instances.ofRef(ref, instance));
  }
}

/** So that a stage cannot change a parameter's value in place. What no copy would equal, an instance of a class, is handed over as it is. */
function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    digestValue(value);
    return structuredClone(value);
  } catch {
    return value;
  }
}

function createStageActivity(
  engine: EngineParts,
  instance: Instance,
  run: BodyRun,
  logged: Readonly<Record<string, unknown>>,
  unplanned: Set<string>,
): StageActivity {
  const refs = engine.instances.refs(instance);
  const planned = new Set(engine.instances.needs(instance).map((need) => need.id));
  const plannedParams = new Set(refs.flatMap(({ ref }) => (ref.kind === "param" ? [ref.name] : [])));
  return {
    run: run.run,
    stage: instance.definition.name,
    source: run.source,
    overlay: instance.overlay,
    signal: run.signal,
    printed: (level, message) =>
      engine.emit({
        type: "log:written",
        record: {
          at: engine.clock.now(),
          level,
          stage: instance.definition.name,
          cell: instance.definition.cell,
          run: run.run,
          message,
          fields: jsonFields(logged),
          source: "console",
        },
      }),
    readStage: async (ref: StageRef) => {
      if (ref.name === instance.definition.name) return findPrevious(engine, instance);
      const need = engine.instances.ofRef(ref, instance);
      if (planned.has(need.id)) return run.valueOf(need);
      unplanned.add(`stage ${ref.name}`);
      return run.valueOf(need);
    },
    readUnseen: (what) => void unplanned.add(what),
    readParam: (name) => {
      if (!plannedParams.has(name)) unplanned.add(`parameter ${name}`);
    },
  };
}

async function findPrevious(engine: EngineParts, instance: Instance): Promise<unknown> {
  const latest = await engine.results.latest(instance);
  return latest ? (await engine.results.load(latest, instance))?.value : undefined;
}

/** The body's value, or the signal's reason at once when it aborts: a body that ignores the signal is abandoned. */
async function untilAborted<T>(body: Promise<T>, signal: AbortSignal): Promise<T> {
  body.catch(() => undefined);
  signal.throwIfAborted();
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([body, aborted]);
  } finally {
    if (stop) signal.removeEventListener("abort", stop);
  }
}
