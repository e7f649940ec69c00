import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Stage, StageOptions, Stream } from "stagebook";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createScript } from "../script";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "stagebook-resumed-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const on = () => createScript({ store: path.join(folder, "store"), notebook: "resumed" }).p;

interface Item {
  readonly at: number;
  readonly began: number;
}

/** Four of its items fill a chunk. An execution that begins with the first item throws at the tenth. */
function define(options: StageOptions): Stage<Stream<Item>> {
  return on().stage(
    "items",
    async function* ({ resumeFrom }) {
      const began = await resumeFrom();
      for (let at = began; at < 12; at++) {
        if (began === 0 && at === 9) throw new Error("killed");
        yield { at, began, text: String(at % 10).repeat(1024 * 1024) };
      }
    },
    options,
  );
}

const shortOf = (items: readonly Item[]): string[] => items.map(({ at, began }) => `${at} of ${began}`);
const range = (from: number, to: number, began: number): string[] =>
  Array.from({ length: to - from }, (_, nth) => `${from + nth} of ${began}`);

/** The files of the store's largest values, in the order in which they were written. */
function chunkFiles(): readonly string[] {
  const names = readdirSync(path.join(folder, "store"), { recursive: true, encoding: "utf8" });
  const files = names.map((name) => path.join(folder, "store", name));
  return files
    .filter((file) => statSync(file).isFile() && statSync(file).size > 1024 * 1024)
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
}

describe.each([
  ["in the kernel", false],
  ["in a worker thread", true],
])("[W9] a generator that asks where to go on, %s", (_where, worker) => {
  test("a retry continues after what the attempt before it has stored, each item once", async () => {
    const stage = define({ worker, retries: 1 });
    expect(shortOf(await stage.toArray())).toEqual([...range(0, 8, 0), ...range(8, 12, 8)]);
  });

  test("what several attempts have stored is not counted twice", async () => {
    const p = on();
    const define = (isBroken: boolean) =>
      p.stage(
        "items",
        { isBroken: p.param("isBroken", isBroken, { tracked: false }) },
        async function* ({ isBroken }, { resumeFrom }) {
          const began = await resumeFrom();
          for (let at = began; at < 12; at++) {
            if (isBroken && at >= Math.max(5, began + 1)) throw new Error("killed");
            yield { at, began, text: String(at % 10).repeat(1024 * 1024) };
          }
        },
        { worker, retries: 2 },
      ) as unknown as Stage<Stream<Item>>;
    await expect(define(true)()).rejects.toThrow("killed");
    const items = await define(false).toArray();
    expect(items.map(({ at }) => at)).toEqual(Array.from({ length: 12 }, (_, at) => at));
  });

  test("a chunk that is damaged makes it start over", async () => {
    await expect(define({ worker })()).rejects.toThrow("killed");
    const [, second = ""] = chunkFiles();
    const bytes = readFileSync(second);
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    chmodSync(second, 0o644);
    writeFileSync(second, bytes);
    // It starts over, and throws as before, having stored its items again.
    await expect(define({ worker })()).rejects.toThrow("killed");
    expect(shortOf(await define({ worker }).toArray())).toEqual([...range(0, 8, 0), ...range(8, 12, 8)]);
  });

  test("[Y1] the question after the first item is refused: the stored items could not come first any more", async () => {
    const stage = on().stage(
      "late",
      async function* ({ resumeFrom }) {
        yield 0;
        yield await resumeFrom();
      },
      { worker },
    );
    await expect(stage()).rejects.toThrow(/asked where to go on after its first item/);
  });

  test("a question that is answered after the first item was asked before it", async () => {
    const stage = on().stage(
      "early",
      async function* ({ resumeFrom }) {
        const [first, second] = [resumeFrom(), resumeFrom()];
        yield "first";
        yield [await first, await second, await resumeFrom()];
      },
      { worker },
    );
    expect(await stage.toArray()).toEqual(["first", [0, 0, 0]]);
  });

  test("[V10] random numbers go on: those of a result that was interrupted are those of one that was not", async () => {
    const define = (store: string) => {
      const { p } = createScript({ store: path.join(folder, store), notebook: "resumed" });
      const isBroken = p.param("isBroken", false, { tracked: false });
      const drawn = p.stage(
        "drawn",
        { isBroken },
        async function* ({ isBroken }, { resumeFrom, random }) {
          for (let at = await resumeFrom(); at < 12; at++) {
            if (isBroken && at === 9) throw new Error("killed");
            yield [at, random(), Math.random(), "x".repeat(1024 * 1024)];
          }
        },
        { worker, seed: 3 },
      );
      const sums = p.stage(
        "sums",
        { isBroken },
        async ({ isBroken }, { checkpoint, restored, random }) => {
          const sums = (await restored<number[]>()) ?? [];
          while (sums.length < 6) {
            if (isBroken && sums.length === 4) throw new Error("killed");
            sums.push(random() + Math.random());
            await checkpoint(sums);
            // A state of its own does not take it back.
            await restored();
          }
          return sums;
        },
        { worker, seed: 3 },
      );
      return { isBroken, drawn, sums };
    };
    const { isBroken, drawn, sums } = define("store");
    isBroken.set(true);
    await expect(drawn()).rejects.toThrow("killed");
    await expect(sums()).rejects.toThrow("killed");
    isBroken.set(false);
    const alone = define("alone");
    expect(await drawn.toArray()).toEqual(await alone.drawn.toArray());
    expect(await sums()).toEqual(await alone.sums());
    expect(new Set(await sums()).size).toBe(6);
  });
});
