/** The digest of values, kind by kind. Its general properties are in canonical-properties.test.ts. */
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { digestValue } from "../../../kernel-lib/src/key/values/canonical";
import { StagebookError } from "../../../kernel-lib/src/protocol";

/** Values that all differ from each other. */
const distinct: readonly (readonly [string, unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ["true", true],
  ["false", false],
  ["0", 0],
  ["-0", -0],
  ["1", 1],
  ["NaN", NaN],
  ["Infinity", Infinity],
  ["1n", 1n],
  ["-1n", -1n],
  ["a large bigint", 2n ** 100n],
  ["empty text", ""],
  ["'1'", "1"],
  ["é composed", "\u00e9"],
  ["é decomposed", "e\u0301"],
  ["a lone surrogate", "\ud800"],
  ["another lone surrogate", "\ud801"],
  ["a replacement character", "\ufffd"],
  ["48 letters", "x".repeat(48)],
  ["49 letters", "x".repeat(49)],
  ["49 wide letters", "ж".repeat(49)],
  ["100,000 letters", "x".repeat(100_000)],
  ["100,001 letters", "x".repeat(100_001)],
  ["Symbol.for", Symbol.for("x")],
  ["Symbol.for of another name", Symbol.for("y")],
  ["Symbol.for like a well-known one", Symbol.for("Symbol.iterator")],
  ["Symbol.iterator", Symbol.iterator],
  ["{}", {}],
  ["a null-prototype object", Object.create(null)],
  ["[]", []],
  ["[undefined]", [undefined]],
  ["[hole]", new Array(1)],
  ["[null]", [null]],
  ["two holes", new Array(2)],
  ["a hole in the middle", [1, , 2]], // eslint-disable-line no-sparse-arrays
  ["undefined in the middle", [1, undefined, 2]],
  ["an array with a property", Object.assign([1], { index: 0 })],
  ["an array without it", [1]],
  ["nested", [[1], 2]],
  ["nested otherwise", [[1, 2]]],
  ["a property undefined", { a: undefined }],
  ["hidden property", Object.defineProperty({}, "a", { value: undefined })],
  ["a symbol property", { [Symbol.for("a")]: undefined }],
  ["the key '0'", { 0: "a" }],
  ["the item 0", ["a"]],
  ["own __proto__", JSON.parse('{"__proto__":1}')],
  ["a date", new Date(0)],
  ["another date", new Date(1)],
  ["an invalid date", new Date(NaN)],
  ["a regexp", /a/],
  ["a regexp with a flag", /a/g],
  ["a regexp under way", Object.assign(/a/g, { lastIndex: 1 })],
  ["a Map", new Map()],
  ["a Map of one", new Map([["a", 1]])],
  ["a Set", new Set()],
  ["a Set of one", new Set(["a"])],
  ["a Set 1, 2", new Set([1, 2])],
  ["a Set 2, 1", new Set([2, 1])],
  [
    "a Map a, b",
    new Map([
      ["a", 1],
      ["b", 1],
    ]),
  ],
  [
    "a Map b, a",
    new Map([
      ["b", 1],
      ["a", 1],
    ]),
  ],
  ["Int8Array", Int8Array.of(1)],
  ["Uint8Array", Uint8Array.of(1)],
  ["Uint8ClampedArray", Uint8ClampedArray.of(1)],
  ["Buffer", Buffer.of(1)],
  ["ArrayBuffer", Uint8Array.of(1).buffer],
  ["a resizable ArrayBuffer", resizable(1, 2)],
  ["SharedArrayBuffer", new SharedArrayBuffer(1)],
  ["DataView", new DataView(Uint8Array.of(1).buffer)],
  ["Float64Array 0", new Float64Array(1)],
  ["Float64Array -0", Float64Array.of(-0)],
  ["Float64Array NaN", Float64Array.of(NaN)],
  ["Float32Array", new Float32Array(2)],
  ["Float64Array and a property", Object.assign(new Float64Array(1), { unit: "m" })],
  ["BigInt64Array", new BigInt64Array(1)],
  ["an Error", new Error("x")],
  ["a TypeError", new TypeError("x")],
  ["an Error with a cause", new Error("x", { cause: 1 })],
  ["an Error with a code", Object.assign(new Error("x"), { code: "E" })],
  ["an AggregateError", new AggregateError([1], "x")],
  ["boxed 0", Object(0)],
  ["boxed '0'", Object("0")],
  ["boxed false", Object(false)],
  ["boxed 0n", Object(0n)],
  ["a URL", new URL("http://a/")],
  ["another URL", new URL("http://b/")],
  ["a cycle of one", cycle(1)],
  ["a cycle of two", cycle(2)],
  ["shared", shared()],
  ["copied", [{}, {}]],
];

describe("[P5] kinds of values", () => {
  test("[P5] values of every kind are distinguished from all others", () => {
    const digests = new Map<string, string>();
    for (const [name, value] of distinct) {
      const digest = digestValue(value);
      expect(`${name} = ${digests.get(digest) ?? "no other"}`).toBe(`${name} = no other`);
      digests.set(digest, name);
    }
    for (const [name, value] of distinct)
      expect([name, digests.get(digestValue({ in: [value] }))]).toEqual([name, undefined]);
  });

  test("[P5] digests are the same in every version that reads the same stores", () => {
    const value = {
      b: [1, -0, NaN, , "ж", 2n], // eslint-disable-line no-sparse-arrays
      a: new Map<unknown, unknown>([["k", new Date(0)]]),
      c: Float64Array.of(1, NaN),
      d: /x/gi,
    };
    expect(digestValue(value)).toBe(GOLDEN);
  });

  test("[P6] the order of properties counts: code can see it", () => {
    const x = { n: 1 };
    expect(digestValue({ b: x, a: x })).not.toBe(digestValue({ a: x, b: x }));
    expect(digestValue({ b: 1, a: 2 })).not.toBe(digestValue({ a: 2, b: 1 }));
    expect(digestValue({ deep: [{ b: 1, a: 2 }] })).not.toBe(digestValue({ deep: [{ a: 2, b: 1 }] }));
    expect(digestValue({ 2: "b", 1: "a" })).toBe(digestValue({ 1: "a", 2: "b" }));
  });

  test("[P6] rows with properties in another order are other rows", () => {
    const rows = [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
      { a: 1, b: 2, c: 3 },
      { a: 1, b: 2 },
    ];
    const turned = rows.map((row) => Object.fromEntries(Object.entries(row).reverse()));
    expect(digestValue(rows)).toBe(digestValue(structuredClone(rows)));
    expect(digestValue(rows)).not.toBe(digestValue(turned));
    for (const [at, row] of rows.entries())
      expect(digestValue(rows.with(at, Object.fromEntries(Object.entries(row).reverse()) as typeof row))).not.toBe(
        digestValue(rows),
      );
    expect(digestValue([{ a: 1 }, { b: 1 }])).not.toBe(digestValue([{ a: 1 }, { a: 1 }]));
  });

  test("[P5] frozen or not, from this realm or another, in a pool or not: equal", () => {
    expect(digestValue(Object.freeze({ a: 1 }))).toBe(digestValue({ a: 1 }));
    expect(digestValue(runInNewContext("({ a: [1, 2, { b: null }] })"))).toBe(digestValue({ a: [1, 2, { b: null }] }));
    expect(digestValue(Buffer.from("abc"))).toBe(digestValue(Buffer.from(Uint8Array.of(97, 98, 99).buffer)));
    expect(digestValue(new Uint8Array([9, 1, 2]).subarray(1))).toBe(digestValue(Uint8Array.of(1, 2)));
  });

  test("[P5] the bits of a NaN do not count, in arrays small and large", () => {
    for (const length of [1, 100, 40_000]) {
      const [one, other] = [new Float64Array(length).fill(NaN), new Float64Array(length).fill(NaN)];
      new Uint32Array(other.buffer).fill(0xfff80001);
      expect(other[0]).toBeNaN();
      expect(digestValue(other)).toBe(digestValue(one));
      one[length - 1] = 0;
      expect(digestValue(other)).not.toBe(digestValue(one));
    }
  });

  test("[P5] an array of a billion holes takes no time", () => {
    const [one, other]: unknown[][] = [[], []] as [unknown[], unknown[]];
    one[1e9] = 1;
    other[1e9 + 1] = 1;
    expect(digestValue(one)).not.toBe(digestValue(other));
    expect(digestValue(one)).toBe(digestValue(Object.assign([], one)));
  });

  test("[P5] items and extra properties of long arrays count", () => {
    const plain = Array.from({ length: 1000 }, (_, at) => at);
    const marked = Object.assign([...plain], { unit: "m" });
    expect(digestValue(marked)).not.toBe(digestValue(plain));
    expect(digestValue(marked)).not.toBe(digestValue(Object.assign([...plain], { unit: "km" })));
    expect(digestValue(Object.assign(new Float64Array(1000), { unit: "m" }))).not.toBe(
      digestValue(new Float64Array(1000)),
    );
    expect(digestValue([...plain.slice(0, 999), 0])).not.toBe(digestValue(plain));
  });

  test("[P5] depth has no limit: 1,000 and 100,000 levels, the last of which counts", () => {
    for (const depth of [1000, 100_000]) {
      expect(digestValue(nested(depth, 1))).toBe(digestValue(nested(depth, 1)));
      expect(digestValue(nested(depth, 1))).not.toBe(digestValue(nested(depth, 2)));
    }
  });

  test("[P5] a long chain of references and a wide cycle", () => {
    const ring = Array.from({ length: 50_000 }, (_, at): { at: number; next?: unknown } => ({ at }));
    ring.forEach((link, at) => (link.next = ring[(at + 1) % ring.length]));
    const digest = digestValue(ring[0]);
    ring[49_999]!.next = ring[1];
    expect(digestValue(ring[0])).not.toBe(digest);
  });
});

describe("[P5] values without comparable content", () => {
  const refused: readonly (readonly [unknown, string, string])[] = [
    [{ model: { layers: [1, 2, { fn: function relu() {} }] } }, "value.model.layers[2].fn", "a function (relu)"],
    [{ "odd name": async () => 1 }, 'value["odd name"]', "an async function (odd name)"],
    [new Map([["k", new Set([class Model {}])]]), 'value.get("k").values()[0]', "a function (Model)"],
    [[new (class Model {})()], "value[0]", "an instance of class Model"],
    [Promise.resolve(1), "value", "a promise"],
    [new Proxy({}, {}), "value", "a proxy"],
    [new Proxy(() => 1, {}), "value", "a proxy"],
    [new WeakMap(), "value", "a WeakMap"],
    [Symbol("mine"), "value", "a unique symbol (Symbol(mine))"],
    [{ a: { get b() { return 1; } } }, "value.a.b", "a getter or setter"], // prettier-ignore
    [Object.create(Date.prototype), "value", "an instance of class Date"],
    [class extends Array {}.from([1]), "value", "an instance of an unnamed class"],
    [Object.create({ inherited: 1 }), "value", "an instance of class Object"],
    [(function* () {})(), "value", "a generator"],
    [Object.assign(new Date(0), { by: () => 1 }), "value.by", "a function (by)"],
  ];

  test.each(refused)("[P5] %# is refused with its path", (value, path, what) => {
    const error = refusal(value);
    expect(error.code).toBe("not-keyable");
    expect(error.message).toContain(`\`${path}\` is ${what}`);
    expect(error.advice).not.toBe("");
  });

  test("[P5] no user code runs: no trap, getter, iterator or toString", () => {
    const ran: string[] = [];
    const trap = new Proxy(
      {},
      {
        get: () => ran.push("get"),
        getPrototypeOf: () => (ran.push("proto"), null),
        ownKeys: () => (ran.push("keys"), []),
      },
    );
    const map = Object.defineProperty(new Map([[1, 2]]), Symbol.iterator, { value: () => ran.push("iterator") });
    for (const value of [trap, [trap], { get a() { return ran.push("getter"); } }, map]) refusal(value); // prettier-ignore
    expect(ran).toEqual([]);
  });

  test("[P5] a revoked proxy is refused like any other", () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(refusal({ a: proxy }).message).toContain("`value.a` is a proxy");
  });

  test("[P5] messages use the name of the value", () => {
    expect(() => digestValue({ f: () => 1 }, { name: "model" })).toThrow("`model.f` is a function (f)");
  });
});

