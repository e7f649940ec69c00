/** What a page may ask of a kernel, and what it gets back. Every command is checked before it does anything. */
import type { ErrorView, LogRecord, RunSource, StagebookEvent } from "./events";
import type { CellId, Json, JsonObject, RunId } from "./ids";
import type { PlanRowView, Reason } from "./plan";
import type { PreviewView } from "./preview";
import type { RunStatus } from "./events";

export type Command =
  /** A new snapshot, after a gap in `seq` or a reload. `notebook`: the path that the page shows, relative to the server. */
  | { readonly type: "sync"; readonly notebook?: string }
  /** All or nothing: one bad value and none is applied. */
  | { readonly type: "set-params"; readonly values: JsonObject }
  /** Back to the defaults: those named, or all. */
  | { readonly type: "reset-params"; readonly names?: readonly string[] }
  /** Runs the targets (all when absent) and what they need. Replies when the run has ended. */
  | { readonly type: "run"; readonly targets?: readonly string[]; readonly force?: boolean }
  /**
   * Runs every stale stage; then names the cells to execute again, in any order. Replies when the run has ended. With `cells` only the
   * stages that those cells define or have read, and what these need.
   */
  | { readonly type: "run-stale"; readonly cells?: readonly CellId[] }
  | { readonly type: "cancel" }
  | { readonly type: "explain"; readonly stage: string }
  /** The plan for parameter values that are not applied. */
  | { readonly type: "what-if"; readonly values: JsonObject }
  /** The stage's stored output, bounded: its current or else latest, or the one under `key`. */
  | { readonly type: "preview"; readonly stage: string; readonly key?: string }
  | { readonly type: "history"; readonly stage: string }
  /** Sets the parameters to the values with which a stored result of the stage was made. All or nothing. */
  | { readonly type: "restore"; readonly stage: string; readonly key: string }
  /** A pinned result is left alone by every clean-up of the store: the stage's current or else latest, or the one under `key`. */
  | { readonly type: "pin"; readonly stage: string; readonly key?: string; readonly pinned: boolean }
  /** Log lines of this kernel before the last `before`, at most `limit`; with `run` those of that run, also of an earlier kernel. */
  | { readonly type: "log"; readonly before: number; readonly limit: number; readonly run?: string }
  /** The notebook's runs that did something and have ended, also of earlier kernels: before the last `before`, at most `limit`. */
  | { readonly type: "runs"; readonly before: number; readonly limit: number }
  /**
   * What happened in a run, from its `from`th event on, at most `limit`. The first ones make the pipeline as it was when the run began,
   * and have `seq` 0: `reduce` makes of all of them what was seen when it ended.
   */
  | { readonly type: "run-events"; readonly run: string; readonly from: number; readonly limit: number }
  /** Forgets the stage's results (of all stages when absent). */
  | { readonly type: "clear"; readonly stage?: string };

export type CommandType = Command["type"];

/** One stored result of a stage. */
export interface HistoryRowView {
  readonly at: number;
  readonly key: string;
  readonly durationMs: number;
  readonly sizeBytes: number;
  readonly summary: string;
  /** All parameters of the stage and its ancestors when it was made, as text. */
  readonly params: { readonly [name: string]: string };
  readonly pinned: boolean;
  /** The run that made it: its log lines are kept. */
  readonly run: RunId;
}

/** One run that has ended. */
export interface RunRowView {
  readonly id: RunId;
  readonly source: RunSource;
  readonly cell: CellId | null;
  readonly targets: readonly string[];
  readonly startedAt: number;
  readonly status: RunStatus;
  readonly durationMs: number;
  readonly executed: number;
  readonly error?: ErrorView;
  /** The parameters that were not at their defaults, as text. */
  readonly params: { readonly [name: string]: string };
}

/** One part of a key. */
export interface KeyPartView {
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  /** Readable: a value, or normalised source. At most 20,000 characters. */
  readonly text: string;
}

