/** All values of a column in the form in which they are compared: numbers, texts, or anything. Pure. */
import { types } from "node:util";
import type { NumberValues, TableColumn, TextValues } from "./table-column";

/** `missing` counts the rows without a value: there the number is not used, the text is undefined. */
export type ColumnValues =
  | NumberValues
  | TextValues
  | {
      readonly kind: "mixed";
      readonly values: readonly unknown[];
      readonly missing: number;
      /** The types that occur, in order of first appearance. */
      readonly types: readonly string[];
    };

/** Reads the whole column. */
export function readColumn(column: TableColumn, rowCount: number): ColumnValues {
  const inBulk = column.readNumbers?.() ?? column.readTexts?.();
  if (inBulk) return inBulk;
  const type = firstType(column, rowCount);
  if (type === "string") return readTexts(column, rowCount) ?? readMixed(column, rowCount);
  if (type === "number" || type === "Date" || type === "boolean" || type === "bigint")
    return readNumbers(column, rowCount, type) ?? readMixed(column, rowCount);
  return readMixed(column, rowCount);
}

/** The type of a value, as a column is described: `number`, `string`, `Date`, the name of a class. */
export function typeOf(value: unknown): string {
  if (types.isDate(value)) return "Date";
  if (typeof value !== "object" || value === null) return typeof value;
  if (Array.isArray(value)) return "list";
  return "object";
}

/** The types of a column by its first values. */
export function guessType(column: TableColumn, rowCount: number): string {
  const found = new Set<string>();
  for (let row = 0; row < Math.min(rowCount, GUESSED_FROM); row++) {
    const value = column.at(row);
    if (value !== null && value !== undefined) found.add(typeOf(value));
  }
  return found.size === 0 ? "null" : [...found].join(" | ");
}

const GUESSED_FROM = 1000;

function firstType(column: TableColumn, rowCount: number): string | undefined {
  for (let row = 0; row < rowCount; row++) {
    const value = column.at(row);
    if (value !== null && value !== undefined) return typeOf(value);
  }
  return undefined;
}

/** Undefined when a value has another type. */
function readTexts(column: TableColumn, rowCount: number): ColumnValues | undefined {
  const texts = new Array<string | undefined>(rowCount);
  let missing = 0;
  for (let row = 0; row < rowCount; row++) {
    const value = column.at(row);
    if (typeof value === "string") texts[row] = value;
    else if (value === null || value === undefined) missing++;
    else return undefined;
  }
  return { kind: "texts", texts, missing };
}

/** Undefined when a value has another type, or does not fit into a number. */
function readNumbers(
  column: TableColumn,
  rowCount: number,
  type: "number" | "Date" | "boolean" | "bigint",
): ColumnValues | undefined {
  const numbers = new Float64Array(rowCount);
  let gaps: Uint8Array | undefined;
  let missing = 0;
  for (let row = 0; row < rowCount; row++) {
    const value = column.at(row);
    if (value === null || value === undefined) {
      gaps ??= new Uint8Array(rowCount);
      gaps[row] = 1;
      missing++;
    } else if (typeof value === "number") {
      if (type !== "number") return undefined;
      numbers[row] = value;
    } else {
      if (typeOf(value) !== type) return undefined;
      const number = Number(value);
      if (type === "bigint" && !Number.isSafeInteger(number)) return undefined;
      numbers[row] = number;
    }
  }
  return { kind: "numbers", numbers, gaps, missing, type };
}

function readMixed(column: TableColumn, rowCount: number): ColumnValues {
  const values = new Array<unknown>(rowCount);
  const found = new Set<string>();
  let missing = 0;
  for (let row = 0; row < rowCount; row++) {
    const value = column.at(row) ?? undefined;
    values[row] = value;
    if (value === undefined) missing++;
    else found.add(typeOf(value));
  }
  return { kind: "mixed", values, missing, types: [...found] };
}