describe("[P5] foreign forms", () => {
  class Point {
    constructor(readonly x: unknown) {}
  }
  const asPoint = (value: object) => (value instanceof Point ? { head: "Point", parts: [value.x] } : undefined);

  test("[P5] an instance can be represented by a form, and its parts belong to the same walk", () => {
    const options = { foreign: asPoint };
    expect(digestValue(new Point(1), options)).toBe(digestValue(new Point(1), options));
    expect(digestValue(new Point(1), options)).not.toBe(digestValue(new Point(2), options));
    const shared = { n: 1 };
    const one = [shared, new Point(shared)];
    expect(digestValue(one, options)).not.toBe(digestValue([shared, new Point({ n: 1 })], options));
  });

  test("[P5] a text or bytes can represent a function; a function without a form is refused with its path", () => {
    const byName = (value: object) => (typeof value === "function" && value.name !== "" ? value.name : undefined);
    const digest = digestValue({ f: function a() {} }, { foreign: byName });
    expect(digest).toBe(digestValue({ f: function a() {} }, { foreign: byName }));
    expect(digest).not.toBe(digestValue({ f: function b() {} }, { foreign: byName }));
    expect(digest).not.toBe(digestValue({ f: "a" }));
    expect(() =>
      digestValue(
        [
          {
            f: (
              () => () =>
                1
            )(),
          },
        ],
        { foreign: byName },
      ),
    ).toThrow("`value[0].f` is a function");
  });

  test("[P5] the form is requested once, with the path", () => {
    const paths: string[] = [];
    const point = new Point(1);
    digestValue({ a: [point, point] }, { foreign: (_, path) => (paths.push(path), "p") });
    expect(paths).toEqual(["value.a[0]"]);
  });
});

const GOLDEN = "a818b625079f2286cdf16bf9c61314040c9cd941b45d139b6e10e57a614bdd5b";

function refusal(value: unknown): StagebookError {
  try {
    digestValue(value);
  } catch (error) {
    if (error instanceof StagebookError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Missing in the type definitions of this language level. */
function resizable(length: number, maxByteLength: number): ArrayBuffer {
  return new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer)(length, {
    maxByteLength,
  });
}

function nested(depth: number, innermost: unknown): unknown {
  let value = innermost;
  for (let level = 0; level < depth; level++)
    value = level % 3 === 0 ? [value] : level % 3 === 1 ? { value } : new Map([[1, value]]);
  return value;
}

function cycle(length: number): unknown {
  const first: { next?: unknown } = {};
  let last = first;
  for (let link = 1; link < length; link++) last = last.next = {} as { next?: unknown };
  last.next = first;
  return first;
}

function shared(): unknown {
  const object = {};
  return [object, object];
}
