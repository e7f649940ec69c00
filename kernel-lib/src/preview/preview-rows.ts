/** The preview of a table: its first rows, and statistics of its columns. Pure. */
import type { ColumnView, RowsPreview } from "../protocol";
import { textOfValue } from "../key/describe";
import { figuresOf } from "./preview-numbers";
import { classOf } from "../key/values/value-kind";
import { isRow } from "../table/table-data";

/** More would block the kernel noticeably. */
export const SAMPLED = 20_000;
const SHOWN_ROWS = 50;
const SHOWN_COLUMNS = 24;
const CELL_TEXT = 60;
/** Limit for rows that have different fields each. */
const MOST_NAMES = 1_000;
/** At most this many distinct values of a column are counted. */
const DISTINCT = 1_000;

type Row = { readonly [name: string]: unknown };

/** The preview of a table by its first rows. `count`: of all rows. */
export function previewRows(first: readonly unknown[], count: number): RowsPreview {
  const rows = first.slice(0, SAMPLED).filter(isRow);
  const names = namesOf(rows);
  const shown = names.slice(0, SHOWN_COLUMNS);
  return {
    kind: "rows",
    count,
    sampled: rows.length,
    columns: shown.map((name) => columnOf(name, rows)),
    moreColumns: names.length - shown.length,
    rows: rows.slice(0, SHOWN_ROWS).map((row) => shown.map((name) => cellText(row, name))),
  };
}

/** The columns, in order of first appearance. */
function namesOf(rows: readonly Row[]): readonly string[] {
  const names = new Set<string>();
  for (const row of rows) {
    if (names.size > MOST_NAMES) break;
    for (const name of Object.keys(row)) names.add(name);
  }
  return [...names];
}

function cellText(row: Row, name: string): string | null {
  if (!Object.hasOwn(row, name)) return null;
  const value = row[name];
  return typeof value === "string" ? value.slice(0, CELL_TEXT + 1) : textOfValue(value, CELL_TEXT);
}

function columnOf(name: string, rows: readonly Row[]): ColumnView {
  const found = new Map<string, number>();
  const texts = new Map<string, number>();
  const numbers: number[] = [];
  let [missing, isMore] = [0, false];
  for (const row of rows) {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === null || value === undefined) {
      missing++;
      continue;
    }
    found.set(typeOf(value), (found.get(typeOf(value)) ?? 0) + 1);
    if (typeof value === "number" && Number.isFinite(value)) numbers.push(value);
    const text = countedText(value);
    if (text === undefined) isMore = true;
    else if (texts.has(text) || texts.size < DISTINCT) texts.set(text, (texts.get(text) ?? 0) + 1);
    else isMore = true;
  }
  const types = [...found.keys()];
  const figures = types.join() === "number" ? figuresOf(numbers) : undefined;
  const top = figures || isMore ? undefined : mostFrequent(texts);
  return {
    name: name.slice(0, 200),
    type: types.length > 0 ? types.join(" | ") : "null",
    missing,
    distinct: isMore ? null : texts.size,
    ...(figures ? { numbers: figures } : {}),
    ...(top ? { top } : {}),
  };
}

/** The text by which equal values are counted; undefined for values that are too slow to compare. */
function countedText(value: unknown): string | undefined {
  if (typeof value === "string") return value.slice(0, 200);
  if (value instanceof Date) return textOfValue(value);
  return typeof value === "object" || typeof value === "function" ? undefined : textOfValue(value, 200);
}

function mostFrequent(texts: ReadonlyMap<string, number>): ColumnView["top"] {
  let top: ColumnView["top"];
  for (const [text, count] of texts) if (count > (top?.count ?? 1)) top = { text: text.slice(0, CELL_TEXT), count };
  return top;
}

function typeOf(value: unknown): string {
  return typeof value === "object" && value !== null ? (classOf(value)?.name ?? "object") : typeof value;
}
