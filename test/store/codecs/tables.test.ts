/** Tables of apache-arrow and arquero as results, alone and inside of plain data; what is refused names its package. */
import { createRequire } from "node:module";
import type * as DuckDb from "@duckdb/node-api";
import type * as Arrow from "apache-arrow";
import { describe, expect, test } from "vitest";
import { codecNamed } from "../../../kernel-lib/src/store/codecs/named-codecs";
import { storeItems, readItems } from "../../../kernel-lib/src/store/codecs/items";
import { v8Codec } from "../../../kernel-lib/src/store/codecs/v8-codec";
import { decodeValue, encodeValue, type EncodedValue } from "../../../kernel-lib/src/store/codecs/value";
import { from, joined, refsOf } from "./encoded";

// Loaded in the same way as in cells.
const load = createRequire(import.meta.url);
const arrow = load("apache-arrow") as typeof Arrow;
interface ArqueroTable {
  objects(): readonly object[];
  columnNames(): readonly string[];
  filter(criteria: string): ArqueroTable;
  orderby(name: string): ArqueroTable;
  groupby(name: string): ArqueroTable;
  select(...names: string[]): ArqueroTable;
}
const arquero = load("arquero") as { table(columns: object): ArqueroTable };

const stored = async (value: unknown): Promise<EncodedValue & { readonly again: unknown }> => {
  const encoded = await encodeValue(value, undefined);
  const found = await decodeValue(refsOf(encoded), codecNamed(encoded.codec), from(encoded));
  return { ...encoded, again: found?.value };
};

const places = () =>
  arrow.tableFromArrays({
    n: Int32Array.from([1, 2, 3, 4]),
    big: BigInt64Array.from([1n, 2n, 3n, 2n ** 60n]),
    x: Float64Array.from([0.5, NaN, -0, 1e300]),
    city: ["Bern", null, "Ulm", "Bern"],
  });

const valuesOf = (table: unknown): readonly unknown[] =>
  Array.from(table as Iterable<{ toJSON(): unknown }>, (row) => row.toJSON());

describe("[C3] apache-arrow", () => {
  test("[C3] a table is stored as an IPC file without an option, and loaded as a table", async () => {
    const table = places();
    const { again, codec, blobs, digest } = await stored(table);
    expect(codec).toBe("arrow");
    expect(Buffer.from(joined(blobs[0]?.pieces ?? [])).toString("latin1", 0, 6)).toBe("ARROW1");
    expect(again).toBeInstanceOf(arrow.Table);
    expect(valuesOf(again)).toEqual(valuesOf(table));
    expect(digest).toBe((await encodeValue(table, "arrow")).digest);
  });

  test("[C3] equal rows have equal digests, in however many batches; values, names and the order of columns count", async () => {
    const table = places();
    const { digest, again } = await stored(table);
    const loaded = again as typeof table;
    const cut = new arrow.Table([...loaded.slice(0, 1).batches, ...loaded.slice(1).batches]);
    expect((await stored(cut)).digest).toBe(digest);
    const others = [
      table.select(["big", "n", "x", "city"]),
      table.slice(0, 3),
      arrow.tableFromArrays({ n: Int32Array.from([1, 2, 3, 4]) }),
      arrow.tableFromArrays({ n: Float64Array.from([1, 2, 3, 4]) }),
      arrow.tableFromArrays({ m: Int32Array.from([1, 2, 3, 4]) }),
      arrow.tableFromArrays({ n: Int32Array.from([1, 2, 3, 5]) }),
    ];
    const digests = await Promise.all(others.map(async (each) => (await stored(each)).digest));
    expect(new Set([digest, ...digests]).size).toBe(others.length + 1);
  });

  test("[C3] a batch is loaded as a batch, also one without rows", async () => {
    for (const batch of [places().batches[0], places().slice(0, 0).batches[0]]) {
      if (!batch) continue;
      const { again, codec } = await stored(batch);
      expect(codec).toBe("arrow-batch");
      expect(again).toBeInstanceOf(arrow.RecordBatch);
      expect((again as typeof batch).numRows).toBe(batch.numRows);
      expect((again as typeof batch).schema.names).toEqual(batch.schema.names);
    }
  });
});

