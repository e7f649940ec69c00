/**
 * Storage of what a function returned. The value is validated, and stored unless something that its key depends on changed while the
 * function ran. A result that cannot be stored is still returned, and the reason is logged.
 */
import path from "node:path";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import type { KnownKey, StageKey } from "../../key/key";
import type { ObservedRead, ReadRecorder } from "../../observe";
import type { Digest, LogLevel } from "../../protocol";
import { isStagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { withPaths } from "../external/file-outputs";
import type { Instance } from "../state/instances";
import type { ExecutionContext, ExecutionResult, Returned } from "./call-parts";
import type { Encoded } from "./encode-output";
import { undeclaredReads, volatileReads } from "./observed-reads";
import { waitFor, type SyncTask } from "./sync-task";
import { callHook, checkReturned } from "./validation";

/** Why a result is returned and not stored. */
interface Obstacle {
  /** The key that the stage has now. */
  readonly key: Digest;
  readonly reason: "changed-while-running" | "uncacheable";
  readonly message: string;
}

/** A result, the key of its declared inputs, and what it read beyond them. */
interface Storable {
  readonly entry: Entry;
  readonly declared: KnownKey;
  readonly reads: readonly ObservedRead[];
}

/** Throws `invalid-output` for the value. */
export function* storeResult(
  engine: EngineContext,
  instance: Instance,
  key: KnownKey,
  returned: Returned,
  execution: ExecutionContext,
): SyncTask<ExecutionResult> {
  const { encoded, durationMs } = returned;
  const { blobs } = encoded;
  const final = yield* waitFor(execution.finalKey());
  const declared = final?.key ?? key;
  const { recorder } = execution;
  const reads = undeclaredReads(engine, instance, declared, recorder);
  const volatile = volatileReads(recorder);
  const {
    key: digest,
    partial,
    parts,
  } = reads.length === 0 ? declared : yield* waitFor(engine.observed.extend(declared, reads));
  const entry: Entry = {
    format: 1,
    key: digest,
    partial,
    parts,
    output: encoded.output,
    at: engine.clock.now(),
    durationMs,
    params: paramTexts(engine, instance, final?.upstreamParams ?? {}),
    run: execution.runId,
    made: engine.versions,
    ...(volatile.length > 0 ? { volatile } : {}),
  };
  const loaded = yield* waitFor(loadReturned(engine, instance, entry, encoded));
  const value = loaded?.value;
  const problem = instance.definition.validate ? yield* waitFor(checkReturned(instance.definition, value)) : undefined;
  execution.cancelToken.throwIfCancelled();
  const obstacle: Obstacle | undefined =
    problem === undefined
      ? yield* waitFor(findObstacle(engine, instance, key, returned.unplanned, execution))
      : { key: key.key, reason: "uncacheable", message: `its value is invalid: ${problem}` };
  if (obstacle) {
    engine.outcomes.set(instance, { kind: "unstored", ...obstacle });
    log(engine, instance, execution, "warn", `the result is returned and not stored: ${obstacle.message}`);
  } else if (!final) {
    const message = "a stream was not read to its end";
    const why = { reason: "uncacheable", message: `its last result was not stored: ${message}` } as const;
    engine.outcomes.set(instance, { kind: "unstored", key: key.partial, ...why });
    log(engine, instance, execution, "info", `the result is returned and not stored: ${message}`);
  } else {
    const stored = yield* commit(engine, instance, { entry, declared, reads }, encoded, execution);
    if (stored) callHook(engine, instance, "onSave", value, execution.runId);
    return { loaded, entry, stored };
  }
  engine.results.keepForRun(entry, blobs);
  return { loaded, entry, stored: false };
}

/** The value, if it is needed in this process: by its stage's checks and hooks, or by a caller that receives it without decoding. */
function loadReturned(
  engine: EngineContext,
  instance: Instance,
  entry: Entry,
  { output, blobs, portable }: Encoded,
): MaybePromise<{ readonly value: unknown } | undefined> {
  if (portable) return withPaths(portable.value, entry, engine.store);
  const { validate, onSave, codec } = instance.definition;
  if (output.items === undefined && validate === undefined && onSave === undefined) return undefined;
  if (blobs.length > 0) engine.results.keepForRun(entry, blobs);
  return engine.results.read(entry, codec);
}

/** What changed while the function ran, or was read without showing in its code. */
function findObstacle(
  engine: EngineContext,
  instance: Instance,
  before: KnownKey,
  unplanned: ReadonlySet<string>,
  execution: ExecutionContext,
): MaybePromise<Obstacle | undefined> {
  const now = engine.planner.keyOf(instance, execution.upstreamOutputs(), execution.externalInputs);
  return mapMaybe(now, (after) => {
    if (after.key !== before.key) return changedWhileRunning(engine, before, after);
    if (unplanned.size > 0) {
      const message = `it reads ${[...unplanned].join(", ")}, which its code does not show; pass it as an input`;
      return { key: before.key, reason: "uncacheable", message };
    }
    return execution.recorder.reads().length === 0 ? undefined : findChangedRead(engine, before, execution.recorder);
  });
}

/** A path that was read, and has changed since. */
async function findChangedRead(
  { files }: EngineContext,
  { key }: KnownKey,
  recorder: ReadRecorder,
): Promise<Obstacle | undefined> {
  const changed = await recorder.changedSince();
  if (changed.length === 0) return undefined;
  const names = changed.map((name) => path.relative(files.folder, name)).join(", ");
  const message = `changed while it ran: ${names}; if the stage itself writes it, keep the value in the stage or use fileOut`;
  return { key, reason: "changed-while-running", message };
}

function changedWhileRunning(engine: EngineContext, before: KnownKey, after: StageKey): Obstacle {
  const reasons = engine.diff(before.parts, after.parts).map((reason) => reason.text);
  return {
    key: after.key ?? before.key,
    reason: "changed-while-running",
    message: `changed while it ran: ${reasons.join("; ") || "its code"}; if the stage itself changes it, keep that value inside the stage`,
  };
}

/** False when the result is in this kernel only: the stage is not cached, or the store could not take it. */
function* commit(
  engine: EngineContext,
  instance: Instance,
  { entry, declared, reads }: Storable,
  { blobs }: Encoded,
  execution: ExecutionContext,
): SyncTask<boolean> {
  if (instance.definition.cache)
    try {
      if (reads.length > 0) yield* waitFor(engine.observed.remember(instance, declared, reads, entry));
      yield* waitFor(engine.results.commit(instance, entry, blobs));
      return true;
    } catch (error) {
      if (!isStagebookError(error)) throw error;
      const { name, cell } = instance.definition;
      engine.reportStoreProblem({
        message: error.message,
        where: engine.store.location,
        logged: {
          level: "error",
          message: `${name}: the result is kept in this kernel only: ${error.message} ${error.advice}`,
          again: `${name}: kept in this kernel only, for the same reason`,
          source: { stage: name, cell, run: execution.runId },
        },
      });
    }
  else if (reads.length > 0) yield* waitFor(engine.observed.remember(instance, declared, reads, entry));
  engine.results.keepUnstored(instance, entry, blobs);
  return false;
}

function log(
  engine: EngineContext,
  { definition }: Instance,
  { runId }: ExecutionContext,
  level: LogLevel,
  message: string,
): void {
  const { name, cell } = definition;
  engine.log(level, `${name}: ${message}`, { stage: name, cell, run: runId });
}

/** All parameters of the stage and its upstream stages, as text, sorted by name. */
export function paramTexts(
  engine: EngineContext,
  instance: Instance,
  upstreamParams: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = { ...upstreamParams };
  for (const { ref } of engine.instances.refs(instance))
    if (ref.kind === "param")
      texts[ref.name] = engine.params.text(
        engine.params.definition(ref.name),
        engine.params.value(ref.name, instance.overlay),
      );
  const names = Object.keys(texts);
  if (names.length < 2) return texts;
  return Object.fromEntries(names.sort().map((name) => [name, texts[name] ?? ""]));
}
