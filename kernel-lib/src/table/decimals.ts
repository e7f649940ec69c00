/** How many decimals the numbers of a column need to be told apart. Pure. */
import type { TableColumn } from "./table-column";

/** Looked at, spread over the column. */
const SAMPLED = 1000;
/** Significant digits of the largest number, and of the differences between the numbers. */
const DIGITS = 6;
const DIGITS_OF_SPREAD = 4;
const MOST = 15;

/**
 * Six significant digits of the largest number, or as many as the differences between the numbers need: 1,000,000.25 and 1,000,000.75
 * must not look equal. Never more than the numbers have. By a sample of the column.
 */
export function decimalsOf(column: TableColumn, rowCount: number): number {
  let [least, largest, needed] = [Infinity, -Infinity, 0];
  for (let at = 0; at < Math.min(SAMPLED, rowCount); at++) {
    const value = column.at(Math.floor((at * rowCount) / Math.min(SAMPLED, rowCount)));
    if (typeof value !== "number" || !Number.isFinite(value)) continue;
    if (value < least) least = value;
    if (value > largest) largest = value;
    needed = Math.max(needed, decimalsIn(value));
  }
  if (!(largest >= least)) return 0;
  const size = Math.max(Math.abs(least), Math.abs(largest));
  const wanted = Math.max(decimalsFor(size, DIGITS), decimalsFor(largest - least, DIGITS_OF_SPREAD));
  return Math.min(MOST, needed, Math.max(0, wanted));
}

/** Decimals that show this many significant digits of a number of this size. */
function decimalsFor(size: number, digits: number): number {
  return size > 0 && Number.isFinite(size) ? digits - 1 - Math.floor(Math.log10(size)) : 0;
}

function decimalsIn(value: number): number {
  const text = String(value);
  const exponent = /e([+-]\d+)$/.exec(text)?.[1];
  const fraction = /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
  return Math.max(0, fraction - Number(exponent ?? 0));
}
