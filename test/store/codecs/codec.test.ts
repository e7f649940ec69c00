/** The default codec: supported values are decoded unchanged, and unsupported ones are rejected with their path. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { digestValue } from "../../../kernel-lib/src/key/values/canonical";
import { StagebookError } from "../../../kernel-lib/src/protocol";
import { v8Codec } from "../../../kernel-lib/src/store/codecs/v8-codec";
import { sameValue } from "../../key/values/same-value";
import { cook, recipe } from "../../key/values/value-recipes";

const encode = (value: unknown) => v8Codec.encode(value) as Uint8Array;
const roundTrip = (value: unknown) => v8Codec.decode(Uint8Array.from(encode(value)));

describe("[C4] the default codec", () => {
  test("[C4] every value that it accepts is decoded to an equal one, with an equal digest", () => {
    let rejected = 0;
    fc.assert(
      fc.property(recipe, (one) => {
        const value = cook(one);
        if (isRejected(value)) return void rejected++;
        const back = roundTrip(value);
        expect(digestValue(back)).toBe(digestValue(value));
        expect(sameValue(back, value)).toBe(true);
        return undefined;
      }),
      { numRuns: 2000 },
    );
    // Only errors that are part of their own cause.
    expect(rejected).toBeLessThan(60);
  });

  const supported: readonly (readonly [string, unknown])[] = [
    ["holes", [1, , undefined, 3]], // eslint-disable-line no-sparse-arrays
    ["a billion holes", sparse()],
    ["properties of an array", "abc".match(/(?<n>b)/)],
    ["a null prototype", Object.assign(Object.create(null) as object, { a: 1 })],
    ["own __proto__", JSON.parse('{"__proto__":{"x":1},"a":2}')],
    ["lone surrogates", "a\ud800b"],
    ["a cause", new TypeError("x", { cause: new Error("y") })],
    ["a code", Object.assign(new Error("x"), { code: "E", info: { at: new Date(0) } })],
    ["its own name", Object.assign(new RangeError("x"), { name: "Mine" })],
    ["an AggregateError", new AggregateError([new Error("1"), 2], "x")],
    ["an error without a message", new Error()],
    ["lastIndex", Object.assign(/a/g, { lastIndex: 3 })],
    ["properties of a Map", Object.assign(new Map([[1, 2]]), { of: Object.create(null) as unknown })],
    ["properties of a large typed array", Object.assign(new Float64Array(100_000), { unit: "m" })],
    ["a Buffer", Buffer.from("abc")],
    [
      "large arrays of several kinds",
      [
        new Float64Array(20_000).fill(0.5),
        "between",
        new Uint8Array(70_000).fill(7),
        new BigInt64Array(9000).fill(-1n),
      ],
    ],
    ["two-byte strings after anything", ["a", "жж", "abc", "ж"]],
    ["boxed primitives", [Object(-0), Object("x"), Object(false), Object(1n)]],
    ["1,000 levels", nested(1000)],
  ];
  test.each(supported)("[C4] %s", (_, value) => {
    const back = roundTrip(value);
    expect(digestValue(back)).toBe(digestValue(value));
    expect(sameValue(back, value)).toBe(true);
  });

  test("[Y4] decoded typed arrays have memory of their own, without an offset", () => {
    const bytes = encode({
      small: Float64Array.of(1, 2),
      large: new Uint16Array(50_000).fill(7),
      buffer: Buffer.from("abc"),
    });
    const back = v8Codec.decode(bytes) as { small: Float64Array; large: Uint16Array; buffer: Buffer };
    bytes.fill(0);
    expect([...back.small]).toEqual([1, 2]);
    expect(back.large[49_999]).toBe(7);
    for (const view of [back.small, back.large, back.buffer])
      expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, view.byteLength]);
    expect(Buffer.isBuffer(back.buffer)).toBe(true);
  });

  test("[C4] only the bytes that a view shows are stored, not the rest of its memory", () => {
    const secret = Buffer.alloc(1000, "secret");
    secret.write("shown", 0);
    expect(Buffer.from(encode(secret.subarray(0, 5))).includes("secret")).toBe(false);
  });
});

describe("[C4] values that would not be decoded unchanged are rejected", () => {
  const memory = new ArrayBuffer(16);
  const unsupported: readonly (readonly [unknown, string])[] = [
    [() => 1, "`value` is a function"],
    [{ model: { layers: [1, { fn: function relu() {} }] } }, "`value.model.layers[1].fn` is a function (relu)"],
    [[new Map([["k", new (class Model {})()]])], '`value[0].get("k")` is an instance of class Model'],
    [[Symbol.for("a")], "`value[0]` is a symbol"],
    [{ [Symbol.for("a")]: 1 }, "a symbol key"],
    [{ a: { get b() { return 1; } } }, "`value.a.b` is a getter or setter"], // prettier-ignore
    [Object.defineProperty({}, "a", { value: 1 }), "`value.a` is a property that is not enumerable"],
    [new Proxy({}, {}), "`value` is a proxy"],
    [{ u: new URL("http://a/") }, "`value.u` is a URL"],
    [new SharedArrayBuffer(8), "`value` is shared memory"],
    [new Uint8Array(new SharedArrayBuffer(8)), "`value` is a view of shared memory"],
    [{ a: new Uint8Array(memory), b: new Float64Array(memory, 8) }, "`value.b` is a view of memory that another part"],
    [{ a: memory, b: new Uint8Array(memory) }, "`value.b` is a view of memory that another part"],
    [new (class extends Array {})(), "an instance of an unnamed class"],
    [Object.assign(new Error("x"), { retry: () => 1 }), "`value.retry` is a function (retry)"],
    [new Error("x", { cause: Symbol("s") }), "`value.cause` is a symbol"],
    [nested(3000), "nested more than 2000 levels deep"],
    [new WeakMap(), "`value` is a WeakMap"],
    [Promise.resolve(1), "`value` is a promise"],
    [Object.assign(new Date(), { by: new (class A {})() }), "`value.by` is an instance of class A"],
  ];
  test.each(unsupported)("[C4] %# is rejected with its path", (value, message) => {
    const error = thrownBy(() => encode(value));
    expect([error.code, error.message]).toEqual(["not-storable", expect.stringContaining(message)]);
    expect(error.advice).toContain("codec");
  });

  test("[C4] an error that is part of its own cause is rejected with Node.js 20, and decoded unchanged with newer versions", () => {
    if (Number(process.versions.node.split(".")[0]) < 22) {
      expect(thrownBy(() => encode(ownCause())).message).toContain("cannot be stored");
      return;
    }
    const back = roundTrip(ownCause()) as Error & { cause: { of: Error } };
    expect(back.cause.of).toBe(back);
    expect(digestValue(back)).toBe(digestValue(ownCause()));
  });

  test("[C4] two views of one memory that do not overlap are stored", () => {
    expect(roundTrip([new Uint8Array(memory, 0, 8), new Uint8Array(memory, 8)])).toEqual([
      new Uint8Array(8),
      new Uint8Array(8),
    ]);
  });
});

describe("[C11] damaged bytes", () => {
  const bytes = encode({ rows: [1, 2, 3], text: "abc", large: new Uint8Array(70_000) });

  test("[C11] every flipped bit of the first 200 bytes, and every truncation, is detected", () => {
    for (let bit = 0; bit < 200 * 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(thrownBy(() => v8Codec.decode(changed)).code, `bit ${bit}`).toBe("damaged");
    }
    for (const length of [0, 3, 4, 39, 40, 41, 100, bytes.byteLength - 1]) {
      expect(thrownBy(() => v8Codec.decode(bytes.slice(0, length))).code).toBe("damaged");
    }
  });

  test("[Y5] bytes with a correct checksum and wrong content lead to an error, never to a crash or code execution", async () => {
    const { closeEnvelope, HEAD_BYTES } = await import("../../../kernel-lib/src/store/codecs/envelope");
    const payload = Buffer.from(
      encode({ a: [1, "x", new Map([[1, new Uint8Array(4)]]), Object.create(null)] }),
    ).subarray(HEAD_BYTES);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(payload.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.nat(3),
        (changes, flags) => {
          const changed = Buffer.concat([Buffer.alloc(HEAD_BYTES), payload]);
          for (const [at, byte] of changes) changed[HEAD_BYTES + at] = byte;
          try {
            v8Codec.decode(closeEnvelope(changed, [], "v8", flags));
          } catch (error) {
            expect(error).toBeInstanceOf(StagebookError);
          }
          expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
        },
      ),
      { numRuns: 3000 },
    );
  });
});

function isRejected(value: unknown): boolean {
  try {
    encode(value);
    return false;
  } catch (error) {
    if (error instanceof StagebookError && error.code === "not-storable") return true;
    throw error;
  }
}

function thrownBy(work: () => unknown): StagebookError {
  try {
    work();
  } catch (error) {
    if (error instanceof StagebookError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { value };
  return value;
}

function ownCause(): Error {
  const error = new Error("x");
  return Object.assign(error, { cause: { of: error } });
}

function sparse(): unknown[] {
  const array: unknown[] = [];
  array[1e9] = 1;
  return array;
}
