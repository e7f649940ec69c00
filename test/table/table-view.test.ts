/** Sorted, filtered and paged tables are those of a plain implementation, for every kind of table. */
import { createRequire } from "node:module";
import type * as DuckDb from "@duckdb/node-api";
import type * as Arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TableComparison, TableFilter, TableSort } from "../../kernel-lib/src/protocol";
import { cellOf, textOf } from "../../kernel-lib/src/table/cell";
import { decimalsOf } from "../../kernel-lib/src/table/decimals";
import { tableOf } from "../../kernel-lib/src/table/table-data";
import { TableView } from "../../kernel-lib/src/table/table-view";
import { orHeavy } from "../rig/part";

const load = createRequire(import.meta.url);
const arrow = load("apache-arrow") as typeof Arrow;
const arquero = load("arquero") as { table(columns: object): object };

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 2 ** 31);
console.info(`table property: STAGEBOOK_SEED=${seed}`);

type Row = { readonly [name: string]: unknown };

/** A table, or a failed test. */
const viewOf = (value: unknown): TableView => {
  const data = tableOf(value);
  if (!data) throw new Error("not a table");
  return new TableView(data);
};

/** The values of the kinds that a column may have, with few different ones so that some are equal. */
const columns = {
  number: fc.oneof(fc.double(), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, -0, NaN, Infinity, -Infinity)),
  text: fc.oneof(fc.constantFrom("", "a", "A", "ab", "ab\uffff", "Zürich", "ж", "item 1", "item 10"), fc.string()),
  date: fc.date({ min: new Date(-1e12), max: new Date(2e12), noInvalidDate: true }),
  flag: fc.boolean(),
  any: fc.oneof(fc.integer(), fc.string(), fc.boolean(), fc.bigInt(), fc.date({ noInvalidDate: true })),
};
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 6 });
const rowsArbitrary = fc.array(
  fc.record(
    Object.fromEntries(
      Object.entries(columns).map(([name, value]) => [name, optional(value as fc.Arbitrary<unknown>)]),
    ),
  ),
  { minLength: 1, maxLength: 60 },
);
const names = Object.keys(columns);

/** The order in plain JavaScript: missing values last, ties in the order of the rows. */
function plainSort(rows: readonly Row[], name: string, descending: boolean): readonly Row[] {
  const rank = (value: unknown): number =>
    typeof value === "boolean"
      ? 0
      : typeof value === "number" || typeof value === "bigint"
        ? 1
        : value instanceof Date
          ? 2
          : 3;
  const compare = (one: unknown, other: unknown): number => {
    if (rank(one) !== rank(other)) return rank(one) - rank(other);
    if (Number.isNaN(one) || Number.isNaN(other)) return Number(Number.isNaN(one)) - Number(Number.isNaN(other));
    return (one as number) < (other as number) ? -1 : (one as number) > (other as number) ? 1 : 0;
  };
  const present = rows.filter((row) => row[name] !== undefined);
  return [
    ...present.sort((one, other) => (descending ? -1 : 1) * compare(one[name], other[name])),
    ...rows.filter((row) => row[name] === undefined),
  ];
}

function plainPasses(value: unknown, is: TableComparison, wanted: unknown, text: string): boolean {
  if (is === "missing") return value === undefined;
  if (value === undefined) return false;
  if (is === "present") return true;
  if (is === "contains") return textOf(value).toLowerCase().includes(text.toLowerCase());
  const [one, other] =
    value instanceof Date ? [value.getTime(), (wanted as Date).getTime()] : [value as number, wanted as number];
  const isSame = one === other || (Number.isNaN(one) && Number.isNaN(other));
  const passes = {
    "=": isSame,
    "!=": !isSame,
    "<": one < other,
    "<=": one <= other,
    ">": one > other,
    ">=": one >= other,
  };
  return passes[is];
}

