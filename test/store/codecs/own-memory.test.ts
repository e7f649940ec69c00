/** A store in memory keeps the encoded bytes themselves where nobody else has them, and a copy where the value shares them. */
import { isDeepStrictEqual } from "node:util";
import { expect, test } from "vitest";
import { decodeValue, encodeValue } from "../../../kernel-lib/src/store/codecs/value";
import { createCachedStore } from "../../../kernel-lib/src/store/memory/cached-store";
import { createMemoryStore } from "../../../kernel-lib/src/store/memory/memory-store";
import { resultOf } from "../contract/entries";

const head = { notebook: "n", stage: "s" };
const large = 200_000;

test.each([
  ["bytes", () => new Uint8Array(large).fill(7), (value: Uint8Array) => value.fill(9)],
  ["json", () => ({ text: "x".repeat(large) }), (value: { text: string }) => (value.text = "changed")],
  [undefined, () => ({ list: new Uint8Array(large).fill(7) }), (value: { list: Uint8Array }) => value.list.fill(9)],
  [undefined, () => ({ list: new Float64Array(large).fill(7) }), (value: { list: Float64Array }) => value.list.fill(9)],
] as const)(
  "[C5] what is stored with codec %s stays as it is when the value or what was loaded is changed",
  async (codec, make, change) => {
    for (const store of [createMemoryStore(), createCachedStore(createMemoryStore(), { maxBytes: 1e8 })]) {
      const value = make();
      const { blobs, digest, sizeBytes } = await encodeValue(value, codec);
      const output = { ...resultOf("one", 0).entry.output, digest, sizeBytes, blobs: blobs.map(({ ref }) => ref) };
      await store.commit(head, { ...resultOf("one", 0).entry, output }, blobs);
      change(value as never);
      const load = async () =>
        (await decodeValue(output.blobs, codec, (ref, into) => store.readBlob(ref, into)))?.value;
      const first = await load();
      expect(isDeepStrictEqual(first, make())).toBe(true);
      change(first as never);
      expect(isDeepStrictEqual(await load(), make())).toBe(true);
    }
  },
);
