import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDiskStore } from "../../../kernel-lib/src/store/disk/store";
import type { Entry } from "../../../kernel-lib/src/store/store";
import { createScript } from "../script";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "stagebook-gone-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const calls = { isBad: true, items: [] as number[] };
(globalThis as { goneTest?: typeof calls }).goneTest = calls;

/** On `store`, with a list of 100 items. */
function define(store: string | object) {
  const { p } = createScript({ store, notebook: "gone" });
  const items = Array.from({ length: 100 }, (_, n) => n);
  const call = (n: number): number => {
    const { goneTest } = globalThis as unknown as { goneTest: typeof calls };
    goneTest.items.push(n);
    if (n === 99 && goneTest.isBad) throw new Error("item 99 is bad");
    return n;
  };
  return p.each("score", items, call, { scale: true });
}

test("[W4] results of ranges that are gone are awaited once, not one after the other, and executed again", async () => {
  await expect(define(folder)()).rejects.toThrow("item 99 is bad");
  let gone = 0;
  for (const name of readdirSync(path.join(folder, "entries-v1"))) {
    const text = readFileSync(path.join(folder, "entries-v1", name), "utf8");
    const [, codec] = /"codec":"([^"]*)"/.exec(text) ?? [];
    if (codec !== "range") continue;
    const digests = [...text.matchAll(/"digest":"([0-9a-f]{64})","sizeBytes"/g)].map(([, digest = ""]) => digest);
    // The last one is the result: it has one chunk.
    const last = digests.at(-1) ?? "";
    rmSync(path.join(folder, "blobs-v1", last.slice(0, 2), last.slice(2)));
    gone++;
  }
  expect(gone).toBeGreaterThan(10);
  const store = createDiskStore({ folder, onProblem: () => undefined });
  let looks = 0;
  const counted = Object.assign(Object.create(store) as typeof store, {
    isWhole: (entry: Entry) => {
      looks++;
      return store.isWhole(entry);
    },
  });
  calls.isBad = false;
  calls.items.length = 0;
  const all = Array.from({ length: 100 }, (_, n) => n);
  expect(await define(counted).toArray()).toEqual(all);
  expect(calls.items.sort((a, b) => a - b)).toEqual(all);
  // Twice each, and a few times until the first one is given up.
  expect(looks).toBeLessThan(3 * gone + 30);
});
