/** One stage body: its inputs put together, run under its own activity, its value checked, encoded and kept. */
import { digestValue } from "../key/canonical";
import { describeValue } from "../key/describe";
import { digestOf } from "../key/digest";
import type { StageKey } from "../key/key";
import type { Digest, RunId, RunSource } from "../protocol";
import { StagebookError } from "../protocol";
import { v8Codec } from "../store/codec";
import type { Entry } from "../store/store";
import { findActivity, withinActivity, type StageActivity } from "./activity";
import type { InputRef } from "../stage/input";
import type { EngineParts } from "./engine-parts";
import type { Externals } from "./externals";
import type { Instance, StageRef } from "./instances";
import { jsonFields } from "./log-fields";
import type { OutputDigest } from "./input-digests";
import { createStageContext } from "./stage-context";

/** What a body needs of the run that it belongs to. */
export interface BodyRun {
  readonly run: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly externals: Externals;
  /** Outputs of what the stage needs, by instance id. */
  readonly outputs: ReadonlyMap<string, OutputDigest>;
  /** All parameters behind what the stage needs, as text. */
  readonly paramsAbove: Readonly<Record<string, string>>;
  /** A fresh copy of the value behind an input. */
  valueOf(need: Instance): Promise<unknown>;
  /** Runs a stage that the body reads and the plan did not know. */
  runUnplanned(instance: Instance): Promise<unknown>;
}

/** A body's value and what became of it. */
export interface Made {
  readonly value: unknown;
  readonly entry: Entry;
  readonly stored: boolean;
}

/** Runs the body. Throws what it throws, `not-keyable` or `not-storable` for its value, and the signal's reason when stopped. */
export async function runBody(
  engine: EngineParts,
  instance: Instance,
  key: StageKey & { key: Digest },
  run: BodyRun,
): Promise<Made> {
  const { definition } = instance;
  const startedAt = engine.clock.now();
  const unplanned = new Set<string>();
  const inputs = await fillInputs(engine, instance, run);
  const logged = Object.fromEntries(
    definition.logged.map((name) => [name, (inputs as Record<string, unknown> | null)?.[name]]),
  );
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
  });
  const activity = createStageActivity(engine, instance, run, logged, unplanned);
  const outer = findActivity();
  const body = withinActivity(
    { ...outer, cell: definition.cell ?? outer.cell, source: run.source, stage: activity },
    async () => (definition.takesInputs ? definition.fn(inputs, context) : definition.fn(context)),
  );
  const value = await untilAborted(body, run.signal);
  engine.instances.endEpoch();
  return keep(engine, instance, key, value, { startedAt, run, unplanned });
}

async function fillInputs(engine: EngineParts, instance: Instance, run: BodyRun): Promise<unknown> {
  const values = new Map<string, unknown>();
  for (const leaf of instance.definition.inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else values.set(leaf.path, await inputValue(engine, instance, leaf.ref, run));
  }
  return instance.definition.inputs.fill((leaf) => values.get(leaf.path));
}

async function inputValue(engine: EngineParts, instance: Instance, ref: InputRef, run: BodyRun): Promise<unknown> {
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

/** So that a stage cannot change a parameter's value in place. What cannot be copied is handed over as it is. */
function copied(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
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
      return run.runUnplanned(need);
    },
    readUnseen: (what) => void unplanned.add(what),
    readParam: (name) => {
      if (!plannedParams.has(name)) unplanned.add(`parameter ${name}`);
    },
  };
}

