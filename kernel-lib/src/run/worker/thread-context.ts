/** What a function in a thread is given beside its inputs, and whom what it says and prints belongs to. */
import { StagebookError, type LogLevel } from "../../protocol";
import type { StageContext } from "../../stage/face";
import type { FileRef } from "../../store/store";
import { noOverlay, type Activity } from "../activity";
import { FileOutputs } from "../file-outputs";
import { jsonFields } from "../log-fields";
import { createStageContext } from "../stage-context";
import { errorOfData } from "./error-data";
import type { KernelLink } from "./kernel-link";
import type { BodyWork, CallPlace, ItemWork } from "./messages";

/** One call in a thread. */
export interface ThreadCall {
  readonly place: CallPlace;
  readonly link: KernelLink;
  readonly work: BodyWork | ItemWork;
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
  const logged = loggedOf(place, inputs);
  const files = filesOf(place, link);
  const previous = async (): Promise<unknown> => {
    // Few ask for it: threads start faster without what reads it.
    const { previousOutput } = await import("./thread-inputs");
    return previousOutput(work, codec, link);
  };
  const context = createContext(place, { link, files, logged, previous });
  return { context, files, activity: activityOf(place, link, logged) };
}

function loggedOf(place: CallPlace, inputs: unknown): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    place.logged.map((name) => [name, (inputs as Record<string, unknown> | null | undefined)?.[name]]),
  );
}

function filesOf({ stage, scratch }: CallPlace, link: KernelLink): FileOutputs {
  const adoptFile = (path: string, name: string): Promise<FileRef> =>
    link.ask({ kind: "adopt", path, name }) as Promise<FileRef>;
  return new FileOutputs(
    stage,
    { adoptFile },
    typeof scratch === "string" ? scratch : (errorOfData(scratch) as StagebookError),
  );
}

interface ContextPorts {
  readonly link: KernelLink;
  readonly files: FileOutputs;
  readonly logged: Readonly<Record<string, unknown>>;
  readonly previous: () => Promise<unknown>;
}

function createContext(place: CallPlace, { link, files, logged, previous }: ContextPorts): StageContext {
  return createStageContext({
    run: place.run,
    stage: place.stage,
    cell: place.cell,
    signal: () => link.signal,
    seed: () => place.seed,
    logged,
    emit: (event) => link.note({ kind: "event", event }),
    now: () => Date.now() + place.clockAheadMs,
    previous,
    fileOut: (name) => files.pathOf(name),
    report: (progress) => link.note({ kind: "progress", progress }),
  });
}

/** What the function prints is the stage's, and reaches the cell by way of the kernel. */
function activityOf(place: CallPlace, link: KernelLink, logged: Readonly<Record<string, unknown>>): Activity {
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
      printed: printerOf(place, link, logged),
      readStage: () => Promise.reject(new StagebookError("worker-stage", "stages are read by the kernel", "Pass it as an input.")), // prettier-ignore
      readUnseen: () => undefined,
      readParam: () => undefined,
    },
  };
}

export function printerOf(
  { run, stage, cell, clockAheadMs }: CallPlace,
  link: KernelLink,
  logged: Readonly<Record<string, unknown>>,
): (level: LogLevel, message: string) => void {
  return (level, message) =>
    link.note({
      kind: "event",
      event: {
        type: "log:written",
        record: {
          at: Date.now() + clockAheadMs,
          level,
          stage,
          cell,
          run,
          message,
          fields: jsonFields(logged),
          source: "console",
        },
      },
    });
}
