/** Pages of a table, as the kernel sends them: a stored result, or rows that a cell has shown. */

/** A value in a cell: what JSON has no form for, and what is too long, is text. */
export type TableCell = string | number | boolean | null;

export interface TableColumnView {
  readonly name: string;
  /** `number`, `string`, `Date`, `boolean`, `bigint`, or several, joined by ` | `. By the first rows until the column is summarized. */
  readonly type: string;
  /** How many decimals the column's numbers need, at most. Absent for other columns. */
  readonly decimals?: number;
}

/** Some rows of a table, in the order that was asked for. */
export interface TablePage {
  /** Of the whole table. */
  readonly total: number;
  /** Of the rows that pass the filters. */
  readonly count: number;
  /** The table has only this many rows of a longer stream. Absent when all are. */
  readonly limitedTo?: number;
  readonly columns: readonly TableColumnView[];
  /** How many columns are not sent. */
  readonly moreColumns: number;
  /** The index of the first of `rows` among those that pass the filters. */
  readonly from: number;
  /** One cell for each column. Fewer rows than asked for when they are large. */
  readonly rows: readonly (readonly TableCell[])[];
}

/** The statistics of a column over all rows of the table. */
export interface TableColumnSummary {
  readonly column: number;
  readonly type: string;
  /** Rows in which it is absent, null or undefined. */
  readonly missing: number;
  /** Number of distinct values; null when there are too many to count. */
  readonly distinct: number | null;
  readonly min?: TableCell;
  readonly max?: TableCell;
  /** Of numbers: the mean of the finite ones. */
  readonly mean?: number;
  /** Of numbers and dates: counts in bins of equal width from `min` to `max`. */
  readonly bins?: readonly number[];
  /** Of other values: the most frequent ones, most frequent first. */
  readonly top?: readonly { readonly text: string; readonly count: number }[];
}

/** Which rows come first. Rows without a value come last. */
export interface TableSort {
  readonly column: number;
  readonly descending: boolean;
}

/** `contains` ignores case. The others compare as the column's values: numbers, dates (ISO text) or texts. */
export const tableComparisons = ["contains", "=", "!=", "<", "<=", ">", ">=", "missing", "present"] as const;
export type TableComparison = (typeof tableComparisons)[number];

/** Rows must pass every filter. */
export interface TableFilter {
  readonly column: number;
  readonly is: TableComparison;
  /** As text. Not used by `missing` and `present`. */
  readonly value: string;
}

/** The formats in which a table is saved. */
export const tableFormats = ["csv", "json", "parquet"] as const;
export type TableFormat = (typeof tableFormats)[number];

/** The output of `show(rows)` in a notebook, beside the HTML for programs that do not know it. */
export const TABLE_MIME = "application/vnd.stagebook.table+json";

/** Its content: by `table` the kernel that showed it has the rows. */
export interface ShownTable {
  readonly table: string;
  readonly rows: number;
  readonly columns: readonly string[];
}
