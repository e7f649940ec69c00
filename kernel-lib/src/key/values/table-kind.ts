/** Recognition of the tables of other libraries by the class and methods of their objects, without loading the libraries. */
import { types } from "node:util";
import { classNameOf } from "./value-kind";

/** A table of apache-arrow, a batch of one, a table of arquero, or a result of DuckDB. */
export type TableKind = "arrow" | "arrow-batch" | "arquero" | "duckdb";

/** The kind of a table; undefined for everything else, proxies included. */
export function tableKindOf(value: unknown): TableKind | undefined {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  switch (classNameOf(value)) {
    case "Table":
    case "_Table":
      return isArrow(value) && "batches" in value ? "arrow" : undefined;
    case "RecordBatch":
    case "_RecordBatch":
      return isArrow(value) ? "arrow-batch" : undefined;
    case "ColumnTable":
      return hasMethods(value, ["columnNames", "column", "numRows", "reify", "array"]) ? "arquero" : undefined;
    case "DuckDBResultReader":
      return hasMethods(value, ["columnNames", "getColumnsJS"]) ? "duckdb" : undefined;
    default:
      return undefined;
  }
}

function isArrow(value: object): boolean {
  return "schema" in value && hasMethods(value, ["getChildAt"]);
}

function hasMethods(value: object, names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === "function");
}

/** How many rows a table has, as far as they have been read. */
export function rowCountOf(table: object, kind: TableKind): number {
  const { numRows, currentRowCount } = table as { readonly numRows?: unknown; readonly currentRowCount?: unknown };
  if (kind === "duckdb") return Number(currentRowCount ?? 0);
  return Number(typeof numRows === "function" ? numRows.call(table) : numRows);
}
