/** Stagebook's own log lines, and the one place that reports a problem of the store: an event for the page and a line in the log. */
import type { CellId, EventBody, JsonObject, LogLevel, RunId } from "../../protocol";
import { findActivity } from "./activity";

/** What a log line of Stagebook's own is about. Cell and run default to those of the current activity. */
export interface LogSource {
  readonly stage?: string;
  readonly cell?: CellId | null;
  readonly run?: RunId;
  readonly fields?: JsonObject;
}

export type Log = (level: LogLevel, message: string, source?: LogSource) => void;

export function createLog(emit: (event: EventBody) => void, clock: { now(): number }): Log {
  return (level, message, { stage, cell, run, fields } = {}) => {
    const activity = findActivity();
    emit({
      type: "log:written",
      record: {
        at: clock.now(),
        level,
        stage: stage ?? null,
        cell: cell ?? activity.cell,
        run: run ?? activity.stage?.run ?? null,
        message,
        fields: fields ?? {},
        source: "stagebook",
      },
    });
  };
}

export interface StoreProblem {
  readonly message: string;
  /** The location or the key that the problem is about. */
  readonly where: string;
  /** The log line, where it says more than the event: what it means for a stage. Default: a warning with the message. */
  readonly logged?: {
    readonly level: LogLevel;
    readonly message: string;
    /** Instead, when the same problem of the same run has been logged before. */
    readonly again: string;
    readonly source: LogSource & { readonly run: RunId };
  };
}

export type ReportStoreProblem = (problem: StoreProblem) => void;

/** A problem of the store is never the user's error: it is reported and the work continues. */
export function createStoreProblemReport(emit: (event: EventBody) => void, log: Log): ReportStoreProblem {
  let last: { readonly message: string; readonly run: RunId } | undefined;
  return ({ message, where, logged }) => {
    emit({ type: "store:problem", message, where });
    if (!logged) return log("warn", `store: ${where} ${message}`);
    const { run } = logged.source;
    if (last?.message === message && last.run === run) return log("info", logged.again, logged.source);
    last = { message, run };
    log(logged.level, logged.message, logged.source);
  };
}