describe("[C3] arquero", () => {
  const columns = {
    n: [1, 2, 3],
    city: ["Bern", null, "Ulm"],
    at: [new Date(0), null, new Date(5)],
    ok: [true, false, true],
  };
  test.each([
    ["columns that Arrow holds", columns],
    ["columns that it does not hold", { mixed: [1, "a", { deep: [1n] }], missing: [undefined, null, 1] }],
    ["no rows", { n: [], city: [] }],
  ])("[C3] a table with %s is loaded as an arquero table with the same values", async (_, data) => {
    const table = arquero.table(data);
    const { again, codec, digest } = await stored(table);
    expect(codec).toBe("arquero");
    expect(again).toBeInstanceOf(table.constructor);
    expect((again as ArqueroTable).columnNames()).toEqual(table.columnNames());
    expect((again as ArqueroTable).objects()).toEqual(table.objects());
    expect((await stored(again)).digest).toBe(digest);
  });

  test("[C3] what is filtered out is not stored, and the order of rows and columns counts", async () => {
    const table = arquero.table(columns);
    const some = await stored(table.filter("d => d.n > 1"));
    expect((some.again as ArqueroTable).objects()).toEqual(table.objects().slice(1));
    const turned = await stored(table.select("city", "n", "at", "ok"));
    const sorted = await stored(table.orderby("city"));
    expect(new Set([some, turned, sorted, await stored(table)].map(({ digest }) => digest)).size).toBe(4);
  });

  test("[C3] a grouped table is refused with advice", async () => {
    const grouped = arquero.table(columns).groupby("ok");
    await expect(async () => encodeValue(grouped, undefined)).rejects.toMatchObject({
      code: "not-storable",
      advice: expect.stringContaining("ungroup()") as string,
    });
  });
});

describe("[C3] tables inside of plain data", () => {
  test("[C3] each has its place, also with cycles, shared parts and amended objects", async () => {
    const [train, test] = [places(), arquero.table({ a: [1, 2] })];
    const value = {
      sets: new Map<string, unknown>([["train", train]]),
      list: [train, , test], // eslint-disable-line no-sparse-arrays
      bare: Object.assign(Object.create(null) as object, { test }),
      failed: Object.assign(new Error("x"), { rows: train }),
      large: new Float64Array(300_000).fill(2),
      self: undefined as unknown,
    };
    value.self = value;
    const { again, digest } = await stored(value);
    const loaded = again as typeof value;
    expect(loaded.self).toBe(loaded);
    expect(loaded.list[0]).toBeInstanceOf(arrow.Table);
    expect(loaded.sets.get("train")).toBe(loaded.list[0]);
    expect(1 in loaded.list).toBe(false);
    expect((loaded.list[2] as ArqueroTable).objects()).toEqual(test.objects());
    expect(Object.getPrototypeOf(loaded.bare)).toBe(null);
    expect(loaded.large[299_999]).toBe(2);
    expect((await stored(loaded)).digest).toBe(digest);
    expect((await stored({ ...value, list: [train] })).digest).not.toBe(digest);
  });

  test("[C3] tables are items of a stream", async () => {
    const kept = new Map<string, Uint8Array>();
    const source = (async function* () {
      yield places();
      yield { part: places().slice(0, 2) };
    })();
    const saved = await storeItems(source, undefined, {
      put: async ({ ref, pieces }) => void kept.set(ref.digest, joined(pieces)),
      signal: new AbortController().signal,
      count: () => undefined,
    });
    const items: unknown[] = [];
    for await (const item of readItems(saved.blobs, undefined, async (ref) => kept.get(ref.digest))) items.push(item);
    expect(items[0]).toBeInstanceOf(arrow.Table);
    expect((items[1] as { part: Arrow.Table }).part.numRows).toBe(2);
  });

  test("[Y5] damaged tables are an error, never a wrong value", () => {
    const bytes = v8Codec.encode({ table: places() }) as Uint8Array;
    expect(() => v8Codec.decode(bytes.slice(0, -8))).toThrow(expect.objectContaining({ code: "damaged" }) as Error);
  });
});

describe("[C4] what is refused", () => {
  test("[C4] an instance of a package's class names the package", async () => {
    const { Map: ImmutableMap, List } = load("immutable") as {
      Map(data: object): object;
      List(data: unknown[]): object;
    };
    for (const value of [ImmutableMap({ a: 1 }), List([1])])
      await expect(async () => encodeValue({ of: value }, undefined)).rejects.toMatchObject({
        code: "not-storable",
        message: expect.stringMatching(/`value\.of` is an instance of class \w+ of the package immutable/) as string,
        advice: expect.stringContaining("codec") as string,
      });
  });

  test("[C4] a result of DuckDB advises plain rows", async () => {
    const { DuckDBInstance } = load("@duckdb/node-api") as typeof DuckDb;
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll("select 1.5::decimal(4, 1) as d, date '2020-01-01' as at");
    for (const value of [reader, reader.getRowObjects()])
      await expect(async () => encodeValue(value, undefined)).rejects.toMatchObject({
        code: "not-storable",
        advice: expect.stringContaining("getRowObjectsJS()") as string,
      });
    expect((await stored(reader.getRowObjectsJS())).again).toEqual(reader.getRowObjectsJS());
    connection.closeSync();
  });
});
