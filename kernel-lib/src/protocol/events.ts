/** Everything that happens in a kernel, as a closed union of events. */
import type { CellId, Json, JsonObject, RunId } from "./ids";
import type { ParamView } from "./params";
import type { PlanAction, PlanRowView, Reason, ResultView } from "./plan";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** One line of the structured log. */
export interface LogRecord {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly level: LogLevel;
  readonly stage: string | null;
  readonly cell: CellId | null;
  readonly run: RunId | null;
  readonly message: string;
  readonly fields: JsonObject;
  /** `log`: the stage's logger; `console`: console.* or a write to stdout; `stagebook`: Stagebook itself. */
  readonly source: "log" | "console" | "stagebook";
}

/** An error as data. */
export interface ErrorView {
  /** The StagebookError code, or the name of the user's error class. */
  readonly code: string;
  readonly message: string;
  readonly advice?: string;
  readonly stage?: string;
  readonly cell?: CellId;
  /** Line in the cell, counted from 1. */
  readonly line?: number;
  /** The stack, without frames of tslab, Node or Stagebook. */
  readonly stack?: string;
}

/** How an input reaches a stage. */
export interface InputView {
  /** Where the function gets it: `quakes`, `0`, `nested.a`; the name read in the code for an implicit one. */
  readonly path: string;
  readonly kind: "stage" | "param" | "file" | "value";
  /** The stage's, parameter's or file's own name. */
  readonly name: string;
  /** True when it is read in the code and not declared. */
  readonly implicit: boolean;
}

/** A stage as a cell defines it. */
export interface StageDefinitionView {
  readonly name: string;
  readonly cell: CellId | null;
  readonly description?: string;
}

/** A kernel, here or on another machine, that is at work on a result. */
export interface HolderView {
  readonly host: string;
  readonly pid: number;
  readonly notebook: string;
  readonly stage: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly progress?: { readonly done: number; readonly total?: number };
}

/** Who asked for a run. */
export type RunSource = "cell" | "page" | "script";
export type RunStatus = "succeeded" | "failed" | "cancelled";
/** How current a cell's output is. `new`: not run in this kernel. */
export type CellStatus = "new" | "fresh" | "stale" | "running" | "failed";

export type EventBody =
  | { readonly type: "stage:defined"; readonly stage: StageDefinitionView }
  | { readonly type: "stage:removed"; readonly stage: string }
  | { readonly type: "param:defined"; readonly param: ParamView }
  | {
      readonly type: "param:changed";
      readonly param: ParamView;
      readonly from: string;
      readonly by: "code" | "page" | "definition";
    }
  | { readonly type: "param:removed"; readonly param: string }
  /** The inputs of each stage whose inputs changed; edges are those of kind `stage` and `param`. */
  | { readonly type: "graph:changed"; readonly inputs: { readonly [stage: string]: readonly InputView[] } }
  /** Only the rows that differ from the last plan. */
  | { readonly type: "plan:refined"; readonly rows: readonly PlanRowView[] }
  | {
      readonly type: "run:started";
      readonly run: RunId;
      readonly source: RunSource;
      readonly cell: CellId | null;
      readonly targets: readonly string[];
    }
  | {
      readonly type: "run:ended";
      readonly run: RunId;
      readonly status: RunStatus;
      readonly durationMs: number;
      readonly executed: number;
      readonly error?: ErrorView;
    }
  | {
      readonly type: "stage:planned";
      readonly run: RunId;
      readonly stage: string;
      readonly action: PlanAction;
      readonly reasons: readonly Reason[];
    }
  | {
      readonly type: "stage:running";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly reasons: readonly Reason[];
    }
  /** Another kernel is at work on the same key; its result is waited for. Told again when its progress changes. */
  | {
      readonly type: "stage:waiting";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly holder: HolderView;
    }
  | {
      readonly type: "stage:progress";
      readonly run: RunId;
      readonly stage: string;
      readonly done: number;
      readonly total: number | null;
    }
  | {
      readonly type: "stage:succeeded";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly result: ResultView;
      readonly stored: boolean;
    }
  | {
      readonly type: "stage:failed";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly durationMs: number;
      readonly error: ErrorView;
    }
  | {
      readonly type: "stage:cancelled";
      readonly run: RunId;
      readonly stage: string;
      readonly cell: CellId | null;
      readonly durationMs: number;
    }
  /** It was not run because the stage `by` failed, was cancelled or is in a cycle. */
  | { readonly type: "stage:blocked"; readonly run: RunId; readonly stage: string; readonly by: string }
  /** Current already: no body ran. */
  | { readonly type: "stage:cached"; readonly run: RunId; readonly stage: string; readonly result: ResultView }
  /** It was planned as `maybe`, and its inputs came out equal: no body ran. */
  | { readonly type: "stage:unchanged"; readonly run: RunId; readonly stage: string; readonly result: ResultView }
  /** Equal code on equal inputs ran as stage `with`: no second body ran. */
  | {
      readonly type: "stage:shared";
      readonly run: RunId;
      readonly stage: string;
      readonly with: string;
      readonly result: ResultView;
    }
  | { readonly type: "log:written"; readonly record: LogRecord }
  | { readonly type: "cell:running"; readonly cell: CellId }
  | { readonly type: "cell:ended"; readonly cell: CellId; readonly ok: boolean }
  | {
      readonly type: "cell:marked";
      readonly cell: CellId;
      readonly status: CellStatus;
      readonly reasons: readonly string[];
    }
  | { readonly type: "cell:removed"; readonly cell: CellId }
  /** A file of the store was missing or damaged and is treated as absent, or could not be written. */
  | { readonly type: "store:problem"; readonly message: string; readonly where: string };

/** An event: numbered without gaps within one kernel, `at` in epoch milliseconds. */
export type StagebookEvent = EventBody & { readonly seq: number; readonly at: number };

/** Values in log fields that JSON cannot carry are written as text. */
export type LogFields = { readonly [name: string]: Json };
