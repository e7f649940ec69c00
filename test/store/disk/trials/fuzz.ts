/** Hostile bytes in every kind of file of a disk store. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect } from "vitest";
import { v8Codec } from "../../../../kernel-lib/src/store/codecs/v8-codec";
import type { DiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { createDiskStore } from "../../../../kernel-lib/src/store/disk/store";
import { encodeRecord } from "../../../../kernel-lib/src/store/records/entry-record";
import type { Entry } from "../../../../kernel-lib/src/store/store";
import { blobOf, resultOf } from "../../contract/entries";

const head = { notebook: "n", stage: "s" };
const one = resultOf("one", { rows: [1, 2, 3], text: "a text" });
const { key } = one.entry;
const files = [{ name: "a.csv", digest: blobOf(one.entry).digest, sizeBytes: 4 }];
const entry: Entry = { ...one.entry, output: { ...one.entry.output, files, items: 3 } };

/** Values that replace any part of a record. */
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null, true, -1, 0.5, 1e308, Number.MAX_SAFE_INTEGER, "", "../../../etc/passwd", "/etc/passwd", "__proto__", "constructor",
    [], {}, [[]], Array.from({ length: 2000 }, () => null), "x".repeat(10_000), "a".repeat(64),
  ),
  fc.constantFrom(
    '{"__proto__":{"polluted":true}}', '{"constructor":{"prototype":{"polluted":true}}}', '{"toString":"no","then":"no"}',
    '{"length":4294967295}', `${"[".repeat(3000)}${"]".repeat(3000)}`, `${'{"a":'.repeat(2000)}1${"}".repeat(2000)}`,
  ).map((json): unknown => JSON.parse(json)),
  fc.jsonValue(),
); // prettier-ignore

/** A record with a correct checksum, and one field replaced or added. */
const hostileEntry = fc.tuple(fc.nat(), fc.nat(), nasty, fc.boolean()).map(([pick, deeper, value, isMore]) => {
  const record = structuredClone(entry) as unknown as Record<string, unknown>;
  let target = record;
  for (let depth = deeper % 3; depth > 0; depth--) {
    const inner = Object.values(target).filter((each) => typeof each === "object" && each !== null);
    if (inner.length > 0) target = inner[pick % inner.length] as Record<string, unknown>;
  }
  const names = isMore ? ["__proto__", "extra", "then", "constructor"] : Object.keys(target);
  define(target, names[pick % names.length] ?? "extra", value);
  return encodeRecord(["entry", key], record);
});

/** Not an assignment, which would set the prototype. */
function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Corrupted copies of good bytes: flipped, cut, repeated, replaced. */
function corrupted(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(fc.nat(bytes.length), fc.nat(bytes.length), fc.uint8Array({ maxLength: 40 }), fc.nat(3))
    .map(([at, to, more, how]) => {
      const [start, end] = [Math.min(at, to), Math.max(at, to)];
      if (how === 0) return bytes.subarray(0, at);
      if (how === 1) return Buffer.concat([bytes.subarray(0, end), bytes.subarray(start)]);
      if (how === 2) return Buffer.concat([bytes.subarray(0, start), more, bytes.subarray(end)]);
      const changed = Buffer.from(bytes);
      if (changed.length > 0) changed[at % changed.length]! ^= 1 << (to % 8);
      return changed;
    });
}

const goodRecord = Buffer.from(encodeRecord(["entry", key], entry));
const goodRow = encodeRecord(["head", "n", "s"], { key, partial: entry.partial, at: 1 });
const anyBytes = fc.uint8Array({ maxLength: 300 });

/** Returns the number of inputs that were tried. */
export async function fuzzStore(folder: string, runs: number, seed: number): Promise<number> {
  const open = (): DiskStore => createDiskStore({ folder, onProblem: () => undefined });
  const store = open();
  await store.commit(head, entry, [...one.blobs, { ref: files[0]!, pieces: [] }]).catch(() => undefined);
  await store.commit(head, one.entry, one.blobs);
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const put = (path: string, bytes: Uint8Array | string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  const { digest } = blobOf(one.entry);
  const blobPath = `blobs-v1/${digest.slice(0, 2)}/${digest.slice(2)}`;
  const texts = fc.oneof(
    hostileEntry.map((text) => Buffer.from(text)),
    corrupted(goodRecord),
    anyBytes,
  );
  const kinds: {
    readonly share: number;
    readonly bytes: fc.Arbitrary<Uint8Array>;
    readonly tryOut: (bytes: Uint8Array) => Promise<void>;
  }[] = [
    {
      share: 0.6,
      bytes: texts,
      tryOut: async (bytes) => {
        put(`entries-v1/${key}.json`, bytes);
        const found = await store.findEntry(key);
        if (found) await useHostile(store, found);
      },
    },
    {
      share: 0.3,
      bytes: fc.oneof(corrupted(one.bytes), anyBytes),
      tryOut: async (bytes) => {
        put(blobPath, bytes);
        const found = await store.readBlob(blobOf(one.entry));
        if (found) expect(v8Codec.decode(found)).toEqual(one.value);
        await Promise.resolve()
          .then(() => v8Codec.decode(Buffer.from(bytes)))
          .catch(() => undefined);
      },
    },
    {
      share: 0.05,
      bytes: fc.oneof(corrupted(Buffer.from(goodRow)), anyBytes),
      tryOut: async (bytes) => {
        put("heads/n/s", bytes);
        for (const row of await open().history(head)) expect(Object.keys(row)).toEqual(["key", "partial", "at"]);
      },
    },
    {
      share: 0.05,
      bytes: fc.oneof(anyBytes, fc.tuple(fc.constantFrom("claim", "evicted", "progress"), nasty).map(([subject, value]) => Buffer.from(encodeRecord([subject], value)))), // prettier-ignore
      tryOut: async (bytes) => {
        for (const path of [`claims/${key}`, "evicted.json", "live/0badcafe-1-1", `claims/${key}.progress`])
          put(path, bytes);
        const outcome = await open().claim(key, head);
        if ("claim" in outcome) await outcome.claim.release();
        await open().isWhole(one.entry);
      },
    },
  ];
  let tried = 0;
  for (const { share, bytes, tryOut } of kinds) {
    const property = fc.asyncProperty(bytes, async (input) => {
      tried++;
      await tryOut(input);
    });
    await fc.assert(property, { seed, numRuns: Math.ceil(runs * share) });
  }
  expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  await store.verify({ repair: true });
  await store.commit(head, one.entry, one.blobs);
  expect((await open().verify({})).problems).toEqual([]);
  await store.settled();
  return tried;
}

/** An entry that was accepted has the form of one, and refers only to files inside the store. */
async function useHostile(store: DiskStore, found: Entry): Promise<void> {
  const known = ["format", "key", "partial", "parts", "output", "at", "durationMs", "params", "run", "made"];
  expect(Object.keys(found).every((name) => known.includes(name))).toBe(true);
  expect(Object.getPrototypeOf(found)).toBe(Object.prototype);
  expect(Object.getPrototypeOf(found.params)).toBe(Object.prototype);
  for (const { name } of found.output.files) expect(name).not.toMatch(/[/\\]|^\.{0,2}$/);
  await store.isWhole(found);
  for (const ref of found.output.blobs.slice(0, 3)) await store.readBlob(ref);
  for (const file of found.output.files.slice(0, 1)) await store.filePath(file);
}
