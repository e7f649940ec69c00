/** One column of a table: its values one by one, and all at once where that is faster. */

export interface TableColumn {
  readonly name: string;
  /** The value in a row; undefined where it has none. */
  at(row: number): unknown;
  /** All values at once, where that is faster than one by one. Undefined when they have no form as numbers without loss. */
  readonly readNumbers?: () => NumberValues | undefined;
  /** The same for texts. */
  readonly readTexts?: () => TextValues | undefined;
}

/** All values of a column of texts. */
export interface TextValues {
  readonly kind: "texts";
  /** Undefined for a row without a value. */
  readonly texts: readonly (string | undefined)[];
  readonly missing: number;
}

/** All values of a column of numbers, dates, booleans or big integers. */
export interface NumberValues {
  readonly kind: "numbers";
  /** Dates in milliseconds since 1970, booleans as 0 and 1. */
  readonly numbers: Float64Array;
  /** 1 for each row without a value, whose number is not used; undefined when there are none. */
  readonly gaps: Uint8Array | undefined;
  readonly missing: number;
  readonly type: "number" | "Date" | "boolean" | "bigint";
}
