/** What becomes of a body's value, encoded: checked and stored, unless something that the key counts changed meanwhile. */
import type { Digest, LogLevel } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Entry, NewBlob } from "../../store/store";
import type { ExecutionContext, KnownKey, ExecutionResult } from "./call-parts";
import type { Encoded } from "./encode-output";
import type { EngineContext } from "../engine-context";
import { withPaths } from "../external/file-outputs";
import type { Instance } from "../state/instances";
import type { StageKey } from "../../key/key";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { waitFor, type SyncTask } from "./sync-task";
import { callHook, checkMade } from "./validation";

/** What is known of the body that made the value. */
export interface StoreTarget {
  readonly durationMs: number;
  readonly run: ExecutionContext;
  /** What the body read and its code does not show. */
  readonly unplanned: ReadonlySet<string>;
}

/** Why a result is returned and not stored. */
interface Trouble {
  /** The key that the stage has now. */
  readonly key: Digest;
  readonly reason: "changed-while-running" | "uncacheable";
  readonly message: string;
}

/** Throws `invalid-output` for the value. */
export function* storeResult(
  engine: EngineContext,
  instance: Instance,
  key: KnownKey,
  { output, blobs, marked }: Encoded,
  place: StoreTarget,
): SyncTask<ExecutionResult> {
  const { run, durationMs } = place;
  const { definition } = instance;
  const finished = yield* waitFor(run.finished());
  const final = finished?.key ?? key;
  const entry: Entry = {
    format: 1,
    key: final.key,
    partial: final.partial,
    parts: final.parts,
    output,
    at: engine.clock.now(),
    durationMs,
    params: paramTexts(engine, instance, finished?.paramsAbove ?? {}),
    run: run.run,
    made: engine.made,
  };
  // What nobody asks for stays where it is.
  const isAsked =
    marked !== undefined ||
    output.items !== undefined ||
    definition.validate !== undefined ||
    definition.onSave !== undefined;
  if (isAsked && !marked && blobs.length > 0) engine.results.keepForRun(entry, blobs);
  const made = yield* waitFor(
    marked
      ? withPaths(marked.value, entry, engine.store)
      : isAsked
        ? engine.results.read(entry, definition.codec)
        : undefined,
  );
  const value = made?.value;
  const problem = definition.validate ? yield* waitFor(checkMade(definition, value)) : undefined;
  run.stop.throwIfStopped();
  const trouble: Trouble | undefined =
    problem === undefined
      ? yield* waitFor(findTrouble(engine, instance, key, place))
      : { key: key.key, reason: "uncacheable", message: `its value is invalid: ${problem}` };
  if (!trouble && !finished) {
    tell(engine, instance, run, "info", "the result is returned and not stored: it did not read its stream to the end");
    engine.results.keepForRun(entry, blobs);
    return { made, entry, stored: false };
  }
  if (trouble) {
    engine.outcomes.set(instance, { kind: "unstored", ...trouble });
    tell(engine, instance, run, "warn", `the result is returned and not stored: ${trouble.message}`);
    engine.results.keepForRun(entry, blobs);
    return { made, entry, stored: false };
  }
  const stored = yield* store(engine, instance, entry, blobs, run);
  if (stored) callHook(engine, instance, "onSave", value, run.run);
  return { made, entry, stored };
}

/** What changed while the body ran, or was read without showing in its code. */
function findTrouble(
  engine: EngineContext,
  instance: Instance,
  key: KnownKey,
  { run, unplanned }: StoreTarget,
): MaybePromise<Trouble | undefined> {
  return mapMaybe(engine.planner.keyOf(instance, run.outputsNow(), run.externalInputs), (after) => {
    if (after.key !== key.key) return changedWhileRunning(engine, key, after);
    if (unplanned.size === 0) return undefined;
    const message = `it reads ${[...unplanned].join(", ")}, which its code does not show; pass it as an input`;
    return { key: key.key, reason: "uncacheable", message };
  });
}

/** False when the result is in this kernel only: the stage keeps none, or the store could not take it. */
function* store(
  engine: EngineContext,
  instance: Instance,
  entry: Entry,
  blobs: readonly NewBlob[],
  run: ExecutionContext,
): SyncTask<boolean> {
  if (instance.definition.cache)
    try {
      yield* waitFor(engine.results.commit(instance, entry, blobs));
      return true;
    } catch (error) {
      if (!(error instanceof StagebookError)) throw error;
      engine.emit({ type: "store:problem", message: error.message, where: engine.store.location });
      tell(engine, instance, run, "error", `the result is kept for this kernel only: ${error.message} ${error.advice}`);
    }
  engine.results.keepUnstored(instance, entry, blobs);
  return false;
}

function tell(
  engine: EngineContext,
  { definition }: Instance,
  run: ExecutionContext,
  level: LogLevel,
  message: string,
): void {
  const { name, cell } = definition;
  engine.log(level, `${name}: ${message}`, { stage: name, cell, run: run.run });
}

function changedWhileRunning(engine: EngineContext, before: KnownKey, after: StageKey): Trouble {
  const reasons = engine.diff(before.parts, after.parts).map((reason) => reason.text);
  return {
    key: after.key ?? before.key,
    reason: "changed-while-running",
    message: `changed while it ran: ${reasons.join("; ") || "its code"}; if the stage itself changes it, keep that value inside the stage`,
  };
}

/** All parameters of the stage and of what it needs, as text. `above`: those of what it needs. */
export function paramTexts(
  engine: EngineContext,
  instance: Instance,
  above: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const texts: Record<string, string> = { ...above };
  for (const { ref } of engine.instances.refs(instance))
    if (ref.kind === "param") texts[ref.name] = engine.params.text(engine.params.value(ref.name, instance.overlay));
  const names = Object.keys(texts);
  if (names.length < 2) return texts;
  return Object.fromEntries(names.sort().map((name) => [name, texts[name] ?? ""]));
}
