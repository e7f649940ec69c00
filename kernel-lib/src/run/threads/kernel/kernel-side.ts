/** The kernel's part in calls in worker threads, of stages and of single items alike. */
import { systemNow } from "../../../observe";
import { v8Codec } from "../../../store/codecs/v8-codec";
import type { Entry } from "../../../store/store";
import { withinActivity, type Activity, type StageActivity } from "../../state/activity";
import type { ExecutionContext } from "../../call/call-parts";
import type { EngineContext } from "../../engine-context";
import type { Instance } from "../../state/instances";
import { dataOfError } from "../error-data";
import type { CallLocation, Notification, StoredOutput } from "../messages";
import type { Shipped } from "../../shipping/ship";

/** The execution that a call belongs to. */
export interface CallOwner {
  readonly execution: ExecutionContext;
  readonly activity: Activity & { readonly stage: StageActivity };
}

/** What a call in a thread belongs to, as data. */
export async function locateCall(
  engine: EngineContext,
  { definition }: Instance,
  execution: ExecutionContext,
): Promise<CallLocation> {
  const scratch = await engine.scratch.folder();
  return {
    runId: execution.runId,
    stage: definition.name,
    cell: definition.cell,
    source: execution.source,
    seed: execution.seed,
    isSeeded: definition.seed !== undefined,
    logged: definition.logged,
    clockAheadMs: engine.clock.now() - systemNow(),
    scratch: typeof scratch === "string" ? scratch : dataOfError(scratch),
  };
}

/** Forwards what a thread reports to events, the log and the cell's output. */
export function receiveNotification(
  notification: Notification,
  engine: EngineContext,
  { definition }: Instance,
  { execution, activity }: CallOwner,
): void {
  switch (notification.kind) {
    case "event":
      withinActivity(activity, () => engine.emit(notification.event));
      return;
    case "progress":
      execution.report(notification.progress);
      return;
    case "warned":
      engine.log("warn", notification.message, {
        stage: definition.name,
        cell: definition.cell,
        run: execution.runId,
      });
      return;
    case "wrote":
      // It is in the log already: here it only goes to the cell's output.
      withinActivity({ ...activity, stage: undefined }, () => process[notification.stream].write(notification.text));
  }
}

/** The output of a stage that shipped code reads by name, as the default codec encodes it. */
export async function readStage(
  shipped: Shipped | undefined,
  at: number,
  activity: CallOwner["activity"],
): Promise<unknown> {
  const ref = shipped?.stages[at];
  if (!ref) throw new RangeError(`the shipped code reads no stage number ${at}`);
  const value = await withinActivity(activity, () => activity.stage.readStage(ref));
  return v8Codec.encode(value);
}

/** An output as a thread needs it to read it. */
export async function describeOutput({ results, store }: EngineContext, entry: Entry): Promise<StoredOutput> {
  const found = await Promise.all(entry.output.files.map((file) => store.filePath(file)));
  // A file that is missing is missing to the thread too, which reports it.
  return { output: entry.output, isStored: results.isInStore(entry), paths: found.map((path) => path ?? "") };
}
