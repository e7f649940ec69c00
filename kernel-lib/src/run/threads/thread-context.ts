/** What a function in a thread is given beside its inputs, and whom what it says and prints belongs to. */
import { StagebookError } from "../../protocol";
import type { StageContext } from "../../stage/public/context";
import type { FileRef } from "../../store/store";
import { noOverlay, type Activity } from "../state/activity";
import { FileOutputs } from "../external/file-outputs";
import { createStageContext } from "../call/stage-context";
import { lineWriter, loggedOf, type StageLines } from "../call/stage-lines";
import { errorOfData } from "./error-data";
import type { KernelLink } from "./kernel-link";
import type { ExecutionTask, CallLocation, ItemTask } from "./messages";

/** One call in a thread. */
export interface ThreadCall {
  readonly place: CallLocation;
  readonly link: KernelLink;
  readonly work: ExecutionTask | ItemTask;
  readonly codec: unknown;
  readonly inputs: unknown;
}

/** What a call's function is given, and where. */
export interface ThreadContext {
  readonly context: StageContext;
  /** What it has written at paths from `fileOut`. */
  readonly files: FileOutputs;
  /** To run the function within. */
  readonly activity: Activity;
}

export function threadContext({ place, link, work, codec, inputs }: ThreadCall): ThreadContext {
  const lines = linesOf(place, link, loggedOf(place.logged, inputs));
  const files = filesOf(place, link);
  const context = createStageContext({
    lines,
    signal: () => link.signal,
    seed: () => place.seed,
    previous: async () => {
      // Few ask for it: threads start faster without what reads it.
      const { previousOutput } = await import("./thread-inputs");
      return previousOutput(work, codec, link);
    },
    fileOut: (name) => files.pathOf(name),
    report: (progress) => link.note({ kind: "progress", progress }),
  });
  return { context, files, activity: activityOf(place, link, lines) };
}

export function linesOf(
  { run, stage, cell, clockAheadMs }: CallLocation,
  link: KernelLink,
  logged: Readonly<Record<string, unknown>>,
): StageLines {
  const emit: StageLines["emit"] = (event) => link.note({ kind: "event", event });
  return { run, stage, cell, logged, emit, now: () => Date.now() + clockAheadMs };
}

function filesOf({ stage, scratch }: CallLocation, link: KernelLink): FileOutputs {
  const adoptFile = (path: string, name: string): Promise<FileRef> =>
    link.ask({ kind: "adopt", path, name }) as Promise<FileRef>;
  return new FileOutputs(
    stage,
    { adoptFile },
    typeof scratch === "string" ? scratch : (errorOfData(scratch) as StagebookError),
  );
}

/** What the function prints is the stage's, and reaches the cell by way of the kernel. */
function activityOf(place: CallLocation, link: KernelLink, lines: StageLines): Activity {
  const { run, stage, cell, source } = place;
  return {
    cell,
    source,
    write: (stream, text) => link.note({ kind: "wrote", stream, text }),
    stage: {
      run,
      stage,
      source,
      overlay: noOverlay,
      printed: lineWriter(lines, "console"),
      readStage: () => Promise.reject(new StagebookError("worker-stage", "stages are read by the kernel", "Pass it as an input.")), // prettier-ignore
      readUnseen: () => undefined,
      readParam: () => undefined,
    },
  };
}
