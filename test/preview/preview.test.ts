/** The bounded previews of values that the stage panel draws, and parsing values from their text. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOfValue } from "../../kernel-lib/src/key/describe";
import { previewItems, previewValue } from "../../kernel-lib/src/preview/preview";
import { readText } from "../../kernel-lib/src/preview/read-text";

describe("the preview of a value", () => {
  it("[O6] is a table with types and statistics for rows", () => {
    const rows = Array.from({ length: 120 }, (_, at) => ({
      id: at,
      place: at % 3 === 0 ? "Chile" : `place ${at}`,
      ...(at < 10 ? { depth: null } : { depth: at / 2 }),
      ...(at === 5 ? { rare: new Date(0) } : {}),
    }));
    const picture = previewValue(rows);
    expect(picture).toMatchObject({ kind: "rows", count: 120, sampled: 120, moreColumns: 0 });
    if (picture.kind !== "rows") throw new Error("no table");
    expect(picture.rows).toHaveLength(50);
    expect(picture.rows[0]).toEqual(["0", "Chile", "null", null]);
    expect(picture.columns).toMatchObject([
      { name: "id", type: "number", missing: 0, distinct: 120, numbers: { min: 0, max: 119, mean: 59.5 } },
      { name: "place", type: "string", distinct: 81, top: { text: "Chile", count: 40 } },
      { name: "depth", type: "number", missing: 10, numbers: { min: 5, max: 59.5 } },
      { name: "rare", type: "Date", missing: 119, distinct: 1 },
    ]);
  });

  it("[O6] is a histogram for a typed array and for an array of numbers, with NaN and infinities among them", () => {
    const picture = previewValue(Float64Array.from([1, 2, 3, 4, NaN, Infinity, -0]));
    expect(picture).toMatchObject({ kind: "numbers", type: "Float64Array", count: 7, notFinite: 2 });
    if (picture.kind !== "numbers") throw new Error("no numbers");
    expect(picture.first).toEqual(["1", "2", "3", "4", "NaN", "Infinity", "-0"]);
    expect(picture.figures?.bins.reduce((sum, bin) => sum + bin)).toBe(5);
    expect(previewValue([5, 5, 5])).toMatchObject({ kind: "numbers", figures: { min: 5, max: 5, bins: [3] } });
    expect(previewValue([NaN])).not.toHaveProperty("figures");
    expect(previewValue([])).toEqual({ kind: "tree", value: [] });
  });

  it("[O6] has every finite number in one bin, for any numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { minLength: 1 }), (numbers) => {
        const picture = previewValue(numbers);
        if (picture.kind !== "numbers") throw new Error("no numbers");
        const finite = numbers.filter((number) => Number.isFinite(number));
        expect(picture.figures?.bins.reduce((sum, bin) => sum + bin) ?? 0).toBe(finite.length);
        expect(picture.notFinite).toBe(numbers.length - finite.length);
      }),
    );
  });

  it("[O6] is an image for SVG text and for image bytes, and contains no bytes of one that is too large", () => {
    expect(previewValue('<svg xmlns="http://www.w3.org/2000/svg"/>')).toMatchObject({ mime: "image/svg+xml" });
    const png = Buffer.alloc(64);
    png.write("\x89PNG\r\n\x1a\n", "latin1");
    expect(previewValue(new Uint8Array(png))).toMatchObject({ mime: "image/png", base64: png.toString("base64") });
    const large = Buffer.alloc(3_000_000);
    png.copy(large);
    expect(previewValue(large)).toMatchObject({ kind: "image", base64: null, sizeBytes: 3_000_000 });
    expect(previewValue(Buffer.from("text"))).toEqual({ kind: "text" });
  });

  it("[O6] is a tree for objects, limited in depth, width and text", () => {
    const deep = { a: { b: { c: { d: { e: { f: { g: 1 } } } } } }, at: new Date(0), no: undefined, n: NaN };
    expect(previewValue(deep)).toEqual({
      kind: "tree",
      value: {
        a: { b: { c: { d: { e: { f: "… { g }" } } } } },
        at: "1970-01-01",
        no: "undefined",
        n: "NaN",
      },
    });
    const wide = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`key${at}`, "z".repeat(1_000)]));
    const picture = previewValue({ wide, many: Array.from({ length: 500 }, (_, at) => [at]) });
    expect(JSON.stringify(picture).length).toBeLessThan(20_000);
    expect(JSON.stringify(picture)).toContain("450 more");
  });

  it.each([
    ["two of the largest", [Number.MAX_VALUE, -Number.MAX_VALUE], 0],
    ["one large one and one of the largest", [3.5e293, -Number.MAX_VALUE], -Number.MAX_VALUE / 2],
    ["the largest several times", [Number.MAX_VALUE, Number.MAX_VALUE, Number.MAX_VALUE], Number.MAX_VALUE],
  ])("[O6] the mean of numbers is a number: %s", (_what, numbers, mean) => {
    const { figures } = previewValue(Float64Array.from(numbers)) as { figures?: { mean: number } };
    expect((figures?.mean ?? NaN) / (mean || 1)).toBeCloseTo(mean === 0 ? 0 : 1, 9);
  });

  it("[O6] is small for any value, and is JSON", () => {
    const branch = (depth: number): unknown =>
      depth === 0
        ? "z".repeat(5_000)
        : Object.fromEntries(Array.from({ length: 60 }, (_, at) => [at, branch(depth - 1)]));
    expect(JSON.stringify(previewValue(branch(3))).length).toBeLessThan(1_500_000);
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) => {
        const picture = previewValue(value);
        expect(JSON.parse(JSON.stringify(picture))).toEqual(picture);
      }),
    );
  });

  it("[O6] shows the first items of a stream as a table or as text, with the total count", () => {
    expect(previewItems([{ a: 1 }, { a: 2 }], 900)).toMatchObject({ kind: "rows", count: 900, sampled: 2 });
    expect(previewItems(["x", 2], 900)).toEqual({ kind: "items", count: 900, items: ['"x"', "2"] });
  });
});

describe("the value of a text", () => {
  it("[P8] is the original value, for all plain data whose names do not have both kinds of quotes", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 2 }), (value) => {
        fc.pre(!/"[^"]*'[^"]*\\"|\\"[^"]*'/.test(JSON.stringify(value)));
        const text = textOfValue(value, 100_000);
        const read = readText(text);
        expect(read && textOfValue(read.value, 100_000)).toBe(text);
      }),
    );
    expect(readText("-4.5")).toEqual({ value: -4.5 });
    expect(readText("{ a: 'x', 'b-c': [ 1, true, null ] }")).toEqual({ value: { a: "x", "b-c": [1, true, null] } });
  });

  it.each(["alert(1)", "x", "{ a: 1", "/a/", "a => a", "{ get a() { return 1 } }", "[Object]", "{ [a]: 1 }", ""])(
    "[P8] %s is not plain data, and none of it is executed",
    (text) => {
      expect(readText(text)).toBeUndefined();
    },
  );
});
