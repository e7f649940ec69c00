/** The commands that a page sends to a kernel, as JSON Schemas, and the replies. The kernel checks each command before it acts. */
import { command, count, counts, described, text, texts, type CommandFields, type FieldSchema } from "./command-schema";
import type { ErrorView, LogRecord, RunSource, RunStatus, StagebookEvent } from "../events";
import type { CellId, JsonObject, RunId } from "../ids";
import type { PlanRowView, Reason } from "../plan";
import type { PreviewView } from "../preview";
import {
  tableComparisons,
  tableFormats,
  type TableColumnSummary,
  type TableComparison,
  type TableFormat,
  type TablePage,
} from "../table";

const values: FieldSchema<JsonObject> = { type: "object", title: "an object of values by parameter name" };
const flag: FieldSchema<boolean> = { type: "boolean", title: "true or false" };
const stage = text("a stage name");
const key = text("the key of a result");
const run = text("the id of a run", { pattern: "^[\\w-]{1,80}$" });
const currentOrLatest = "Default: the current result, else the latest.";
const tableSource = {
  stage: described(stage, "The stage whose stored output it is."),
  key: described(key, currentOrLatest),
  shown: described(text("the id of a shown table"), "Instead of `stage`: the id in an output of `show`."),
};
const tableSelection = {
  sort: { type: "object", title: "a column number, and whether the order is descending", required: ["column", "descending"], properties: { column: count("a column number"), descending: flag } } as FieldSchema<{ readonly column: number; readonly descending: boolean }>, // prettier-ignore
  filters: {
    type: "array",
    title: "a list of filters, each with a column number, a comparison and a text",
    items: {
      type: "object",
      required: ["column", "is", "value"],
      properties: { column: count("a column number"), is: { enum: [...tableComparisons] }, value: { type: "string" } },
    },
  } as FieldSchema<readonly { readonly column: number; readonly is: TableComparison; readonly value: string }[]>,
};
const tableFormat: FieldSchema<TableFormat> = { enum: [...tableFormats], title: "csv, json or parquet" };

const limitText =
  "Runs nothing when it is expected to take more machine time: the reply has the status `unconfirmed`, and the cost. Default: no limit.";

/**
 * The schema of each command, by its `type`. Types, the kernel's check (ajv) and the reference all come from here. Every command also
 * has `v` (the protocol version), `id` (repeated in the reply) and `type`.
 */
