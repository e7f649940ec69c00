/** A bounded preview of a stage's output, by its kind: what the stage panel draws. Computed in the kernel. */
import type { Json } from "./ids";

/** A preview, in addition to the value as text. */
export type PreviewView =
  /** The text is enough. */
  | { readonly kind: "text" }
  | RowsPreview
  /** A value cut to a bounded tree; what is left out is text: `… 300 more`. */
  | { readonly kind: "tree"; readonly value: Json }
  /** `base64`: null when the image is too large to send. */
  | {
      readonly kind: "image";
      readonly mime: string;
      readonly base64: string | null;
      readonly sizeBytes: number;
    }
  | NumbersPreview
  /** The first items of a stream, as text. */
  | { readonly kind: "items"; readonly count: number; readonly items: readonly string[] };

/** A table: an array, or the beginning of a stream, of objects. */
export interface RowsPreview {
  readonly kind: "rows";
  /** Of all rows. */
  readonly count: number;
  /** The columns' statistics cover this many rows, the first ones. */
  readonly sampled: number;
  readonly columns: readonly ColumnView[];
  /** How many columns are not shown. */
  readonly moreColumns: number;
  /** The first rows, as text, one cell for each column; null where the row has no such field. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A column and its statistics over the sampled rows. */
export interface ColumnView {
  readonly name: string;
  /** `number`, `string`, `Date` …; several, joined by ` | `, when they differ. */
  readonly type: string;
  /** Rows in which it is absent, null or undefined. */
  readonly missing: number;
  /** Number of distinct values; null when there are too many to count. */
  readonly distinct: number | null;
  /** Only for a column of nothing but numbers. */
  readonly numbers?: NumberFigures;
  /** The most frequent value of any other column, if it occurs more than once. */
  readonly top?: { readonly text: string; readonly count: number };
}

/** Statistics of the finite numbers. */
export interface NumberFigures {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Histogram: counts in bins of equal width from `min` to `max`. */
  readonly bins: readonly number[];
}

/** A typed array, or an array of numbers. */
export interface NumbersPreview {
  readonly kind: "numbers";
  /** The class: `Float64Array`, `Array`. */
  readonly type: string;
  readonly count: number;
  /** The statistics cover this many numbers, the first ones. */
  readonly sampled: number;
  /** How many of them are NaN or infinite. */
  readonly notFinite: number;
  /** Absent when none is finite. */
  readonly figures?: NumberFigures;
  /** The first ones, as text. */
  readonly first: readonly string[];
}
