/** A bounded picture of a stage's output, by its kind: what the stage panel draws. Made in the kernel. */
import type { Json } from "./ids";

export type PreviewView =
  /** The text says it all. */
  | { readonly kind: "text" }
  | RowsPreview
  /** A value cut to what can be unfolded; what is left out stands as text: `… 300 more`. */
  | { readonly kind: "tree"; readonly value: Json }
  /** `base64`: null when the image is too large to be sent. */
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
  /** So many rows, the first, are in the columns' figures. */
  readonly looked: number;
  readonly columns: readonly ColumnView[];
  /** Columns that are not shown. */
  readonly moreColumns: number;
  /** The first rows, as text, one cell for each column; null where the row has no such field. */
  readonly rows: readonly (readonly (string | null)[])[];
}

/** A column and its figures over the rows that were looked at. */
export interface ColumnView {
  readonly name: string;
  /** `number`, `string`, `Date` …; several, joined by ` | `, when they differ. */
  readonly type: string;
  /** Rows in which it is absent, null or undefined. */
  readonly missing: number;
  /** Different values; null when there are more than were counted. */
  readonly distinct: number | null;
  /** Of a column of numbers alone. */
  readonly numbers?: NumberFigures;
  /** The most frequent value of another column, when it is there more than once. */
  readonly top?: { readonly text: string; readonly count: number };
}

/** Figures of the finite numbers. */
export interface NumberFigures {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** How many lie in each of equal parts from `min` to `max`. */
  readonly bins: readonly number[];
}

/** A typed array, or an array of numbers. */
export interface NumbersPreview {
  readonly kind: "numbers";
  /** The class: `Float64Array`, `Array`. */
  readonly type: string;
  readonly count: number;
  /** So many, the first, are in the figures. */
  readonly looked: number;
  /** NaN and the infinities among them. */
  readonly notFinite: number;
  /** Absent when none is finite. */
  readonly figures?: NumberFigures;
  /** The first ones, as text. */
  readonly first: readonly string[];
}
