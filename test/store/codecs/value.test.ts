/** Values in blobs: large binary data in chunks, and the codecs by name. */
import { createRequire } from "node:module";
import type * as Arrow from "apache-arrow";
import { describe, expect, test } from "vitest";
import { digestValue } from "../../../kernel-lib/src/key/values/canonical";
import { CHUNK_BYTES, LARGE_BYTES } from "../../../kernel-lib/src/key/values/chunks";
import { digestOf } from "../../../kernel-lib/src/key/digest";
import { decodeValue, encodeValue, type EncodedValue, type ReadBlob } from "../../../kernel-lib/src/store/codecs/value";
import { from, joined, refsOf } from "./encoded";

const loaded = async (encoded: EncodedValue, codec?: Parameters<typeof encodeValue>[1]): Promise<unknown> =>
  (await decodeValue(refsOf(encoded), codec, from(encoded)))?.value;

describe("large binary data", () => {
  const big = Float64Array.from({ length: (CHUNK_BYTES + LARGE_BYTES) / 8 }, (_, at) => at);

  test("[P5] [C1] lies in separate chunks, named by their content, and is decoded unchanged", async () => {
    const value = { name: "big", of: [big, new Uint8Array(LARGE_BYTES).fill(7), new Uint16Array([1, 2])] };
    const encoded = await encodeValue(value, undefined);
    expect(encoded.blobs).toHaveLength(4);
    for (const { ref, pieces } of encoded.blobs) expect(digestOf(joined(pieces))).toBe(ref.digest);
    expect(encoded.digest).toBe(digestValue(value));
    const again = (await loaded(encoded)) as typeof value;
    expect(digestValue(again)).toBe(encoded.digest);
    expect(again.of.map((each) => each.constructor)).toEqual([Float64Array, Uint8Array, Uint16Array]);
  });

  test("[Y4] each load returns its own memory", async () => {
    const encoded = await encodeValue([big], undefined);
    const [one, two] = [await loaded(encoded), await loaded(encoded)] as [[Float64Array], [Float64Array]];
    one[0][0] = -1;
    expect(two[0][0]).toBe(0);
    expect(big[0]).toBe(0);
  });

  test("[P5] its position in memory and the encoding of NaN do not change the digest, and each changed element does", () => {
    const length = LARGE_BYTES / 8 + 3;
    const plain = Float64Array.from({ length }, (_, at) => (at === 9 ? NaN : at));
    const shifted = new Float64Array(new ArrayBuffer(length * 8 + 64), 64, length);
    shifted.set(plain);
    const otherNaN = new Float64Array(plain);
    new BigUint64Array(otherNaN.buffer)[9] = 0xfff8_0000_0000_0001n;
    expect(digestValue(shifted)).toBe(digestValue(plain));
    expect(digestValue(otherNaN)).toBe(digestValue(plain));
    for (const at of [0, 9, length - 1]) {
      const changed = new Float64Array(plain);
      changed[at] = -0;
      expect(digestValue(changed)).not.toBe(digestValue(plain));
    }
    expect(digestValue(new Uint8Array(plain.buffer))).not.toBe(digestValue(plain));
    expect(digestValue(new Float32Array(length * 2))).not.toBe(digestValue(new Float64Array(length)));
  });

  test("[C11] a missing chunk, or one of another size, means that there is no value", async () => {
    const encoded = await encodeValue([big], undefined);
    const last = refsOf(encoded).at(-1);
    const missing: ReadBlob = (ref, into) =>
      ref.digest === last?.digest ? Promise.resolve(undefined) : from(encoded)(ref, into);
    expect(await decodeValue(refsOf(encoded), undefined, missing)).toBeUndefined();
    await expect(decodeValue(refsOf(encoded).slice(0, -1), undefined, from(encoded))).rejects.toMatchObject({
      code: "damaged",
    });
  });

  test("[Y5] bytes that claim more memory than is stored are rejected before it is allocated", async () => {
    const encoded = await encodeValue([big], undefined);
    const [first] = refsOf(encoded);
    await expect(decodeValue(first ? [first] : [], undefined, from(encoded))).rejects.toMatchObject({
      code: "damaged",
    });
  });
});

describe("codecs by name", () => {
  test.each([
    ["json", { rows: [1, null, "a", { deep: true }] }],
    ["text", "naïve 😀"],
    ["bytes", new Uint8Array([1, 2, 3])],
  ] as const)("[C3] %s returns the same value, in bytes that other programs read", async (codec, value) => {
    const encoded = await encodeValue(value, codec);
    expect(encoded.codec).toBe(codec);
    expect(await loaded(encoded, codec)).toEqual(value);
  });

  test("[C3] [P6] json is JSON, and property order changes the digest", async () => {
    const [one, two] = [await encodeValue({ a: 1, b: 2 }, "json"), await encodeValue({ b: 2, a: 1 }, "json")];
    expect(Buffer.from(joined(one.blobs[0]?.pieces ?? [])).toString()).toBe('{"a":1,"b":2}');
    expect(one.digest).not.toBe(two.digest);
  });

  test.each([
    ["json", { a: [1, undefined] }, "value.a[1]"],
    ["json", { a: NaN }, "value.a"],
    ["json", { a: -0 }, "value.a"],
    ["json", { when: new Date(0) }, "value.when"],
    ["json", new Map(), "value"],
    ["json", { big: 1n }, "value.big"],
    ["text", 5, "value"],
    ["text", "\ud800", "value"],
    ["bytes", [1, 2], "value"],
    ["arrow", { rows: [] }, "value"],
  ] as const)("[C3] %s rejects %s, with its path", async (codec, value, path) => {
    await expect(encodeValue(value, codec)).rejects.toMatchObject({
      code: "not-storable",
      message: expect.stringContaining(`\`${path}\``) as string,
    });
  });

  test("[C3] arrow stores tables as IPC files, and equal tables have equal digests however they are split into batches", async () => {
    // Loaded in the same way as in cells.
    const { tableFromArrays, tableFromIPC, Table } = createRequire(import.meta.url)("apache-arrow") as typeof Arrow;
    const whole = tableFromArrays({ n: Int32Array.from([1, 2, 3, 4]), city: ["Bern", "Rom", "Ulm", "Bern"] });
    const encoded = await encodeValue(whole, "arrow");
    const file = joined(encoded.blobs[0]?.pieces ?? []);
    expect(Buffer.from(file).toString("latin1", 0, 6)).toBe("ARROW1");
    const again = (await loaded(encoded, "arrow")) as typeof whole;
    expect(JSON.stringify(again.toArray())).toBe(JSON.stringify(whole.toArray()));
    expect(again.numRows).toBe(4);
    const cut = new Table([...tableFromIPC(file).slice(0, 2).batches, ...tableFromIPC(file).slice(2).batches]);
    expect((await encodeValue(cut, "arrow")).digest).toBe(encoded.digest);
    const other = tableFromArrays({ n: Int32Array.from([1, 2, 3, 5]), city: ["Bern", "Rom", "Ulm", "Bern"] });
    expect((await encodeValue(other, "arrow")).digest).not.toBe(encoded.digest);
  });
});
