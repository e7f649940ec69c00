/** What the kernel does for calls in threads, of bodies and of items alike. */
import { v8Codec } from "../../store/codecs/codec";
import type { Entry } from "../../store/store";
import { withinActivity, type Activity, type StageActivity } from "../state/activity";
import type { ExecutionContext } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import { dataOfError } from "./error-data";
import type { CallLocation, Note, StoredOutput } from "./messages";
import type { Shipped } from "../shipping/ship";

/** Whom a call belongs to. */
export interface CallOwner {
  readonly run: ExecutionContext;
  readonly activity: Activity & { readonly stage: StageActivity };
}

/** Where the call of a stage's function belongs. */
export async function locateCall(
  engine: EngineContext,
  { definition }: Instance,
  run: ExecutionContext,
): Promise<CallLocation> {
  const scratch = await engine.scratch.folder();
  return {
    run: run.run,
    stage: definition.name,
    cell: definition.cell,
    source: run.source,
    seed: run.seed,
    logged: definition.logged,
    clockAheadMs: engine.clock.now() - Date.now(),
    scratch: typeof scratch === "string" ? scratch : dataOfError(scratch),
  };
}

/** Puts what a thread tells into events, the log and the cell. */
export function receiveNote(
  note: Note,
  engine: EngineContext,
  { definition }: Instance,
  { run, activity }: CallOwner,
): void {
  switch (note.kind) {
    case "event":
      withinActivity(activity, () => engine.emit(note.event));
      return;
    case "progress":
      run.report(note.progress);
      return;
    case "warned":
      engine.log("warn", note.message, { stage: definition.name, cell: definition.cell, run: run.run });
      return;
    case "wrote":
      // It is in the log already: here it only reaches the cell.
      withinActivity({ ...activity, stage: undefined }, () => process[note.stream].write(note.text));
  }
}

/** The output of a stage that shipped code reads by name, as the default codec encodes it. */
export async function readStage(
  shipped: Shipped | undefined,
  at: number,
  activity: CallOwner["activity"],
): Promise<unknown> {
  const ref = shipped?.stages[at];
  if (!ref) throw new RangeError(`there is no stage ${at}`);
  const value = await withinActivity(activity, () => activity.stage.readStage(ref));
  return v8Codec.encode(value);
}

/** For a thread that will read it. */
export async function describeOutput({ results, store }: EngineContext, entry: Entry): Promise<StoredOutput> {
  const found = await Promise.all(entry.output.files.map((file) => store.filePath(file)));
  // Without a file the thread gets no value, and says so.
  return { output: entry.output, isStored: results.isInStore(entry), paths: found.map((path) => path ?? "") };
}
