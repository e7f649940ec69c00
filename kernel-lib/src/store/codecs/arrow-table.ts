/** Tables and record batches of apache-arrow, as IPC files, which DuckDB, pandas and others read. */
import { digestValue } from "../../key/values/canonical";
import type { Digest } from "../../protocol";
import {
  ARROW_TYPE,
  type ArrowField,
  type ArrowTable,
  type ArrowVector,
  type WithMetadata,
} from "../../key/values/table-libraries";
import { tableKindOf } from "../../key/values/table-kind";
import { notStorable, otherCopy, whatOf, type NamedCodec } from "./named-codec";
import { loadUserPackage } from "./user-package";

export const arrowCodec: NamedCodec = {
  name: "arrow",
  encode: (value) => encodeTable(asTable(value), loadArrow()),
  decode: (stored) => loadArrow().tableFromIPC(stored),
  digest: (value) => digestTable(asTable(value)),
};

/** One batch, as a file with a table of nothing else. */
export const arrowBatchCodec: NamedCodec = {
  name: "arrow-batch",
  encode: (value) => {
    const { Table, RecordBatch, ...library } = loadArrow();
    if (!(value instanceof RecordBatch)) throw otherCopy("a batch", "apache-arrow");
    return encodeTable(new Table([value]), library);
  },
  decode: (stored) => {
    const { RecordBatch, tableFromIPC } = loadArrow();
    const { batches, schema } = tableFromIPC(stored);
    return batches[0] ?? new RecordBatch(schema);
  },
  digest: (value) => digestTable(value as ArrowTable),
};

interface LoadedTable extends ArrowTable {
  readonly batches: readonly unknown[];
}

interface Arrow {
  readonly Table: new (batches: readonly unknown[]) => LoadedTable;
  readonly RecordBatch: new (schema: unknown) => unknown;
  readonly tableToIPC: (table: ArrowTable, type: "file" | "stream") => Uint8Array;
  readonly tableFromIPC: (bytes: Uint8Array) => LoadedTable;
}

function loadArrow(): Arrow {
  return loadUserPackage("apache-arrow", "a table of apache-arrow") as Arrow;
}

function asTable(value: unknown): ArrowTable {
  if (tableKindOf(value) !== "arrow") throw notStorable("value", whatOf(value), "apache-arrow tables");
  if (!(value instanceof loadArrow().Table)) throw otherCopy("a table", "apache-arrow");
  return value;
}

function encodeTable(table: ArrowTable, { tableToIPC }: Pick<Arrow, "tableToIPC">): Uint8Array {
  try {
    return tableToIPC(table, "file");
  } catch {
    // A file cannot hold dictionaries that change between batches; a stream can, and is read in the same way.
    return tableToIPC(table, "stream");
  }
}

/** Of the schema and the values: the same however the rows are split into batches and encoded in dictionaries. */
function digestTable(table: ArrowTable): Digest {
  const columns = table.schema.fields.map((field, at) => {
    const column = table.getChildAt(at);
    return [aboutField(field), column ? valuesOf(column, field) : []];
  });
  return digestValue(["arrow", aboutMetadata(table.schema), columns]);
}

/** Numbers without gaps are compared as one array. */
function valuesOf(column: ArrowVector, { type }: ArrowField): unknown {
  // A float of 16 bits would be an array of its bits.
  const isNumeric = type.typeId === ARROW_TYPE.int || (type.typeId === ARROW_TYPE.float && type.precision !== 0);
  return isNumeric && column.nullCount === 0 ? column.toArray() : Array.from(column, plain);
}

const aboutMetadata = ({ metadata }: WithMetadata): readonly (readonly [string, string])[] => [...(metadata ?? [])];

const aboutField = (field: ArrowField): readonly unknown[] => [
  field.name,
  field.type.toString(),
  field.nullable,
  aboutMetadata(field),
  (field.type.children ?? []).map(aboutField),
];

/** The plain values of rows and vectors inside a column. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (Symbol.iterator in value && !("toJSON" in value)) return Array.from(value as Iterable<unknown>, plain);
  const toJson = (value as { toJSON?: () => unknown }).toJSON;
  return typeof toJson === "function" ? toJson.call(value) : value;
}