export const commandSchemas = {
  sync: command("Sends a new snapshot: after a gap in `seq`, or when a page was reloaded.", {
    optional: {
      notebook: described(text("a path"), "The notebook that the page shows, relative to the server's root."),
      root: described(text("a path"), "The server's root, which may begin with `~`."),
      session: described(
        text("a session"),
        "The session in the headers of the page's execute requests. Default: that of this message.",
      ),
    },
  }),
  "set-params": command("Sets parameters. All or nothing: if one value is invalid, none is set.", {
    required: { values: described(values, "Values as JSON; a date is its ISO string.") },
  }),
  "reset-params": command("Sets parameters back to their defaults.", {
    optional: { names: described(texts("a list of parameter names"), "Default: all parameters.") },
  }),
  run: command("Runs stages and everything upstream of them that is stale. The reply comes when the run has ended.", {
    optional: {
      targets: described(texts("a list of stage names"), "Default: all stages."),
      force: described(flag, "Runs the targets even if they are fresh. Default false."),
      limitMs: described(count("a time in milliseconds"), limitText),
    },
  }),
  "run-stale": command(
    "Runs every stale stage, then lists the cells to execute again, in document order. A stage that failed, and whatever depends on it, " +
      "is left alone until something that it depends on changes. The reply comes when the run has ended.",
    {
      optional: {
        cells: described(
          texts<CellId>("a list of cell ids"),
          "Limits the run to the stages that these cells define or have read, and what is upstream of them.",
        ),
        executed: described(
          texts<CellId>("a list of cell ids"),
          "The cells that were executed since the first of these commands and are not to be executed once more: none of them is listed.",
        ),
        limitMs: described(count("a time in milliseconds"), limitText),
      },
    },
  ),
  cells: command(
    "Says which code cells the notebook has: when the page has connected, and after cells were added, moved or deleted. What deleted " +
      "cells have defined is removed.",
    { required: { cells: described(texts<CellId>("a list of cell ids"), "All code cells, in document order.") } },
  ),
  "check-files": command("Makes a new plan, because external files may have changed: the page has the focus again."),
  cancel: command("Cancels every run in progress."),
  explain: command("Says why a stage is stale, and what its key consists of.", { required: { stage } }),
  "what-if": command("Plans with parameter values that are not applied. Runs nothing.", { required: { values } }),
  preview: command("A bounded preview of a stage's stored output.", {
    required: { stage },
    optional: { key: described(key, currentOrLatest) },
  }),
  table: command("Rows of a table: of a stored output, or of rows that a cell has shown.", {
    required: {
      from: described(count("a number of rows"), "How many of the first rows to skip."),
      limit: described(count("a number of rows"), "At most this many rows are returned; never more than 1,000."),
    },
    optional: { ...tableSource, ...tableSelection },
  }),
  "table-summary": command("The statistics of some columns, over all rows of the table.", {
    required: { columns: counts("a list of column numbers") },
    optional: tableSource,
  }),
  "table-save": command("Saves the selected rows, all columns and all digits, as a file.", {
    required: {
      path: described(text("a path", { pattern: "^[^\\0]{1,1000}$" }), "Relative to the notebook's folder."),
      format: tableFormat,
    },
    optional: {
      ...tableSource,
      ...tableSelection,
      overwrite: described(flag, "Replaces a file of this name. Default false."),
    },
  }),
  history: command("The stored results of a stage, newest first.", { required: { stage } }),
  restore: command("Sets the parameters to the values with which a stored result was computed. All or nothing.", {
    required: { stage, key },
  }),
  pin: command("Pins or unpins a result. No clean-up of the store removes a pinned result.", {
    required: { stage, pinned: flag },
    optional: { key: described(key, currentOrLatest) },
  }),
  log: command("Log lines of this kernel, or of one run of this or an earlier kernel.", {
    required: {
      before: described(count("a number of lines"), "How many of the newest lines to skip."),
      limit: described(count("a number of lines"), "At most this many lines are returned; never more than 10,000."),
    },
    optional: { run },
  }),
  runs: command("The notebook's ended runs that did something, also of earlier kernels.", {
    required: {
      before: described(count("a number of runs"), "How many of the newest runs to skip."),
      limit: described(count("a number of runs"), "At most this many runs are returned; never more than 1,000."),
    },
  }),
  "run-events": command(
    "The events of a run. The first ones have `seq` 0 and rebuild the pipeline as it was when the run began: `reduce` turns all of " +
      "them into the view at the end of the run.",
    {
      required: {
        run,
        from: described(count("a number of events"), "How many of the oldest events to skip."),
        limit: described(count("a number of events"), "At most this many events are returned; never more than 5,000."),
      },
    },
  ),
  whole: command("An error or a log line of which text was left out, as the record of its run has it.", {
    required: { stage, run },
    optional: {
      at: described(count("a time"), "When the log line was written, epoch milliseconds. Without it: the error."),
    },
  }),
  clear: command("Removes the stored results of a stage.", {
    optional: { stage: described(stage, "Default: all stages.") },
  }),
};

export type CommandType = keyof typeof commandSchemas;

/** A command that has passed the kernel's check. */
export type Command = {
  [T in CommandType]: { readonly type: T } & CommandFields<(typeof commandSchemas)[T]>;
}[CommandType];

/** One stored result of a stage. */
export interface HistoryRowView {
  /** When it was computed, epoch milliseconds. */
  readonly at: number;
  readonly key: string;
  /** How long the stage's function took. */
  readonly durationMs: number;
  readonly sizeBytes: number;
  /** The value in a few words: `1,204 rows`. */
  readonly summary: string;
  /** All parameters of the stage and its ancestors at that time, as text. */
  readonly params: { readonly [name: string]: string };
  readonly pinned: boolean;
  /** The run that computed it; its log lines are kept. */
  readonly run: RunId;
}

