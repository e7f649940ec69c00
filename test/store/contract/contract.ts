/** The first half of the contract of `Store`, run for each adapter: results, histories and runs. */
import { describe, expect, test } from "vitest";
import { digestOf } from "../../../kernel-lib/src/key/digest";
import type { RunId } from "../../../kernel-lib/src/protocol";
import type { HeadName, Store } from "../../../kernel-lib/src/store/store";
import { blobOf, blobsOf, load, resultOf, rowOf, withBytes } from "./entries";

/** `open` returns an empty store. `names`: those that are tried in pairs, as names of notebooks and of stages. */
export function describeStore(name: string, open: () => Promise<Store>, names = awkwardNames): void {
  const head: HeadName = { notebook: "analysis/quakes.ipynb", stage: "strong" };
  const one = resultOf("one", { rows: [1, 2, 3] });
  const two = resultOf("two", "a text");

  describe(`[C4] the ${name} store`, () => {
    test("[C4] an empty store finds nothing and reports nothing", async () => {
      const store = await open();
      expect(await store.findEntry(one.entry.key)).toBeUndefined();
      expect(await store.history(head)).toEqual([]);
      expect(await store.partials()).toEqual(new Set());
      expect(await store.clear(head)).toBe(0);
      expect(await store.readRun("r" as RunId)).toBeUndefined();
    });

    test("[C2] results are found again, complete, each under its own key", async () => {
      const store = await open();
      await store.commit(head, one.entry, one.blobs);
      await store.commit(head, two.entry, two.blobs);
      expect(await store.findEntry(one.entry.key)).toEqual(one.entry);
      expect(await store.findEntry(two.entry.key)).toEqual(two.entry);
      expect(Buffer.from((await store.readBlob(blobOf(one.entry))) ?? []).equals(one.bytes)).toBe(true);
      expect(await load(store, two)).toBe("a text");
    });

    test('[C10] null, undefined, NaN, "" and an empty array are results like any other', async () => {
      const store = await open();
      for (const value of [null, undefined, NaN, "", 0, false, []]) {
        const result = resultOf(`v ${String(value)} ${typeof value}`, value);
        await store.commit(head, result.entry, result.blobs);
        expect(await load(store, result)).toEqual(value);
      }
    });

    test("[C4] an empty blob", async () => {
      const store = await open();
      const empty = withBytes(one.entry, new Uint8Array(0));
      await store.commit(head, empty, blobsOf(empty, new Uint8Array(0)));
      expect((await store.readBlob(blobOf(empty)))?.byteLength).toBe(0);
    });

    test("[C4] a key committed again: the newest wins", async () => {
      const store = await open();
      await store.commit(head, one.entry, one.blobs);
      const newer = { ...one.entry, output: two.entry.output, at: one.entry.at + 1 };
      await store.commit(head, newer, two.blobs);
      expect(await store.findEntry(one.entry.key)).toEqual(newer);
      expect(await store.history(head)).toEqual([{ ...rowOf(one), at: newer.at }]);
    });

    test("[S6] history: oldest first, each key once, at its latest position", async () => {
      const store = await open();
      await store.commit(head, one.entry, one.blobs);
      await store.commit(head, two.entry, two.blobs);
      expect((await store.history(head)).map((row) => row.key)).toEqual([one.entry.key, two.entry.key]);
      await store.touch(head, rowOf(one));
      await store.touch(head, rowOf(one));
      expect((await store.history(head)).map((row) => row.key)).toEqual([two.entry.key, one.entry.key]);
    });

    test("[C4] partial keys of all histories are known", async () => {
      const store = await open();
      await store.commit(head, one.entry, one.blobs);
      await store.commit({ notebook: "other", stage: "x" }, two.entry, two.blobs);
      expect(await store.partials()).toEqual(new Set([one.entry.partial, two.entry.partial]));
    });

    test("[C13] clear removes the results of one stage, except those that another one refers to", async () => {
      const store = await open();
      const other = { notebook: head.notebook, stage: "other" };
      const same = { ...two.entry, key: digestOf("same blob as two") };
      await store.commit(head, one.entry, one.blobs);
      await store.commit(head, two.entry, two.blobs);
      await store.touch(other, rowOf(one));
      await store.commit(other, same, two.blobs);
      expect(await store.clear(head)).toBe(2);
      expect(await store.history(head)).toEqual([]);
      expect(await load(store, one)).toEqual(one.value);
      expect(await store.findEntry(two.entry.key)).toBeUndefined();
      expect(await store.readBlob(blobOf(two.entry))).toBeDefined();
      expect(await store.partials()).toEqual(new Set([one.entry.partial, two.entry.partial]));
      expect(await store.clear(other)).toBe(2);
      expect(await store.findEntry(one.entry.key)).toBeUndefined();
      await store.commit(head, two.entry, two.blobs);
      expect(await load(store, two)).toBe("a text");
    });

    test("[C4] lines of a run stay in order, also when appended at the same time", async () => {
      const store = await open();
      const run = "2026-11-20T10-00-00 a/b" as RunId;
      const lines = Array.from({ length: 50 }, (_, seq) => JSON.stringify({ seq }));
      await Promise.all(lines.map((line) => store.appendRun(run, [line])));
      await store.appendRun(run, []);
      expect(await store.readRun(run)).toEqual(lines);
    });

    test("[Y4] changing bytes that were passed in or returned does not change what is stored", async () => {
      const store = await open();
      const passed = Buffer.from(one.bytes);
      await store.commit(head, one.entry, blobsOf(one.entry, passed));
      passed.fill(0);
      const returned = await store.readBlob(blobOf(one.entry));
      returned?.fill(0);
      new Uint8Array(returned?.buffer ?? new ArrayBuffer(0)).fill(0);
      expect(await load(store, one)).toEqual(one.value);
    });

    test("[R12] many commits at the same time, of the same and of different keys", async () => {
      const store = await open();
      const results = Array.from({ length: 40 }, (_, at) => resultOf(`n${at % 10}`, { n: at % 10 }));
      await Promise.all(
        results.map((result, at) => store.commit({ notebook: "n", stage: `s${at % 3}` }, result.entry, result.blobs)),
      );
      for (const result of results) expect(await load(store, result)).toEqual(result.value);
      expect((await store.partials()).size).toBe(10);
    });

    test("[C21] no two names share anything", async () => {
      const store = await open();
      const heads = names.flatMap((notebook) => names.slice(0, 8).map((stage) => ({ notebook, stage })));
      for (const [at, name] of heads.entries()) await store.touch(name, { ...rowOf(one), at });
      for (const [at, name] of heads.entries()) expect((await store.history(name)).map((row) => row.at)).toEqual([at]);
    });
  });
}

