/** The statistics of a column over all rows. Pure. */
import type { TableColumnSummary } from "../protocol";
import { cellOf, textOf } from "./cell";
import type { ColumnValues } from "./column-values";
import { valueOf } from "./filter";
import { compareValues } from "./order";
import { nextMean } from "./running-mean";

const BINS = 20;
const TOP = 20;
/** At most this many different values are counted. */
const DISTINCT = 1000;
const TOP_TEXT = 60;

export function summarize(column: number, values: ColumnValues): TableColumnSummary {
  const about = { column, type: typeOfColumn(values), missing: values.missing };
  switch (values.kind) {
    case "numbers":
      return { ...about, ...summarizeNumbers(values) };
    case "texts": {
      let min: string | undefined;
      let max: string | undefined;
      for (const text of values.texts) {
        if (text === undefined) continue;
        if (min === undefined || text < min) min = text;
        if (max === undefined || text > max) max = text;
      }
      return { ...about, ...rangeOf(min, max), ...countTexts(values.texts) };
    }
    case "mixed": {
      let min: unknown;
      let max: unknown;
      for (const value of values.values) {
        if (value === undefined) continue;
        if (min === undefined || compareValues(value, min) < 0) min = value;
        if (max === undefined || compareValues(value, max) > 0) max = value;
      }
      const texts = values.values.map((value) => (value === undefined ? undefined : textOf(value, TOP_TEXT)));
      return { ...about, ...rangeOf(min, max), ...countTexts(texts) };
    }
  }
}

/** `number`, `string`, `Date | string`; `null` for a column without values. */
export function typeOfColumn(values: ColumnValues): string {
  if (values.kind === "numbers") return values.type;
  if (values.kind === "texts") return "string";
  return values.types.length === 0 ? "null" : values.types.join(" | ");
}

function rangeOf(min: unknown, max: unknown): Pick<TableColumnSummary, "min" | "max"> {
  return min === undefined ? {} : { min: cellOf(min), max: cellOf(max) };
}

function summarizeNumbers(
  values: Extract<ColumnValues, { kind: "numbers" }>,
): Omit<TableColumnSummary, "column" | "type" | "missing"> {
  const { numbers, gaps, type } = values;
  let [min, max, mean, count] = [Infinity, -Infinity, 0, 0];
  const found = new Set<number>();
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] ?? 0;
    if (gaps?.[row] === 1 || !Number.isFinite(number)) continue;
    if (number < min) min = number;
    if (number > max) max = number;
    count++;
    mean = nextMean(mean, number, count);
    if (found.size <= DISTINCT) found.add(number);
  }
  const distinct = found.size > DISTINCT ? null : found.size;
  if (count === 0) return { distinct };
  const range = { distinct, ...rangeOf(valueOf(min, type), valueOf(max, type)) };
  if (type === "boolean") return { ...range, top: topOf(countBooleans(values)) };
  return { ...range, ...(type === "Date" ? {} : { mean }), bins: binsOf(values, min, max) };
}

function binsOf(
  { numbers, gaps }: Extract<ColumnValues, { kind: "numbers" }>,
  min: number,
  max: number,
): readonly number[] {
  // Halved, because the difference of two large numbers may be infinite.
  const width = (max / 2 - min / 2) / BINS;
  const bins = new Array<number>(width > 0 ? BINS : 1).fill(0);
  for (let row = 0; row < numbers.length; row++) {
    const number = numbers[row] ?? 0;
    if (gaps?.[row] === 1 || !Number.isFinite(number)) continue;
    const bin = width > 0 ? Math.min(BINS - 1, Math.floor((number / 2 - min / 2) / width)) : 0;
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  return bins;
}

function countBooleans({ numbers, gaps }: Extract<ColumnValues, { kind: "numbers" }>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let row = 0; row < numbers.length; row++) {
    if (gaps?.[row] === 1) continue;
    const text = numbers[row] === 1 ? "true" : "false";
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return counts;
}

function countTexts(texts: readonly (string | undefined)[]): Pick<TableColumnSummary, "distinct" | "top"> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    if (text === undefined) continue;
    const count = counts.get(text);
    if (count !== undefined) counts.set(text, count + 1);
    else if (counts.size < DISTINCT) counts.set(text, 1);
    else return { distinct: null };
  }
  return { distinct: counts.size, top: topOf(counts) };
}

function topOf(counts: ReadonlyMap<string, number>): NonNullable<TableColumnSummary["top"]> {
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, TOP)
    .map(([text, count]) => ({ text: text.length > TOP_TEXT ? `${text.slice(0, TOP_TEXT)}…` : text, count }));
}
