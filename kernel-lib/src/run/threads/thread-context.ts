/** The context and the activity of a function in a worker thread. What it logs and prints goes to the kernel. */
import { systemNow, type ReadRecorder } from "../../observe";
import { StagebookError } from "../../protocol";
import type { StageContext } from "../../stage/public/context";
import type { FileRef } from "../../store/store";
import { noOverlay, type Activity } from "../state/activity";
import { FileOutputs } from "../external/file-outputs";
import { createStageContext } from "../call/stage-context";
import { lineWriter, loggedOf, type StageLines } from "../call/log/stage-lines";
import { errorOfData } from "./error-data";
import type { KernelLink } from "./kernel-link";
import type { ExecutionTask, CallLocation, ItemTask } from "./messages";

/** What a call belongs to, how it reaches the kernel, and what records its reads. */
export interface CallParts {
  readonly location: CallLocation;
  readonly link: KernelLink;
  readonly recorder: ReadRecorder;
}

/** One call in a thread. */
export interface ThreadCall {
  readonly location: CallLocation;
  readonly link: KernelLink;
  readonly task: ExecutionTask | ItemTask;
  readonly codec: unknown;
  readonly inputs: unknown;
}

export interface ThreadContext {
  readonly context: StageContext;
  /** The files that it writes to paths from `fileOut`. */
  readonly files: FileOutputs;
  /** To run the function within. */
  readonly activity: Activity;
}

export function threadContext({ location, link, task, codec, inputs }: ThreadCall): ThreadContext {
  const lines = linesOf(location, link, loggedOf(location.logged, inputs));
  const files = filesOf(location, link);
  const context = createStageContext({
    lines,
    signal: () => link.signal,
    seed: () => location.seed,
    previous: async () => {
      // Few functions call it: threads start faster without the code that reads it.
      const { previousOutput } = await import("./thread-inputs");
      return previousOutput(task, codec, link);
    },
    fileOut: (name) => files.pathOf(name),
    report: (progress) => link.notify({ kind: "progress", progress }),
  });
  return { context, files, activity: activityOf(location, link, lines) };
}

export function linesOf(
  { runId, stage, cell, clockAheadMs }: CallLocation,
  link: KernelLink,
  logged: Readonly<Record<string, unknown>>,
): StageLines {
  const emit: StageLines["emit"] = (event) => link.notify({ kind: "event", event });
  return { runId, stage, cell, logged, emit, now: () => systemNow() + clockAheadMs };
}

function filesOf({ stage, scratch }: CallLocation, link: KernelLink): FileOutputs {
  const adoptFile = (path: string, name: string): Promise<FileRef> =>
    link.request({ kind: "adopt", path, name }) as Promise<FileRef>;
  return new FileOutputs(
    stage,
    { adoptFile },
    typeof scratch === "string" ? scratch : (errorOfData(scratch) as StagebookError),
  );
}

/** What the function prints belongs to its stage, and reaches the cell's output through the kernel. */
function activityOf(location: CallLocation, link: KernelLink, lines: StageLines): Activity {
  const { runId, stage, cell, source } = location;
  return {
    cell,
    source,
    write: (stream, text) => link.notify({ kind: "wrote", stream, text }),
    stage: {
      run: runId,
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