/** Names that file systems tend to confuse. */
export const awkwardNames: readonly string[] = [
  ...[
    "a",
    "A",
    "aB",
    "Ab",
    "ab",
    "",
    ".",
    "..",
    "/",
    "\\",
    "a/b",
    "/a/b/c",
    "/ab/c",
    "ab/c",
    "a.b",
    "a.b.",
    " ",
    "a ",
    "a%2fb",
    "a~1",
    "~1",
  ],
  ...[
    "\u00e9",
    "e\u0301",
    "E\u0301",
    "\u00c9",
    "ﬁ",
    "fi",
    "İ",
    "i",
    "ı",
    "ß",
    "ss",
    "\ud800",
    "\ud801",
    "\ufffd",
    "😀",
    "\0",
    "\n",
    "a\0b",
  ],
  ...[
    "con",
    "CON",
    "nul",
    "com1",
    "con.txt",
    "%",
    "%25",
    "%ud800",
    "-",
    "_",
    "*",
    "?",
    "con ",
    ".note-a.json",
    "note-a",
    ".tmp-a",
  ],
  ...[
    "x".repeat(119),
    "x".repeat(120),
    "x".repeat(121),
    "x".repeat(122),
    "X".repeat(121),
    `${"x".repeat(300)}a`,
    `${"x".repeat(300)}b`,
    `${"x".repeat(300)}B`,
  ],
];
