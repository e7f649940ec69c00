/** The events of a kernel, as a closed union, and the types that they carry. Everything that happens is one of them. */
import type { CellId, JsonObject, RunId } from "./ids";
import type { ParamView } from "./params";
import type { PlanAction, PlanRowView, Reason, ResultView } from "./plan";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of the structured log. */
export interface LogRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  /** How important it is, from `debug` to `error`. */
  readonly level: LogLevel;
  /** The stage that logged it; null outside a stage. */
  readonly stage: string | null;
  /** The cell that was executing, or that defines the stage; null for a script. */
  readonly cell: CellId | null;
  /** The run that it belongs to; null outside a run. */
  readonly run: RunId | null;
  /** The text, on one or more lines. */
  readonly message: string;
  /** The fields passed to the logger, and the stage's `logged` inputs. What JSON cannot represent is text. */
  readonly fields: JsonObject;
  /** True when text was left out: the record of the run has it whole, see the command `whole`. */
  readonly isCut?: true;
  /** `log`: the stage's logger; `console`: console.* or a write to stdout; `stagebook`: Stagebook itself. */
  readonly source: "log" | "console" | "stagebook";
}

/** An error as data. */
export interface ErrorView {
  /** The StagebookError code, or the name of the user's error class. */
  readonly code: string;
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
  readonly stage?: string;
  readonly cell?: CellId;
  /** Line in the cell, counted from 1. */
  readonly line?: number;
  /** The stack, without frames of tslab, Node or Stagebook. */
  readonly stack?: string;
  /** Set when text was left out: the record of this run has it whole, see the command `whole`. */
  readonly cutIn?: RunId;
}

/** How an input reaches a stage. */
export interface InputView {
  /** Where the function receives it: `quakes`, `0`, `nested.a`; for an implicit input the name that the code reads. */
  readonly path: string;
  readonly kind: "stage" | "param" | "file" | "files" | "value";
  /** The stage's, parameter's or file's own name; the pattern of several files. */
  readonly name: string;
  /** True when the code reads it without declaring it. */
  readonly implicit: boolean;
}

/** A stage as a cell defines it. */
export interface StageDefinitionView {
  readonly name: string;
  readonly cell: CellId | null;
  readonly description?: string;
}

/** A kernel, on this or another machine, that is computing a result. */
export interface HolderView {
  readonly host: string;
  readonly pid: number;
  readonly notebook: string;
  readonly stage: string;
  /** When it started, epoch milliseconds. */
  readonly since: number;
  /** Items done, and how many there are. */
  readonly progress?: { readonly done: number; readonly total?: number };
}

/** What started a run. */
export type RunSource = "cell" | "page" | "script";
export type RunStatus = "succeeded" | "failed" | "cancelled";
/** How current a cell's output is. `new`: not executed in this kernel. */
export type CellStatus = "new" | "fresh" | "stale" | "running" | "failed";

