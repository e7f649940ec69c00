/** The rows of a table that pass filters. Pure. */
import { StagebookError, unreachable, type TableComparison, type TableFilter } from "../protocol";
import { textOf } from "./cell";
import type { ColumnValues } from "./column-values";
import { compareValues, isMissing } from "./order";

/** The rows that pass the filter, in their order. Throws StagebookError `table-filter` for a value that cannot be compared. */
export function filterRows(rows: Uint32Array, values: ColumnValues, { is, value }: TableFilter): Uint32Array {
  switch (is) {
    case "missing":
      return rows.filter((row) => isMissing(values, row));
    case "present":
      return rows.filter((row) => !isMissing(values, row));
    case "contains":
      return filterByText(rows, values, value.toLowerCase());
    default:
      return filterByOrder(rows, values, is, value);
  }
}

function filterByText(rows: Uint32Array, values: ColumnValues, part: string): Uint32Array {
  const contains = (text: string): boolean => text.toLowerCase().includes(part);
  switch (values.kind) {
    case "texts":
      return rows.filter((row) => values.texts[row] !== undefined && contains(values.texts[row] ?? ""));
    case "numbers": {
      const text = (number: number): string => textOf(valueOf(number, values.type));
      return rows.filter((row) => !isMissing(values, row) && contains(text(values.numbers[row] ?? 0)));
    }
    case "mixed":
      return rows.filter((row) => !isMissing(values, row) && contains(textOf(values.values[row])));
  }
}

/** A number of a column as the value that it stands for. */
export function valueOf(number: number, type: "number" | "Date" | "boolean" | "bigint"): unknown {
  switch (type) {
    case "number":
    case "bigint":
      return number;
    case "boolean":
      return number === 1;
    case "Date":
      return new Date(number);
  }
}

type Ordered = Exclude<TableComparison, "missing" | "present" | "contains">;

function filterByOrder(rows: Uint32Array, values: ColumnValues, is: Ordered, text: string): Uint32Array {
  switch (values.kind) {
    case "numbers": {
      const { numbers } = values;
      // A date without a time means the whole day.
      const [from, to] = readRange(text, values.type);
      const test = rangeTest(is, from, to);
      return rows.filter((row) => !isMissing(values, row) && test(numbers[row] ?? 0));
    }
    case "texts":
      return rows.filter((row) => {
        const found = values.texts[row];
        return found !== undefined && passes(is, found < text ? -1 : found > text ? 1 : 0);
      });
    case "mixed": {
      const number = text.trim() === "" ? NaN : Number(text);
      return rows.filter((row) => {
        const found = values.values[row];
        if (found === undefined) return false;
        const isNumber = typeof found === "number" || typeof found === "bigint";
        if (isNumber && !Number.isNaN(number)) return passes(is, compareValues(found, number));
        return passes(is, compareValues(textOf(found), text));
      });
    }
  }
}

function passes(is: Ordered, order: number): boolean {
  switch (is) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
    default:
      return unreachable(is);
  }
}

/** `from` to `to`, both included, is what the text means: the same number, or the moments of a day. */
function rangeTest(is: Ordered, from: number, to: number): (number: number) => boolean {
  switch (is) {
    case "=":
      return (number) => (number >= from && number <= to) || (from !== from && number !== number);
    case "!=":
      return (number) => !((number >= from && number <= to) || (from !== from && number !== number));
    case "<":
      return (number) => number < from;
    case "<=":
      return (number) => number <= to;
    case ">":
      return (number) => number > to;
    case ">=":
      return (number) => number >= from;
    default:
      return unreachable(is);
  }
}

const DAY_MS = 24 * 60 * 60 * 1000;

function readRange(text: string, type: "number" | "Date" | "boolean" | "bigint"): readonly [number, number] {
  const given = text.trim();
  if (type === "boolean" && /^(true|false)$/i.test(given)) {
    const number = given.toLowerCase() === "true" ? 1 : 0;
    return [number, number];
  }
  if (type === "Date") {
    const from = Date.parse(given);
    if (!Number.isNaN(from)) return [from, momentsIn(given, from)];
  } else if (given === "NaN" || (given !== "" && !Number.isNaN(Number(given)))) return [Number(given), Number(given)];
  throw new StagebookError(
    "table-filter",
    `"${given.slice(0, 80)}" is not a ${type === "Date" ? "date" : type}, and the column has nothing else`,
    type === "Date"
      ? "Write a date as 2026-01-31 or 2026-01-31T14:00:00Z."
      : "Write a number such as 4.5, or a part of the text.",
  );
}

/** The last millisecond of the day, month or year that the text names. */
function momentsIn(text: string, from: number): number {
  const date = new Date(from);
  if (/^\d{4}$/.test(text)) return Date.UTC(date.getUTCFullYear() + 1, 0) - 1;
  if (/^\d{4}-\d\d$/.test(text)) return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) - 1;
  return /^\d{4}-\d\d-\d\d$/.test(text) ? from + DAY_MS - 1 : from;
}