describe("[U6] rows", () => {
  test("[U6] sorting by any column gives the order of a plain stable sort", () => {
    fc.assert(
      fc.property(rowsArbitrary, fc.constantFrom(...names), fc.boolean(), (rows, name, descending) => {
        const view = viewOf(rows);
        const column = view.columnNames.indexOf(name);
        fc.pre(column >= 0);
        const sort: TableSort = { column, descending };
        const sorted = plainSort(rows, name, descending);
        const found = [...view.rows({ sort })].map((row) => row[column]);
        expect(found).toEqual(sorted.map((row) => row[name]));
        // Which of equal rows comes first shows in the whole row.
        expect([...view.rows({ sort })]).toEqual(sorted.map((row) => view.columnNames.map((each) => row[each])));
      }),
      { seed, numRuns: 500 },
    );
  });

  test("[U6] filters pass the rows that a plain comparison passes, in pages that make up the whole", () => {
    const comparisons = ["contains", "=", "!=", "<", "<=", ">", ">=", "missing", "present"] as const;
    fc.assert(
      fc.property(
        rowsArbitrary,
        fc.constantFrom("number", "text", "date", "flag"),
        fc.constantFrom(...comparisons),
        fc.nat(),
        fc.integer({ min: 1, max: 20 }),
        (rows, name, is, nth, pageRows) => {
          const view = viewOf(rows);
          const column = view.columnNames.indexOf(name);
          const wanted = (rows as readonly Row[]).map((row) => row[name]).filter((value) => value !== undefined);
          fc.pre(column >= 0 && wanted.length > 0);
          const one = wanted[nth % wanted.length];
          // Milliseconds are named in full: a shorter text is a whole day.
          const value = one instanceof Date ? one.toISOString() : textOf(one);
          const filters: readonly TableFilter[] = [{ column, is, value }];
          const passed = (rows as readonly Row[]).filter((row) => plainPasses(row[name], is, one, value));
          const pages: unknown[] = [];
          for (let from = 0; from < passed.length; from += pageRows) {
            const page = view.page({ filters }, from, pageRows);
            expect(page.count).toBe(passed.length);
            pages.push(...page.rows.map((row) => row[column]));
          }
          expect(view.page({ filters }, 0, 1).count).toBe(passed.length);
          expect(pages).toEqual(passed.map((row) => cellOf(row[name])));
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  test("[U6] many texts are sorted as few are, with common beginnings, every character and equal ones", () => {
    const characters = ["a", "b", "é", "ж", "\uffff", "item ", ""];
    let state = seed >>> 0;
    const next = (below: number): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) % below;
    const both = [false, true];
    for (const [alphabet, directions] of [
      [characters, orHeavy([false], both)],
      [characters.slice(0, 3), orHeavy([true], both)],
    ] as const) {
      const rows = Array.from({ length: 120_000 }, (_, at) => ({
        at,
        text: `item ${Array.from({ length: 6 }, () => alphabet[next(alphabet.length)]).join("")}${next(9000)}`,
      }));
      expect(new Set(rows.map(({ text }) => text)).size).toBeGreaterThan(50_000);
      for (const descending of directions) {
        const view = viewOf(rows);
        const sorted = [...rows].sort((one, other) => (one.text === other.text ? 0 : (one.text < other.text ? -1 : 1) * (descending ? -1 : 1))); // prettier-ignore
        expect([...view.rows({ sort: { column: 1, descending } })].map(([at]) => at)).toEqual(
          sorted.map(({ at }) => at),
        );
      }
    }
  });

  test("[U6] a day, a month or a year stands for all its moments", () => {
    const view = viewOf(
      ["2020-01-31T23:59:59.999Z", "2020-02-01", "2021-02-01T12:00:00Z"].map((at) => ({ at: new Date(at) })),
    );
    const count = (is: TableComparison, value: string): number =>
      view.page({ filters: [{ column: 0, is, value }] }, 0, 9).count;
    expect([count("=", "2020-01-31"), count("=", "2020-02"), count("=", "2020"), count(">", "2020")]).toEqual([
      1, 1, 2, 1,
    ]);
    expect([count("<=", "2020-02-01"), count("<", "2020-02-01"), count("!=", "2020")]).toEqual([2, 1, 1]);
    expect(() => count(">", "soon")).toThrow(expect.objectContaining({ code: "table-filter" }) as Error);
  });

  test("[U6] fields that only late rows have are columns", () => {
    const rows: Row[] = Array.from({ length: 30_000 }, (_, n) => ({ n }));
    rows[29_998] = { n: 1, late: true };
    expect(viewOf(rows).columnNames).toEqual(["n", "late"]);
    expect(viewOf(rows).page({ filters: [{ column: 1, is: "present", value: "" }] }, 0, 5).rows).toEqual([[1, true]]);
  });
});

describe("[U6] every kind of table", () => {
  const n = [3, 1, 2];
  const at = [new Date(0), new Date("2026-01-31"), new Date("2026-01-31T14:03:09Z")];
  const city = ["Bern", null, "Ulm"];
  const rows = n.map((each, index) => ({ n: each, city: city[index], at: at[index] }));
  const expected = [
    [1, null, "2026-01-31"],
    [2, "Ulm", "2026-01-31T14:03:09Z"],
    [3, "Bern", "1970-01-01"],
  ];
  test.each([
    ["an array of objects", rows],
    ["an apache-arrow table", arrow.tableFromArrays({ n: Int32Array.from(n), city, at })],
    ["a batch", arrow.tableFromArrays({ n: Float64Array.from(n), city, at }).batches[0]],
    ["an arquero table", arquero.table({ n, city, at })],
  ])("[U6] %s is sorted and shown alike", (_, table) => {
    const page = viewOf(table).page({ sort: { column: 0, descending: false } }, 0, 10);
    expect(page.columns.map(({ name }) => name)).toEqual(["n", "city", "at"]);
    expect(page.rows).toEqual(expected);
  });

  test("[U6] a result of DuckDB is sorted and shown alike", async () => {
    const { DuckDBInstance } = load("@duckdb/node-api") as typeof DuckDb;
    const connection = await (await DuckDBInstance.create()).connect();
    const reader = await connection.runAndReadAll(
      "select * from (values (3, 'Bern', date '1970-01-01'), (1, null, date '2026-01-31'), (2, 'Ulm', timestamp '2026-01-31 14:03:09')) as t(n, city, \"at\")",
    );
    expect(viewOf(reader).page({ sort: { column: 0, descending: false } }, 0, 10).rows).toEqual(expected);
    connection.closeSync();
  });

  test.each([
    ["a typed array", Float64Array.of(2, 1), [[1], [2]]],
    ["an array of numbers", [2, 1], [[1], [2]]],
    ["an array of big integers", [2n ** 70n, 1n], [["1"], [String(2n ** 70n)]]],
    ["integers of 64 bits", arrow.tableFromArrays({ v: BigInt64Array.of(2n, 1n) }), [["1"], ["2"]]],
  ])("[U6] %s is a table of one column", (_, value, sorted) => {
    expect(viewOf(value).page({ sort: { column: 0, descending: false } }, 0, 10).rows).toEqual(sorted);
  });

  test.each([["text"], [5], [null], [{ a: 1 }], [[]], [[[1], [2]]], [new Map()], [Buffer.from("a")]])(
    "[U6] %j is not a table",
    (value) => expect(tableOf(value)).toBeUndefined(),
  );
});

describe("[U6] statistics of columns", () => {
  test("[U6] of numbers: the mean of the largest ones is a number", () => {
    const rows = [{ n: Number.MAX_VALUE }, { n: -Number.MAX_VALUE }, { n: Number.MAX_VALUE }];
    expect(viewOf(rows).summary(0).mean).toBeCloseTo(Number.MAX_VALUE / 3, -295);
  });

  test("[U6] of numbers: missing values, range, mean and a histogram of at most 20 bins that counts each finite one", () => {
    const rows = [{ x: 1 }, { x: 3 }, { x: NaN }, {}, { x: null }, { x: 2 }];
    expect(viewOf(rows).summary(0)).toMatchObject({ type: "number", missing: 2, min: 1, max: 3, mean: 2, distinct: 3 });
    fc.assert(
      fc.property(fc.array(columns.number, { minLength: 1 }), (numbers) => {
        const { bins = [] } = viewOf(numbers).summary(0);
        expect(bins.length).toBeLessThanOrEqual(20);
        expect(bins.reduce((sum, bin) => sum + bin, 0)).toBe(numbers.filter(Number.isFinite).length);
      }),
      { seed },
    );
  });

  test("[U6] of texts: the most frequent ones; of dates: a histogram; of mixed values: their types", () => {
    const rows = [
      { city: "Ulm", at: new Date(0), any: 1 },
      { city: "Bern", at: new Date(1e9), any: "a" },
      { city: "Ulm", at: null, any: true },
    ];
    const view = viewOf(rows);
    expect(view.summary(0)).toMatchObject({ type: "string", min: "Bern", max: "Ulm", distinct: 2, top: [{ text: "Ulm", count: 2 }, { text: "Bern", count: 1 }] }); // prettier-ignore
    expect(view.summary(1)).toMatchObject({ type: "Date", missing: 1, min: "1970-01-01" });
    expect(view.summary(2)).toMatchObject({ type: "number | string | boolean", missing: 0, distinct: 3 });
  });

  test.each([
    [[1, 2, 3], 0],
    [[1.5, 2.25], 2],
    [[0.1 + 0.2, 1.123456789], 5],
    [[1_000_000.25, 1_000_000.75], 2],
    [[1e-7, 3e-7], 7],
    [[123_456.789, 0.5], 0],
    [[NaN, Infinity], 0],
  ])("[U6] the numbers of %j need %i decimals", (numbers, decimals) => {
    expect(decimalsOf({ name: "x", at: (row) => numbers[row] }, numbers.length)).toBe(decimals);
  });
});

test("[U6] a page is bounded in rows, columns and bytes, whatever the values are", () => {
  const wide = Array.from({ length: 500 }, () => Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`c${at}`, "x".repeat(5000)]))); // prettier-ignore
  const page = viewOf(wide).page({}, 0, 1e9);
  expect(page.moreColumns).toBe(100);
  expect(JSON.stringify(page).length).toBeLessThan(1_500_000);
  expect(page.rows.length).toBeGreaterThan(0);
});