/** What each command's reply carries when it is ok. */
export interface Results {
  sync: null;
  "set-params": null;
  "reset-params": null;
  run: { readonly status: RunStatus; readonly executed: number };
  "run-stale": {
    readonly status: RunStatus;
    readonly executed: number;
    readonly cells: readonly CellId[];
    readonly notRun: number;
  };
  cancel: { readonly runs: number };
  explain: {
    readonly stage: string;
    readonly status: string;
    readonly reasons: readonly Reason[];
    readonly text: string;
    readonly key: string | null;
    readonly parts: readonly KeyPartView[];
    /** Those parts of the latest result's key that are no longer so. */
    readonly before: readonly KeyPartView[];
  };
  "what-if": { readonly rows: readonly PlanRowView[] };
  preview: { readonly text: string; readonly truncated: boolean; readonly picture: PreviewView };
  history: { readonly rows: readonly HistoryRowView[] };
  /** `missing`: parameters of then that no cell defines now. */
  restore: { readonly changed: readonly string[]; readonly missing: readonly string[] };
  pin: null;
  log: { readonly records: readonly LogRecord[]; readonly more: boolean };
  /** Newest first. */
  runs: { readonly rows: readonly RunRowView[]; readonly more: boolean };
  /** `total`: how many there are of the run. */
  "run-events": { readonly events: readonly StagebookEvent[]; readonly total: number };
  clear: { readonly results: number };
}

export type Result<T extends CommandType> = Results[T];

/** Reads a command from the wire. Returns the command, or a sentence that says what is wrong with it. */
export function decodeCommand(data: unknown): Command | string {
  if (!isObject(data) || typeof data.type !== "string") return "a command is an object with a type";
  const check = checks[data.type as CommandType];
  if (!Object.hasOwn(checks, data.type) || !check)
    return `unknown command "${data.type.slice(0, 40)}": one of ${Object.keys(checks).join(", ")}`;
  const problem = check(data);
  return problem ?? (data as unknown as Command);
}

type Fields = { readonly [name: string]: unknown };
const checks: { readonly [T in CommandType]: (command: Fields) => string | null } = {
  sync: (c) => optional(c, "notebook", isText, "a path"),
  "set-params": (c) => required(c, "values", isJsonObject, "an object of values by parameter name"),
  "reset-params": (c) => optional(c, "names", isTexts, "a list of parameter names"),
  run: (c) =>
    optional(c, "targets", isTexts, "a list of stage names") ?? optional(c, "force", isBoolean, "true or false"),
  "run-stale": (c) => optional(c, "cells", isTexts, "a list of cell ids"),
  cancel: () => null,
  explain: (c) => required(c, "stage", isText, "a stage name"),
  "what-if": (c) => required(c, "values", isJsonObject, "an object of values by parameter name"),
  preview: (c) => required(c, "stage", isText, "a stage name") ?? optional(c, "key", isText, "the key of a result"),
  history: (c) => required(c, "stage", isText, "a stage name"),
  restore: (c) => required(c, "stage", isText, "a stage name") ?? required(c, "key", isText, "the key of a result"),
  pin: (c) =>
    required(c, "stage", isText, "a stage name") ??
    optional(c, "key", isText, "the key of a result") ??
    required(c, "pinned", isBoolean, "true or false"),
  log: (c) =>
    required(c, "before", isCount, "a number of lines") ??
    required(c, "limit", isCount, "a number of lines") ??
    optional(c, "run", isRunId, "the id of a run"),
  runs: (c) => required(c, "before", isCount, "a number of runs") ?? required(c, "limit", isCount, "a number of runs"),
  "run-events": (c) =>
    required(c, "run", isRunId, "the id of a run") ??
    required(c, "from", isCount, "a number of events") ??
    required(c, "limit", isCount, "a number of events"),
  clear: (c) => optional(c, "stage", isText, "a stage name"),
};

function required(command: Fields, name: string, is: (value: unknown) => boolean, expected: string): string | null {
  return is(command[name]) ? null : `${String(command.type)}: ${name} must be ${expected}`;
}

function optional(command: Fields, name: string, is: (value: unknown) => boolean, expected: string): string | null {
  return command[name] === undefined ? null : required(command, name, is, expected);
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isJsonObject = (value: unknown): boolean => isObject(value);
const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isBoolean = (value: unknown): boolean => typeof value === "boolean";
const isRunId = (value: unknown): boolean => typeof value === "string" && /^[\w-]{1,80}$/.test(value);
const isCount = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** For commands whose values come from a form. */
export type ParamValues = { readonly [name: string]: Json };
