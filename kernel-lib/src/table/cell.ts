/** Values of a table as cells of a page and as text. Pure. */
import { types } from "node:util";
import { textOfValue } from "../key/describe";
import type { TableCell } from "../protocol";

const CELL_TEXT = 300;

/** A value as a cell: numbers and booleans as they are, dates in ISO form, everything else as bounded text. */
export function cellOf(value: unknown): TableCell {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return textOf(value, CELL_TEXT);
}

/** A value as text, without quotes around a string; `""` for none. */
export function textOf(value: unknown, max = Infinity): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.length > max ? `${value.slice(0, max)}…` : value;
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (types.isDate(value)) return textOfDate(value);
  return textOfValue(plainOf(value), Math.min(max, 10_000));
}

/** `2026-01-31`, `2026-01-31T14:03:09Z`: no more digits than it has. */
export function textOfDate(date: Date): string {
  if (Number.isNaN(date.getTime())) return "Invalid Date";
  return date.toISOString().replace(/(?:T00:00:00)?\.000Z$/, (end) => (end.startsWith("T") ? "" : "Z"));
}

/** Nested rows and vectors of Arrow, and others that say how they look as JSON. */
export function plainOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null || types.isProxy(value) || types.isDate(value)) return value;
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === "function" ? (toJSON.call(value) as unknown) : value;
}