export type EventBody =
  /** A cell has defined a stage, or defined it again. */
  | { readonly type: "stage:defined"; readonly stage: StageDefinitionView }
  /** A stage is gone: its cell was deleted, or executed again without it. */
  | { readonly type: "stage:removed"; readonly stage: string }
  /** A cell has defined a parameter, or defined it again. */
  | { readonly type: "param:defined"; readonly param: ParamView }
  /** A parameter has another value. */
  | {
      readonly type: "param:changed";
      readonly param: ParamView;
      /** The old value as text. */
      readonly from: string;
      /** What changed it; `definition`: a cell that was executed with another default or other limits. */
      readonly by: "code" | "page" | "definition";
    }
  /** A parameter is gone: its cell was deleted, or executed again without it. */
  | { readonly type: "param:removed"; readonly param: string }
  /** The inputs of each stage whose inputs changed. Edges of the graph are the inputs of kind `stage` and `param`. */
  | { readonly type: "graph:changed"; readonly inputs: { readonly [stage: string]: readonly InputView[] } }
  /** A new plan: only the rows that differ from the last one. */
  | { readonly type: "plan:refined"; readonly rows: readonly PlanRowView[] }
  /** A run has started. */
  | {
      readonly type: "run:started";
      readonly run: RunId;
      readonly source: RunSource;
      /** The cell that started it; null for the page or a script. */
      readonly cell: CellId | null;
      /** The stages that were requested, without their upstream stages. */
      readonly targets: readonly string[];
    }
  /** A run has ended. */
  | {
      readonly type: "run:ended";
      readonly run: RunId;
      readonly status: RunStatus;
      readonly durationMs: number;
      /** How many stages were executed: not cached, shared or blocked. */
      readonly executed: number;
      /** The first error. */
      readonly error?: ErrorView;
    }
  /** What a run is going to do with a stage. Sent for each stage of the run before the first one runs. */
  | {
      readonly type: "stage:planned";
      readonly run: RunId;
      readonly stage: string;
      readonly action: PlanAction;
      readonly reasons: readonly Reason[];
    }
  /** The stage's function is being executed. */
  | {
      readonly type: "stage:running";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly reasons: readonly Reason[];
    }
  /** Another kernel is computing the same key; this one waits for its result. Sent again when the progress changes. */
  | {
      readonly type: "stage:waiting";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly holder: HolderView;
    }
  /** The stage has reported progress. */
  | {
      readonly type: "stage:progress";
      readonly run: RunId;
      readonly stage: string;
      /** Items done. */
      readonly done: number;
      /** How many items there are; null when unknown. */
      readonly total: number | null;
    }
  /** The stage was executed and has a new result. */
  | {
      readonly type: "stage:succeeded";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly result: ResultView;
      /** False when the value was returned but not stored; a log line says why. */
      readonly stored: boolean;
    }
  /** The stage was executed and failed. */
  | {
      readonly type: "stage:failed";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly durationMs: number;
      readonly error: ErrorView;
    }
  /** The stage was stopped before its end, or before its beginning. */
  | {
      readonly type: "stage:cancelled";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly durationMs: number;
    }
  /** The stage was not executed, because the upstream stage `by` failed, was cancelled or is part of a cycle. */
  | { readonly type: "stage:blocked"; readonly run: RunId; readonly stage: string; readonly by: string }
  /** A cache hit: the stage was not executed. */
  | { readonly type: "stage:cached"; readonly run: RunId; readonly stage: string; readonly result: ResultView }
  /** Early cutoff: the stage was planned as `maybe`, its inputs turned out equal, and it was not executed. */
  | { readonly type: "stage:unchanged"; readonly run: RunId; readonly stage: string; readonly result: ResultView }
  /** Equal code on equal inputs was executed once, as the stage `with`; this stage has its result. */
  | {
      readonly type: "stage:shared";
      readonly run: RunId;
      readonly stage: string;
      readonly with: string;
      readonly result: ResultView;
    }
  /** A log line. */
  | { readonly type: "log:written"; readonly record: LogRecord }
  /** A cell is executing. */
  | { readonly type: "cell:running"; readonly cell: CellId }
  /** A cell has been executed; `ok` is false when it failed. */
  | { readonly type: "cell:ended"; readonly cell: CellId; readonly ok: boolean }
  /** A cell has another status. */
  | {
      readonly type: "cell:marked";
      readonly cell: CellId;
      readonly status: CellStatus;
      /** Why, human-readable. */
      readonly reasons: readonly string[];
      /** Why its output may still be wrong although the status is `fresh`, human-readable. Absent when there is nothing. */
      readonly caveats?: readonly string[];
      /** True when _Run stale_ leaves it alone until something that failed is fixed. */
      readonly blocked?: true;
    }
  /** A cell was deleted from the notebook. */
  | { readonly type: "cell:removed"; readonly cell: CellId }
  /** A file of the store was missing or damaged and counts as absent, or could not be written. `where`: the file or address. */
  | { readonly type: "store:problem"; readonly message: string; readonly where: string };

/** An event: `seq` counts without gaps within one kernel, `at` is in epoch milliseconds. */
export type StagebookEvent = EventBody & { readonly seq: number; readonly at: number };
