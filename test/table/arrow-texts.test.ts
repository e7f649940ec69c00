/** Texts of apache-arrow are decoded in bulk: the same texts as one by one, for any characters and bytes, with nulls, chunks and slices. */
import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readColumn } from "../../kernel-lib/src/table/column-values";
import type { TableColumn } from "../../kernel-lib/src/table/table-column";
import { tableOf } from "../../kernel-lib/src/table/table-data";

const arrow = createRequire(import.meta.url)("apache-arrow") as typeof Arrow;

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 2 ** 31);
console.info(`arrow texts: STAGEBOOK_SEED=${seed}`);

const types = { utf8: new arrow.Utf8(), "large utf8": new arrow.LargeUtf8() } as const;

/** The values as bytes, some of which are no UTF-8; null for a missing one. */
type Stored = Uint8Array | null;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

function chunkOf(type: Arrow.DataType, values: readonly Stored[], skipped: number): Arrow.Data {
  const all: readonly Stored[] = [...Array.from({ length: skipped }, () => encode("before")), ...values];
  const bits = new Uint8Array(Math.ceil(all.length / 8) + 8);
  for (const [at, value] of all.entries()) if (value !== null) bits[at >> 3]! |= 1 << (at % 8);
  const ends = [0];
  for (const value of all) ends.push((ends.at(-1) ?? 0) + (value?.length ?? 0));
  const valueOffsets = type instanceof arrow.LargeUtf8 ? BigInt64Array.from(ends, BigInt) : Int32Array.from(ends);
  const data = Uint8Array.from(all.flatMap((value) => [...(value ?? [])]));
  const nullCount = all.filter((value) => value === null).length;
  const whole = arrow.makeData({ type, length: all.length, nullCount, nullBitmap: bits, valueOffsets, data } as never) as Arrow.Data; // prettier-ignore
  return whole.slice(skipped, values.length);
}

function columnOf(type: Arrow.DataType, chunks: readonly (readonly Stored[])[], skipped = 0): TableColumn {
  const fields = [new arrow.Field("v", type, true)];
  const batches = chunks.map((values) => {
    const children = [chunkOf(type, values, skipped)];
    const type_ = new arrow.Struct(fields);
    return new arrow.RecordBatch(new arrow.Schema(fields), arrow.makeData({ type: type_, length: values.length, nullCount: 0, children })); // prettier-ignore
  });
  const column = tableOf(new arrow.Table(new arrow.Schema(fields), batches))?.columns[0];
  if (!column) throw new Error("not a table");
  return column;
}

describe.each(Object.entries(types))("[U6] %s", (_, type) => {
  const text = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("", "äöü", "日本", "🙂", "a\u0301"),
  );
  const bytes = fc.oneof(
    { weight: 200, arbitrary: text.map(encode) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom(encode("\uFEFFmark"), encode("é").slice(0, 1), encode("é").slice(1)) },
  );
  const chunk = fc.array(fc.option(bytes, { nil: null, freq: 5 }), { maxLength: 20 });

  test("[U6] in bulk and one by one are the same texts", () => {
    let inBulk = 0;
    fc.assert(
      fc.property(fc.array(chunk, { minLength: 1, maxLength: 3 }), fc.nat({ max: 11 }), (chunks, skipped) => {
        const column = columnOf(type, chunks, skipped);
        const rowCount = chunks.flat().length;
        if (column.readTexts?.() !== undefined) inBulk++;
        // An empty table has no type one by one.
        if (rowCount === 0) return;
        expect(readColumn(column, rowCount)).toEqual(readColumn({ name: "v", at: column.at }, rowCount));
      }),
      { seed, numRuns: 500 },
    );
    expect(inBulk).toBeGreaterThan(100);
  });

  test("[U6] bytes that Arrow replaces or leaves out are read one by one", () => {
    const parts = [encode("é").slice(0, 1), encode("é").slice(1)];
    for (const values of [[Uint8Array.of(0xff)], [encode("\uFEFFmark"), encode("x")], parts])
      expect(columnOf(type, [values]).readTexts?.()).toBe(undefined);
    expect(columnOf(type, [[encode("é🙂"), null, encode("x")]]).readTexts?.()).toEqual({
      kind: "texts",
      texts: ["é🙂", undefined, "x"],
      missing: 1,
    });
  });
});

test("[U6] texts with a dictionary are the same in bulk and one by one, with nulls in rows and in the dictionary", () => {
  const values = fc.array(fc.option(fc.constantFrom("a", "ä", "", "long enough to be a part"), { nil: null, freq: 4 }), { minLength: 1, maxLength: 12 }); // prettier-ignore
  const chunks = fc.array(fc.array(fc.option(fc.nat(), { nil: null, freq: 4 }), { maxLength: 20 }), { minLength: 1, maxLength: 3 }); // prettier-ignore
  let inBulk = 0;
  fc.assert(
    fc.property(values, chunks, (values, chunks) => {
      const dictionary = new arrow.Vector([chunkOf(types.utf8, values.map((value) => value === null ? null : encode(value)), 0)]); // prettier-ignore
      const type = new arrow.Dictionary(types.utf8, new arrow.Int16(), 1);
      const data = chunks.map((positions) => {
        const bits = new Uint8Array(Math.ceil(positions.length / 8) + 8);
        for (const [at, position] of positions.entries()) if (position !== null) bits[at >> 3]! |= 1 << (at % 8);
        const nullCount = positions.filter((position) => position === null).length;
        return arrow.makeData({ type, length: positions.length, nullCount, nullBitmap: bits, dictionary, data: Int16Array.from(positions, (position) => (position ?? 0) % values.length) } as never) as Arrow.Data; // prettier-ignore
      });
      const column = tableOf(new arrow.Table({ v: new arrow.Vector(data) }))?.columns[0];
      const rowCount = chunks.flat().length;
      if (!column || rowCount === 0) return;
      if (column.readTexts?.() !== undefined) inBulk++;
      expect(readColumn(column, rowCount)).toEqual(readColumn({ name: "v", at: column.at }, rowCount));
    }),
    { seed, numRuns: 300 },
  );
  expect(inBulk).toBeGreaterThan(50);
});

test("[U6] ends that lie outside of the bytes, or go back, are not followed", () => {
  const type = new arrow.Utf8();
  for (const ends of [
    [0, 2, 99],
    [0, 3, 1],
    [-1, 1, 2],
  ]) {
    const data = arrow.makeData({ type, length: 2, nullCount: 0, valueOffsets: Int32Array.from(ends), data: encode("abc") }); // prettier-ignore
    const table = new arrow.Table({ v: new arrow.Vector([data]) });
    expect(tableOf(table)?.columns[0]?.readTexts?.()).toBe(undefined);
  }
});
