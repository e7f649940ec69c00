/** The parts of the interfaces of apache-arrow, arquero and DuckDB that Stagebook uses: the libraries are the user's own. */

/** Units, geometry columns, categories of pandas: what the metadata of a schema and of a field say about the values. */
export interface WithMetadata {
  readonly metadata?: ReadonlyMap<string, string>;
}

export interface ArrowField extends WithMetadata {
  readonly name: string;
  /** Lists, structs and maps have fields of their own. */
  readonly type: {
    readonly typeId: number;
    /** Of a float: 0 for 16 bits. */
    readonly precision?: number;
    /** Of an integer. */
    readonly bitWidth?: number;
    /** Of a date or timestamp. */
    readonly unit?: number;
    /** The type of the values of a dictionary. */
    readonly dictionary?: { readonly typeId: number };
    readonly children?: readonly ArrowField[] | null;
    toString(): string;
  };
  readonly nullable: boolean;
}

export interface ArrowVector extends Iterable<unknown> {
  readonly length: number;
  readonly nullCount: number;
  get(row: number): unknown;
  toArray(): unknown;
  memoize?(): ArrowVector;
  /** In the order of their rows. */
  readonly data?: readonly ArrowChunk[];
}

/** Some of the rows of a vector. */
export interface ArrowChunk {
  readonly length: number;
  readonly nullCount: number;
  /** At least `length` values, the first one for the first row. */
  readonly values: unknown;
  /** Of texts: where the bytes of each begin in `values`, and where the last one ends. */
  readonly valueOffsets?: unknown;
  /** Of a column with a dictionary: what the numbers in `values` are positions of. */
  readonly dictionary?: ArrowVector | undefined;
  getValid(row: number): boolean;
}

/** A Table or a RecordBatch. */
export interface ArrowTable {
  readonly numRows: number;
  readonly schema: WithMetadata & { readonly fields: readonly ArrowField[] };
  getChildAt(column: number): ArrowVector | null;
}

export interface ArqueroTable {
  numRows(): number;
  columnNames(): string[];
  /** The values in the order of the rows, without those that are filtered out. */
  array(name: string): ArrayLike<unknown>;
  isGrouped(): boolean;
  isFiltered(): boolean;
  isOrdered(): boolean;
  reify(): ArqueroTable;
}

export interface DuckDbReader {
  columnNames(): string[];
  getColumnsJS(): unknown[][];
}

/** The types of apache-arrow that Stagebook treats specially: numbers of its enumeration `Type`. */
export const ARROW_TYPE = { dictionary: -1, int: 2, float: 3, utf8: 5, date: 8, timestamp: 10, largeUtf8: 20 } as const;
