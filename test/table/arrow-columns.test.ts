/** Columns of apache-arrow are read in bulk: the same values, orders and filters as one by one, for every unit, with nulls and chunks. */
import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readColumn } from "../../kernel-lib/src/table/column-values";
import type { TableColumn } from "../../kernel-lib/src/table/table-column";
import { tableOf } from "../../kernel-lib/src/table/table-data";
import { TableView } from "../../kernel-lib/src/table/table-view";

const arrow = createRequire(import.meta.url)("apache-arrow") as typeof Arrow;
const { TimeUnit } = arrow;

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 2 ** 31);
console.info(`arrow columns: STAGEBOOK_SEED=${seed}`);

/** The values as Arrow stores them. */
const big = fc.oneof(fc.bigInt({ min: -9_000_000_000_000n, max: 9_000_000_000_000n }), fc.constantFrom(0n, -1n, 1n, 999n, -999n, 1001n, -1001n)); // prettier-ignore
const nanos = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: 1_700_000_000_000_000_000n, max: 1_700_000_000_003_000_000n }), fc.constantFrom(-1n, -999_999n, -1_000_001n)); // prettier-ignore
const small = fc.integer({ min: -120, max: 120 });

const kinds = {
  "timestamps in seconds": [new arrow.Timestamp(TimeUnit.SECOND), big, "Date"],
  "timestamps in milliseconds": [new arrow.Timestamp(TimeUnit.MILLISECOND), big, "Date"],
  "timestamps in microseconds": [new arrow.Timestamp(TimeUnit.MICROSECOND, "Europe/Berlin"), nanos.map((n) => n / 1100n), "Date"], // prettier-ignore
  "timestamps in nanoseconds": [new arrow.Timestamp(TimeUnit.NANOSECOND), nanos, "Date"],
  date32: [new arrow.DateDay(), fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), small), "Date"],
  date64: [new arrow.DateMillisecond(), big, "Date"],
  int8: [new arrow.Int8(), small, "number"],
  uint32: [new arrow.Uint32(), fc.nat(), "number"],
  float32: [new arrow.Float32(), fc.float(), "number"],
  float64: [new arrow.Float64(), fc.double(), "number"],
  "int64 within 2^53": [new arrow.Int64(), big, "bigint"],
  int64: [new arrow.Int64(), nanos, "bigint"],
  uint64: [new arrow.Uint64(), fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constantFrom(2n ** 32n, 7n)), "bigint"], // prettier-ignore
} as const;

type Stored = number | bigint | null;

const arrays = [Int8Array, Int32Array, Uint32Array, Float32Array, Float64Array] as const;

function storedAs(array: unknown, values: readonly Stored[]): ArrayBufferView {
  if (array === BigInt64Array) return BigInt64Array.from(values, (value) => BigInt(value ?? 0));
  if (array === BigUint64Array) return BigUint64Array.from(values, (value) => BigInt(value ?? 0));
  const found = arrays.find((each) => each === array);
  if (!found) throw new Error("another kind of array");
  return found.from(values.map((value) => Number(value ?? 0)));
}

/** One chunk of a column, with its bits of validity, in which more may be before the first row. */
function chunkOf(type: Arrow.DataType, values: readonly Stored[], skipped: number): Arrow.Data {
  const all: readonly Stored[] = [...Array.from({ length: skipped }, () => null), ...values];
  const bits = new Uint8Array(Math.ceil(all.length / 8) + 8);
  for (const [at, value] of all.entries()) if (value !== null) bits[at >> 3]! |= 1 << (at % 8);
  const data = storedAs(type.ArrayType, all);
  const nullCount = all.filter((value) => value === null).length;
  const whole = arrow.makeData({ type, length: all.length, nullCount, nullBitmap: bits, data } as never) as Arrow.Data;
  return whole.slice(skipped, values.length);
}

