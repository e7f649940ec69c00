/** Human-readable texts of values. */
import { describe, expect, test } from "vitest";
import { describeValue, textOfValue } from "../../kernel-lib/src/key/describe";
import { formatCount, formatSize } from "../../kernel-lib/src/protocol";

describe("[O6] texts of values", () => {
  const rows = Array.from({ length: 1204 }, (_, id) => ({ id }));
  test.each<[unknown, string]>([
    [rows, "1,204 rows"],
    [rows.slice(0, 1), "1 row"],
    [[1, 2, 3], "3 items"],
    [[], "0 items"],
    [0.82, "0.82"],
    [-0, "-0"],
    [10n, "10n"],
    ["text", '"text"'],
    [new Map([[1, 1]]), "Map of 1"],
    [new Set(), "Set of 0"],
    [new Float64Array(1000), "Float64Array of 1,000"],
    [Buffer.alloc(12_345), "12 kB"],
    [undefined, "undefined"],
    [null, "null"],
    [true, "true"],
    [new Date(0), "1970-01-01"],
    [new Date(NaN), "Invalid Date"],
    [`<svg xmlns="x">${"x".repeat(12_000)}</svg>`, "SVG picture, 12 kB"],
    [{}, "{}"],
    [{ a: 1, b: 2 }, "{ a, b }"],
    [{ a: 1, b: 2, c: 3, d: 4, e: 5 }, "{ a, b, c, d, … }"],
    [Promise.resolve(), "a promise"],
    [new (class Model {})(), "Model"],
    [new Proxy([], {}), "a proxy"],
  ])("[O6] %# reads as %s", (value, text) => {
    expect(describeValue(value)).toBe(text);
  });

  test("[O8] a value as it is written in code", () => {
    expect(textOfValue(4.5)).toBe("4.5");
    expect(textOfValue('a "b"\n')).toBe('"a \\"b\\"\\n"');
    expect(textOfValue({ a: [1, 2] })).toBe("{ a: [ 1, 2 ] }");
    expect(textOfValue(new TypeError("no"))).toBe("TypeError: no");
    expect(textOfValue({ b: 1, a: 2 })).toBe(textOfValue({ a: 2, b: 1 }));
  });

  test("[O8] any value is one line of at most the requested length", () => {
    for (const value of [
      rows,
      "x".repeat(1e6),
      "😀".repeat(100),
      { a: { b: { c: { d: { e: 1 } } } } },
      [["a\nb"]],
      new Error("a\nb"),
    ]) {
      for (const max of [20, 200]) {
        const text = textOfValue(value, max);
        expect(text.length).toBeLessThanOrEqual(max);
        expect(text).not.toMatch(/\n|[\ud800-\udbff]…$/);
      }
    }
  });

  test("[O8] what a text cannot show is not written out", () => {
    const table = (width: number, depth: number): object =>
      Object.fromEntries(
        Array.from({ length: width }, (_, at) => [`k${at}`, depth > 0 ? table(width, depth - 1) : at]),
      );
    const large = table(25, 3);
    const startedAt = process.cpuUsage().user;
    for (let at = 0; at < 20; at++) expect(textOfValue(large)).toMatch(/^\{ k0: \{ k0: (\[Object\]|\{)/);
    expect((process.cpuUsage().user - startedAt) / 1e6).toBeLessThan(1);
  });

  test("[O8] no user code runs", () => {
    const trap = new Proxy({}, { get: () => { throw new Error("ran"); } }); // prettier-ignore
    const getter = { get a(): never { throw new Error("ran"); }, [Symbol.for("nodejs.util.inspect.custom")]: () => { throw new Error("ran"); } }; // prettier-ignore
    for (const value of [trap, getter, [trap], { trap }])
      expect([describeValue(value), textOfValue(value)]).toHaveLength(2);
  });

  test("[O6] counts and sizes", () => {
    expect([0, 999, 1000, 1234567].map(formatCount)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 1, 999, 1000, 1500, 12_345, 1_200_000, 8e9].map(formatSize)).toEqual([
      "0 B",
      "1 B",
      "999 B",
      "1.0 kB",
      "1.5 kB",
      "12 kB",
      "1.2 MB",
      "8.0 GB",
    ]);
  });
});
