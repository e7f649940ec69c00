/** Any table by columns: an array of objects, a typed array, a table of apache-arrow or arquero, a result of DuckDB. Pure. */
import { types } from "node:util";
import { rowCountOf, tableKindOf, type TableKind } from "../key/values/table-kind";
import type { ArqueroTable, ArrowTable, DuckDbReader } from "../key/values/table-libraries";
import { classOf } from "../key/values/value-kind";
import { arrowColumn } from "./arrow-column";
import type { NumberValues, TableColumn } from "./table-column";

export interface TableData {
  readonly rowCount: number;
  readonly columns: readonly TableColumn[];
}

/** The table in a value; undefined when the value is not a table. */
export function tableOf(value: unknown): TableData | undefined {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  const kind = tableKindOf(value);
  if (kind) return libraryTable(value, kind);
  if (types.isTypedArray(value)) return Buffer.isBuffer(value) ? undefined : listTable(value);
  return Array.isArray(value) && value.length > 0 ? arrayTable(value) : undefined;
}

/** The first rows as objects. */
export function firstRows({ rowCount, columns }: TableData, limit: number): readonly Row[] {
  return Array.from({ length: Math.min(limit, rowCount) }, (_, row) =>
    Object.fromEntries(columns.map((column) => [column.name, column.at(row)])),
  );
}

/** Whether a value is a plain object, not an instance of a class. */
export function isRow(value: unknown): value is Row {
  if (typeof value !== "object" || value === null) return false;
  const kind = classOf(value)?.kind;
  return kind === "object" || kind === "null-object";
}

type Row = { readonly [name: string]: unknown };

/** Looking at the first ones is enough to tell a table from a list of something else. */
const LOOKED_AT = 20;

function arrayTable(items: readonly unknown[]): TableData | undefined {
  const first = items.slice(0, LOOKED_AT);
  if (first.every(isRow)) return rowsTable(items);
  return first.every(isScalar) ? listTable(items) : undefined;
}

/** Objects of all rows; a row that is none has no values. */
function rowsTable(rows: readonly unknown[]): TableData {
  const columns = namesOf(rows).map((name): TableColumn => ({
    name,
    at: (index) => {
      const row = rows[index];
      return typeof row === "object" && row !== null && Object.hasOwn(row, name) ? (row as Row)[name] : undefined;
    },
  }));
  return { rowCount: rows.length, columns };
}

/** In order of first appearance, in all rows. */
function namesOf(rows: readonly unknown[]): readonly string[] {
  const names = new Set<string>();
  let last: readonly string[] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index];
    if (typeof row !== "object" || row === null) continue;
    // Most rows have the fields of the row before.
    let at = 0;
    for (const name in row) if (last[at++] !== name) at = last.length + 1;
    if (at === last.length) continue;
    last = Object.keys(row);
    for (const name of last) names.add(name);
  }
  return [...names];
}

function listTable(items: ArrayLike<unknown>): TableData {
  const column: TableColumn = { name: "value", at: (row) => items[row] };
  const isNumeric = types.isTypedArray(items) && typeof (items[0] ?? 0) === "number";
  const readNumbers = (): NumberValues => ({
    kind: "numbers",
    numbers: new Float64Array(items as ArrayLike<number>),
    gaps: undefined,
    missing: 0,
    type: "number",
  });
  return { rowCount: items.length, columns: [isNumeric ? { ...column, readNumbers } : column] };
}

function isScalar(value: unknown): boolean {
  return value === null || (typeof value !== "object" && typeof value !== "function") || value instanceof Date;
}

function libraryTable(value: object, kind: TableKind): TableData {
  const rowCount = rowCountOf(value, kind);
  switch (kind) {
    case "arrow":
    case "arrow-batch":
      return {
        rowCount,
        columns: (value as ArrowTable).schema.fields.map((field, at) => arrowColumn(value as ArrowTable, field, at)),
      };
    case "arquero": {
      const table = value as ArqueroTable;
      return { rowCount, columns: table.columnNames().map((name) => lazyColumn(name, () => table.array(name))) };
    }
    case "duckdb": {
      const reader = value as DuckDbReader;
      let columns: unknown[][] | undefined;
      const read = (at: number): ArrayLike<unknown> => (columns ??= reader.getColumnsJS())[at] ?? [];
      return { rowCount, columns: reader.columnNames().map((name, at) => lazyColumn(name, () => read(at))) };
    }
  }
}

/** Its values are fetched when one is first asked for. */
function lazyColumn(name: string, read: () => ArrayLike<unknown>): TableColumn {
  let values: ArrayLike<unknown> | undefined;
  return { name, at: (row) => (values ??= read())[row] };
}