function tableOfChunks(type: Arrow.DataType, chunks: readonly (readonly Stored[])[], skipped: number): Arrow.Table {
  const schema = new arrow.Schema([new arrow.Field("v", type, true)]);
  const batches = chunks.map((values) => {
    const struct = new arrow.Struct([new arrow.Field("v", type, true)]);
    return new arrow.RecordBatch(schema, arrow.makeData({ type: struct, length: values.length, nullCount: 0, children: [chunkOf(type, values, skipped)] })); // prettier-ignore
  });
  return new arrow.Table(schema, batches);
}

const columnOf = (table: unknown): TableColumn => {
  const column = tableOf(table)?.columns[0];
  if (!column) throw new Error("not a table");
  return column;
};

function openTable(type: Arrow.DataType, chunks: readonly (readonly Stored[])[]): TableView {
  const data = tableOf(tableOfChunks(type, chunks, 0));
  if (!data) throw new Error("not a table");
  return new TableView(data);
}

describe.each(Object.entries(kinds))("[U6] %s", (_, [type, stored, kind]) => {
  const chunk = fc.array(fc.option(stored as fc.Arbitrary<number | bigint>, { nil: null, freq: 5 }), { maxLength: 30 });
  const tables = fc
    .tuple(fc.array(chunk, { minLength: 1, maxLength: 4 }), fc.nat({ max: 11 }))
    .map(([chunks, skipped]) => tableOfChunks(type, chunks, skipped));

  test("[U6] in bulk and one by one are the same values", () => {
    let inBulk = 0;
    fc.assert(
      fc.property(tables, (table) => {
        const column = columnOf(table);
        const slow = readColumn({ name: column.name, at: column.at }, table.numRows);
        const fast = readColumn(column, table.numRows);
        if (column.readNumbers?.() !== undefined) inBulk++;
        // An empty table has no type one by one.
        if (table.numRows === 0) return;
        const plain = (values: typeof slow): unknown =>
          values.kind === "numbers"
            ? { ...values, numbers: [...values.numbers].map((each, row) => (values.gaps?.[row] === 1 ? null : each)) }
            : values;
        expect(plain(fast)).toEqual(plain(slow));
      }),
      { seed, numRuns: 300 },
    );
    expect(inBulk).toBeGreaterThan(0);
  });

  test("[U6] the order of the rows is that of a table read one by one", () => {
    fc.assert(
      fc.property(tables, fc.boolean(), (table, descending) => {
        const column = columnOf(table);
        const view = (columns: readonly TableColumn[]): TableView =>
          new TableView({ rowCount: table.numRows, columns });
        const sort = { column: 0, descending };
        const rowsOf = (columns: readonly TableColumn[]): number[] => [...(view(columns).select({ sort }) ?? [])];
        expect(rowsOf([column])).toEqual(rowsOf([{ name: "v", at: column.at }]));
      }),
      { seed, numRuns: 100 },
    );
  });

  test("[U6] the type is that of one value", () => {
    const values = fc.sample<number | bigint>(stored, { seed, numRuns: 1 });
    const page = openTable(type, [values, [null]]).page({}, 0, 5);
    expect(page.columns[0]?.type).toBe(kind);
  });
});

test("[U6] the halves of a moment beyond all dates, and of one in each unit", () => {
  const of = (unit: Arrow.TimeUnit, value: bigint): unknown =>
    columnOf(tableOfChunks(new arrow.Timestamp(unit), [[value]], 0)).readNumbers?.()?.numbers[0];
  expect(of(TimeUnit.SECOND, 1_700_000_000n)).toBe(1_700_000_000_000);
  expect(of(TimeUnit.MILLISECOND, -1n)).toBe(-1);
  expect(of(TimeUnit.MICROSECOND, -1500n)).toBe(-1);
  expect(of(TimeUnit.NANOSECOND, 1_700_000_000_123_400_000n)).toBe(1_700_000_000_123);
  expect(of(TimeUnit.MILLISECOND, 2n ** 62n)).toBeNaN();
  expect(openTable(new arrow.Timestamp(TimeUnit.SECOND), [[2n ** 62n, 0n]]).page({}, 0, 5).rows).toEqual([["Invalid Date"], ["1970-01-01"]]); // prettier-ignore
});
