/** The context and the activity of a function in a worker thread. What it logs and prints goes to the kernel. */
import { currentRecorder, systemNow, type ReadRecorder } from "../../../observe";
import { StagebookError } from "../../../protocol";
import type { StageContext } from "../../../stage/public/context";
import type { FileRef } from "../../../store/store";
import { noOverlay, type Activity } from "../../state/activity";
import { FileOutputs } from "../../external/file-outputs";
import { encodeState, noCheckpoint, type KeptState } from "../../checkpoints/kept-state";
import { v8Codec } from "../../../store/codecs/v8-codec";
import { createStageContext, type ContextParts } from "../../call/stage-context";
import { lineWriter, loggedOf, type StageLines } from "../../call/log/stage-lines";
import { errorOfData } from "../error-data";
import type { CallLink, KernelLink } from "./kernel-link";
import type { ResumedItems } from "./resumed-items";
import type { ExecutionTask, CallLocation, ItemsTask } from "../messages";

/** What a call belongs to, how it reaches the kernel, and what records its reads. */
export interface CallParts {
  readonly location: CallLocation;
  readonly link: KernelLink;
  readonly recorder: ReadRecorder;
}

/** One call in a thread. */
export interface ThreadCall {
  readonly location: CallLocation;
  readonly link: CallLink;
  readonly task: ExecutionTask | ItemsTask;
  readonly codec: unknown;
  readonly inputs: unknown;
  /** The next random number. */
  readonly random: () => number;
  /** Of a generator; absent for items. */
  readonly resumed?: ResumedItems;
}

export interface ThreadContext {
  readonly context: StageContext;
  /** The files that it writes to paths from `fileOut`. */
  readonly files: FileOutputs;
  /** To run the function within. */
  readonly activity: Activity;
}

export function threadContext({ location, link, task, codec, inputs, random, resumed }: ThreadCall): ThreadContext {
  const lines = linesOf(location, link, loggedOf(location.logged, inputs));
  const files = filesOf(location, link);
  const context = createStageContext({
    lines,
    signal: () => link.signal,
    random,
    previous: async () => {
      // Few functions call it: threads start faster without the code that reads it.
      const { previousOutput } = await import("./inputs");
      return previousOutput(task, codec, link);
    },
    fileOut: (name) => files.pathOf(name),
    ...checkpointParts(location.stage, link, resumed),
    report: (progress) => link.notify({ kind: "progress", progress }),
  });
  return { context, files, activity: activityOf(location, link, lines) };
}

/** States pass through the kernel, with what the function has read until then. */
function checkpointParts(
  stage: string,
  link: CallLink,
  resumed: ResumedItems | undefined,
): Pick<ContextParts, "checkpoint" | "restored" | "resumeFrom"> {
  const check = (): ResumedItems => {
    if (!resumed) throw noCheckpoint(stage);
    return resumed;
  };
  return {
    checkpoint: async (value) => {
      const { random } = check();
      const recorder = currentRecorder();
      const state = {
        bytes: encodeState(value),
        reads: recorder?.reads() ?? [],
        volatile: recorder?.volatile() ?? [],
        random: random.states(),
      };
      await link.request({ kind: "checkpoint", state });
    },
    restored: async () => {
      const { random } = check();
      const recorder = currentRecorder();
      const kept = (await link.request({ kind: "restored" })) as KeptState | undefined;
      if (!kept) return undefined;
      recorder?.add(kept.reads, kept.volatile);
      random.goOn(kept.random);
      return v8Codec.decode(kept.bytes);
    },
    resumeFrom: async () => check().resumeFrom(),
  };
}

export function linesOf(
  { runId, stage, cell, clockAheadMs }: CallLocation,
  link: CallLink,
  logged: Readonly<Record<string, unknown>>,
): StageLines {
  const emit: StageLines["emit"] = (event) => link.notify({ kind: "event", event });
  return { runId, stage, cell, logged, emit, now: () => systemNow() + clockAheadMs };
}

function filesOf({ stage, scratch }: CallLocation, link: CallLink): FileOutputs {
  const adoptFile = (path: string, name: string): Promise<FileRef> =>
    link.request({ kind: "adopt", path, name }) as Promise<FileRef>;
  return new FileOutputs(
    stage,
    { adoptFile },
    typeof scratch === "string" ? scratch : (errorOfData(scratch) as StagebookError),
  );
}

/** What the function prints belongs to its stage, and reaches the cell's output through the kernel. */
function activityOf(location: CallLocation, link: CallLink, lines: StageLines): Activity {
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