async function findPrevious(engine: EngineParts, instance: Instance): Promise<unknown> {
  const latest = await engine.results.latest(instance);
  return latest ? (await engine.results.load(latest, instance.definition.codec))?.value : undefined;
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

interface KeepPlace {
  readonly startedAt: number;
  readonly run: BodyRun;
  readonly unplanned: ReadonlySet<string>;
}

/** Digests, encodes and stores the value, unless something that the key counts changed while the body ran. */
async function keep(
  engine: EngineParts,
  instance: Instance,
  key: StageKey & { key: Digest },
  value: unknown,
  { startedAt, run, unplanned }: KeepPlace,
): Promise<Made> {
  const { definition } = instance;
  const durationMs = engine.clock.now() - startedAt;
  refuseStream(value, definition.name);
  value = namedOutputs(engine, instance, value, run.run);
  const codec = definition.codec ?? v8Codec;
  const bytes = await codec.encode(value);
  const entry: Entry = {
    format: 1,
    key: key.key,
    partial: key.partial,
    parts: key.parts,
    output: {
      // A codec of the user's stands for the identity of values that have no canonical form.
      digest: definition.codec ? digestOf(bytes) : digestValue(value),
      blob: digestOf(bytes),
      sizeBytes: bytes.byteLength,
      codec: codec.name,
      summary: describeValue(value),
    },
    at: engine.clock.now(),
    durationMs,
    params: paramTexts(engine, instance, run.paramsAbove),
    run: run.run,
    made: engine.made,
  };
  run.signal.throwIfAborted();
  const after = await engine.planner.keyOf(instance, run.outputs, run.externals);
  const trouble =
    after.key !== key.key
      ? changedWhileRunning(engine, key, after)
      : unplanned.size > 0
        ? ({
            reason: "uncacheable",
            message: `it reads ${[...unplanned].join(", ")}, which its code does not show; pass it as an input`,
          } as const)
        : undefined;
  if (trouble) {
    engine.outcomes.set(instance, { kind: "unstored", key: after.key ?? key.key, ...trouble });
    engine.log("warn", `${definition.name}: the result is returned and not stored: ${trouble.message}`, {
      stage: definition.name,
      cell: definition.cell,
      run: run.run,
    });
    engine.results.keepForRun(entry, bytes);
    return { value, entry, stored: false };
  }
  if (!definition.cache) engine.results.keepUnstored(instance, entry, bytes);
  else
    try {
      await engine.results.commit(instance, entry, bytes);
      return { value, entry, stored: true };
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      engine.emit({ type: "store:trouble", message: error.message, where: engine.store.location });
      engine.log(
        "error",
        `${definition.name}: the result is kept for this kernel only: ${error.message} ${error.advice}`,
        { stage: definition.name, cell: definition.cell, run: run.run },
      );
      engine.results.keepUnstored(instance, entry, bytes);
    }
  return { value, entry, stored: false };
}

function changedWhileRunning(
  engine: EngineParts,
  before: StageKey,
  after: StageKey,
): { reason: "changed-while-running"; message: string } {
  const reasons = engine.diff(before.parts, after.parts).map((reason) => reason.text);
  return {
    reason: "changed-while-running",
    message: `changed while it ran: ${reasons.join("; ") || "its code"}; if the stage itself changes it, keep that value inside the stage`,
  };
}

/** The value with the outputs that the stage names. Throws `output-missing` and `output-extra`. */
function namedOutputs(engine: EngineParts, { definition }: Instance, value: unknown, run: RunId): unknown {
  const { outputs, extra, name } = definition;
  if (!outputs) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new StagebookError(
      "output-missing",
      `stage "${name}" names its outputs and returned none by name`,
      `Return { ${outputs.join(", ")} }.`,
      { stage: name },
    );
  const missing = outputs.filter((output) => !Object.hasOwn(value, output));
  if (missing.length > 0)
    throw new StagebookError(
      "output-missing",
      `stage "${name}" did not return ${missing.join(", ")}`,
      `Return { ${outputs.join(", ")} }.`,
      { stage: name },
    );
  const unnamed = Object.keys(value).filter((key) => !outputs.includes(key));
  if (unnamed.length === 0) return value;
  if (extra === "error")
    throw new StagebookError(
      "output-extra",
      `stage "${name}" returned ${unnamed.join(", ")}, which ${unnamed.length === 1 ? "is" : "are"} not among its outputs`,
      `Add it to outputs, or write extra: "drop" or extra: "keep".`,
      { stage: name },
    );
  engine.log(
    "warn",
    `${name}: ${unnamed.join(", ")} ${extra === "drop" ? "left out" : "kept"}, not among its outputs`,
    { stage: name, cell: definition.cell, run },
  );
  return extra === "keep"
    ? value
    : Object.fromEntries(outputs.map((output) => [output, (value as Record<string, unknown>)[output]]));
}

function refuseStream(value: unknown, stage: string): void {
  if (typeof value !== "object" || value === null) return;
  const isStream =
    Symbol.asyncIterator in value ||
    ("next" in value && Symbol.iterator in value) ||
    ("subscribe" in value && typeof value.subscribe === "function");
  if (isStream)
    throw new StagebookError(
      "stream-output",
      `stage "${stage}" returned a stream of items`,
      "Return an array: collect the items first.",
      { stage },
    );
}

/** All parameters of the stage and of what it needs. */
function paramTexts(
  engine: EngineParts,
  instance: Instance,
  above: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const own = engine.instances
    .refs(instance)
    .flatMap(({ ref }) =>
      ref.kind === "param"
        ? [[ref.name, engine.params.text(engine.params.value(ref.name, instance.overlay))] as const]
        : [],
    );
  return Object.fromEntries([...Object.entries(above), ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
}