/** One run that has ended. */
export interface RunRowView {
  readonly id: RunId;
  readonly source: RunSource;
  /** The cell that started it; null for a run that no cell started. */
  readonly cell: CellId | null;
  readonly targets: readonly string[];
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly status: RunStatus;
  readonly durationMs: number;
  /** How many stages were executed. */
  readonly executed: number;
  readonly error?: ErrorView;
  /** The parameters that did not have their default values, as text. */
  readonly params: { readonly [name: string]: string };
}

/** One part of a key. */
export interface KeyPartView {
  /** What it is: `function`, `helper`, `param`, `input`, … */
  readonly kind: string;
  readonly name: string;
  readonly digest: string;
  /** Human-readable: a value, or normalized source. At most 20,000 characters. */
  readonly text: string;
}

/** The expected cost of a run. Times in milliseconds of one process; stages whose duration is not known are not in them. */
export interface RunCostView {
  readonly machineMs: number;
  /** How many stages would run. */
  readonly stages: number;
  /** Stages that would run and whose duration is not known. */
  readonly unknown: readonly string[];
  /** The stages with `scale` that would run. Numbers are absent while a stage before it has to run. */
  readonly shared: readonly {
    readonly stage: string;
    readonly items?: number;
    readonly itemsDone: number;
    readonly ranges?: number;
    readonly rangesDone: number;
    readonly machineMs?: number;
  }[];
}

/** The `result` of each command's reply when it succeeded. */
export interface CommandResults {
  sync: null;
  "set-params": null;
  "reset-params": null;
  /** `executed`: how many stages were executed. `cost`: when it would take more than the limit; nothing has run then. */
  run: { readonly status: RunStatus | "unconfirmed"; readonly executed: number; readonly cost?: RunCostView };
  cells: null;
  "check-files": null;
  /**
   * `cells`: the cells to execute now, in document order; then the command is sent again. `failed`: the stages that failed in this run. `notRun`: how many stages are still stale: they
   * depend on one that failed, or the run was cancelled. `cost`: when it would take more than the limit; nothing has run then.
   */
  "run-stale": {
    readonly status: RunStatus | "unconfirmed";
    readonly cost?: RunCostView;
    readonly executed: number;
    readonly cells: readonly CellId[];
    readonly failed: readonly string[];
    readonly notRun: number;
  };
  /** `runs`: how many were cancelled. */
  cancel: { readonly runs: number };
  /** `text`: the reasons, human-readable. `key`: null while it cannot be computed. `before`: the parts of the latest result's key that have changed since. */
  explain: {
    readonly stage: string;
    readonly status: string;
    readonly reasons: readonly Reason[];
    readonly text: string;
    /** Why a fresh result may differ from a new one, see `caveatsOf`. */
    readonly caveats: readonly string[];
    readonly key: string | null;
    readonly parts: readonly KeyPartView[];
    readonly before: readonly KeyPartView[];
  };
  "what-if": { readonly rows: readonly PlanRowView[] };
  /** `text`: at most 20,000 characters; `truncated` when that is not all. */
  preview: { readonly text: string; readonly truncated: boolean; readonly picture: PreviewView };
  table: TablePage;
  "table-summary": { readonly columns: readonly TableColumnSummary[] };
  /** `path`: the whole path of the file. */
  "table-save": { readonly path: string; readonly sizeBytes: number; readonly rows: number };
  /** Newest first. */
  history: { readonly rows: readonly HistoryRowView[] };
  /** `changed`: the parameters that were set. `missing`: parameters of the result that no cell defines any more. */
  restore: { readonly changed: readonly string[]; readonly missing: readonly string[] };
  pin: null;
  /** Oldest first. `more`: there are older lines. */
  log: { readonly records: readonly LogRecord[]; readonly more: boolean };
  /** Newest first. `more`: there are older runs. */
  runs: { readonly rows: readonly RunRowView[]; readonly more: boolean };
  /** Null for what the record lacks: the run was removed, or not recorded. */
  whole: { readonly error: ErrorView | null; readonly records: readonly LogRecord[] };
  /** Oldest first. `total`: how many events the run has. */
  "run-events": { readonly events: readonly StagebookEvent[]; readonly total: number };
  /** `results`: how many were removed. */
  clear: { readonly results: number };
}

export type Result<T extends CommandType> = CommandResults[T];
