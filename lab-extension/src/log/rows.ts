/**
 * The filter of the log lines. Pure; called by the log view after each change. Filtering is incremental: new lines are tested
 * once, lines that the store has dropped are removed from the front, and a narrower filter tests only the visible lines.
 */
import type { CellId, LogLevel, LogRecord, RunId } from "stagebook/protocol";
import { hasComparison, matchesQuery, parseQuery } from "./query";

export interface LogFilter {
  /** The minimum level. */
  readonly level: LogLevel;
  /** Null for the lines of all stages, and those without a stage. */
  readonly stage: string | null;
  /** Null for the lines of all runs, and those without a run. */
  readonly run: RunId | null;
  /** Null for the lines of all cells, and those without a cell. */
  readonly cell: CellId | null;
  /** Searched in message, stage and fields, ignoring case. May contain field comparisons: `rows>1000`. */
  readonly text: string;
}

export interface LogRows {
  /** The matching lines, oldest first. */
  readonly visible: readonly LogRecord[];
  /** All lines. */
  readonly records: readonly LogRecord[];
  readonly filter: LogFilter;
}

export const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];
export const NO_FILTER: LogFilter = { level: "debug", stage: null, run: null, cell: null, text: "" };
export const emptyRows: LogRows = { visible: [], records: [], filter: NO_FILTER };

/** Equivalent to filtering all records; `before` is the last result and only saves work. */
export function filterRows(before: LogRows, records: readonly LogRecord[], filter: LogFilter): LogRows {
  if (before.records === records && isSameFilter(before.filter, filter)) return before;
  if (isNarrower(filter, before.filter)) {
    const dropped = countDropped(before.records, records);
    if (dropped !== null) return { records, filter, visible: continueRows(before, dropped, records, filter) };
  }
  return { records, filter, visible: records.filter((record) => passesFilter(record, filter)) };
}

export function passesFilter(record: LogRecord, filter: LogFilter): boolean {
  if (LEVELS.indexOf(record.level) < LEVELS.indexOf(filter.level)) return false;
  if (filter.stage !== null && record.stage !== filter.stage) return false;
  if (filter.run !== null && record.run !== filter.run) return false;
  if (filter.cell !== null && record.cell !== filter.cell) return false;
  return filter.text === "" || matchesQuery(record, parseQuery(filter.text));
}

function isSameFilter(a: LogFilter, b: LogFilter): boolean {
  return a.level === b.level && a.stage === b.stage && a.run === b.run && a.cell === b.cell && a.text === b.text;
}

/** True if every line that passes `filter` also passes `before`. */
function isNarrower(filter: LogFilter, before: LogFilter): boolean {
  return (
    LEVELS.indexOf(filter.level) >= LEVELS.indexOf(before.level) &&
    (before.stage === null || filter.stage === before.stage) &&
    (before.run === null || filter.run === before.run) &&
    (before.cell === null || filter.cell === before.cell) &&
    isNarrowerText(filter.text, before.text)
  );
}

/** A longer text matches fewer lines; a longer comparison may match more: `ms<1`, `ms<10`. */
function isNarrowerText(text: string, before: string): boolean {
  if (text === before) return true;
  if (hasComparison(before) || hasComparison(text)) return before.trim() === "";
  return text.toLowerCase().includes(before.toLowerCase());
}

/** The number of lines dropped from the front of `before`, if `after` continues it otherwise; null if it does not. */
function countDropped(before: readonly LogRecord[], after: readonly LogRecord[]): number | null {
  const first = after[0];
  if (before.length === 0) return 0;
  if (first === undefined) return null;
  const dropped = before.indexOf(first);
  if (dropped < 0) return null;
  const kept = before.length - dropped;
  return kept <= after.length && after[kept - 1] === before[before.length - 1] ? dropped : null;
}

function continueRows(
  before: LogRows,
  dropped: number,
  records: readonly LogRecord[],
  filter: LogFilter,
): readonly LogRecord[] {
  const kept = isSameFilter(before.filter, filter)
    ? before.visible.slice(countVisible(before, dropped))
    : before.visible.slice(countVisible(before, dropped)).filter((record) => passesFilter(record, filter));
  for (let index = before.records.length - dropped; index < records.length; index += 1) {
    const record = records[index];
    if (record && passesFilter(record, filter)) kept.push(record);
  }
  return kept;
}

/** The number of visible records among the first `count`: both lists have the same order. */
function countVisible({ records, visible }: LogRows, count: number): number {
  let found = 0;
  for (let index = 0; index < count; index += 1) if (visible[found] === records[index]) found += 1;
  return found;
}
