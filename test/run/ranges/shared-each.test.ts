import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { EachOptions, ScriptPipeline, Stage, Stream } from "stagebook";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { orHeavy } from "../../rig/part";
import { createScript, type Script } from "../script";

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "stagebook-ranges-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const on = (store = "store"): Script => createScript({ store: path.join(folder, store), notebook: "shared" });
const list = (length: number): number[] => Array.from({ length }, (_, n) => n);

/** What the test observes of the calls; not part of the key. */
interface Calls {
  readonly counts: Map<number, number>;
  fails: (n: number) => boolean;
  waitMs: number;
}
const calls = (): Calls => ({ counts: new Map(), fails: () => false, waitMs: 0 });

/** `score` over `items`; the observer is read through a resource-like global, so that it does not count. */
const observers = ((globalThis as { shareTest?: Map<string, Calls> }).shareTest ??= new Map());
function define(p: ScriptPipeline, items: number[], who: string, options: EachOptions = { scale: true }) {
  const observer = p.param("observer", who, { tracked: false });
  return p.each(
    "score",
    items,
    { observer },
    async (n, { observer }) => {
      const seen = (globalThis as unknown as { shareTest: Map<string, Calls> }).shareTest.get(observer)!;
      seen.counts.set(n, (seen.counts.get(n) ?? 0) + 1);
      if (seen.waitMs > 0) await new Promise((resolve) => setTimeout(resolve, seen.waitMs));
      if (seen.fails(n)) throw new Error(`item ${n} is bad`);
      return { n, square: n * n };
    },
    options,
  );
}

/** The digest of the stage's last result. */
function digestOf({ events }: Script, stage: string): string {
  const found = events.flatMap((event) =>
    (event.type === "stage:succeeded" || event.type === "stage:cached") && event.stage === stage
      ? [event.result.digest]
      : [],
  );
  expect(found.at(-1)).toMatch(/^[0-9a-f]{64}$/);
  return String(found.at(-1));
}

describe("[W2] the items of one stage in several processes", () => {
  test("each item is executed once in all, and order and digest are those of one process", async () => {
    const [first, second, third, alone] = [on(), on(), on(), on("alone")];
    const seen = calls();
    seen.waitMs = 2;
    observers.set("all", seen);
    observers.set("alone", calls());
    const stages = [first, second, third].map(({ p }) => define(p, list(700), "all"));
    const values = await Promise.all(stages.map((stage) => stage.toArray()));
    expect([...seen.counts.values()].every((count) => count === 1)).toBe(true);
    expect(seen.counts.size).toBe(700);
    for (const value of values) expect(value).toEqual(list(700).map((n) => ({ n, square: n * n })));
    const single = define(alone.p, list(700), "alone", {});
    await single();
    for (const script of [first, second, third]) expect(digestOf(script, "score")).toBe(digestOf(alone, "score"));
  });

  test("a stage of an earlier stage's stream or list, generators, workers and a codec give what one process gives", async () => {
    const results: unknown[] = [];
    for (const scale of [false, true]) {
      const script = on(`store-${scale}`);
      const { p } = script;
      const stream = p.stage("stream", function* () {
        for (let n = 0; n < 300; n++) yield n;
      });
      const rows = p.stage("rows", () => new Set([3, 4, 5, 6]));
      const fanned = p.each("fanned", stream, function* (n) { for (let at = 0; at < n % 4; at++) yield `${n}.${at}`; }, { scale, workers: 3 }); // prettier-ignore
      const random = p.each("random", rows, (n, { random }) => [n, random()], { scale, seed: 7 });
      const coded = p.each("coded", fanned, (text) => ({ text }), { scale, codec: "json", workers: 2 });
      const none = p.each("none", [] as number[], (n) => n, { scale });
      const all = [fanned, random, coded, none];
      const digests: string[] = [];
      for (const stage of all) {
        await stage();
        digests.push(digestOf(script, stage.name));
      }
      results.push([digests, await Promise.all(all.map((stage) => (stage as Stage<Stream<unknown>>).toArray()))]);
    }
    expect(results[1]).toEqual(results[0]);
  });

  test("[W2] what is done stays when an item fails, and only the rest is executed then", async () => {
    const { p } = on();
    const seen = calls();
    seen.fails = (n) => n === 500;
    observers.set("failing", seen);
    const score = define(p, list(1000), "failing");
    await expect(score()).rejects.toThrow("item 500 is bad");
    const before = seen.counts.size;
    expect(before).toBeGreaterThan(300);
    seen.fails = () => false;
    seen.counts.clear();
    expect(await score.toArray()).toHaveLength(1000);
    expect(seen.counts.size).toBeLessThan(1000 - 300);
  });

  describe("an item that fails loses no other item of its range", () => {
    const wide = { scale: { rangeSeconds: 3600 } } as const;
    /** How many items there are, and which of them fails. */
    const [all, bad] = orHeavy([1200, 900] as const, [4000, 3000] as const);
    const values = (length: number): object[] => list(length).map((n) => ({ n, square: n * n }));

    test.each([
      ["one worker", 1],
      ["several workers", 4],
    ])(
      "%s: the next run executes what has not finished, and the digest is that of one process",
      async (_name, workers) => {
        const [first, second, alone] = [on(), on(), on("alone")];
        const seen = calls();
        seen.waitMs = 1;
        seen.fails = (n) => n === bad;
        const who = `wide ${workers}`;
        observers.set(who, seen);
        await expect(define(first.p, list(all), who, { ...wide, workers })()).rejects.toThrow(`item ${bad} is bad`);
        const before = new Map(seen.counts);
        seen.fails = () => false;
        seen.counts.clear();
        const score = define(second.p, list(all), who, { ...wide, workers });
        expect(await score.toArray()).toEqual(values(all));
        const twice = [...seen.counts.keys()].filter((n) => before.has(n));
        // Those that were in progress beside it were cancelled.
        expect(twice.filter((n) => n < bad)).toEqual([]);
        expect(twice).toContain(bad);
        expect(twice.length).toBeLessThanOrEqual(workers);
        await define(alone.p, list(all), who, {})();
        expect(digestOf(second, "score")).toBe(digestOf(alone, "score"));
      },
    );

    test("items behind it that have finished meanwhile stay too", async () => {
      const { p } = on();
      const gate = { isBad: true, calls: [] as number[], finished: [] as number[] };
      (globalThis as { laterTest?: typeof gate }).laterTest = gate;
      const score = p.each(
        "score",
        list(2 * all),
        async (n) => {
          const { laterTest } = globalThis as unknown as { laterTest: typeof gate };
          laterTest.calls.push(n);
          // As many as may be ahead of it.
          if (n === bad && laterTest.isBad) {
            while (!laterTest.finished.includes(bad + 7)) await new Promise((resolve) => setTimeout(resolve, 1));
            throw new Error(`item ${bad} is bad`);
          }
          laterTest.finished.push(n);
          return n;
        },
        { scale: wide.scale, workers: 4 },
      );
      await expect(score()).rejects.toThrow(`item ${bad} is bad`);
      expect(gate.finished).toContain(bad + 7);
      gate.isBad = false;
      const before = new Set(gate.calls.splice(0));
      expect(await score.toArray()).toEqual(list(2 * all));
      expect(gate.calls.filter((n) => before.has(n))).toEqual([bad]);
    });

    test("neither several results of an item, nor an item in the middle of them, nor random numbers differ", async () => {
      const digests: string[] = [];
      for (const scale of [false, { rangeSeconds: 3600 }]) {
        const script = on(`fanned-${scale !== false}`);
        const { p } = script;
        const gate = { isBad: scale !== false, calls: [] as number[] };
        (globalThis as { fannedTest?: typeof gate }).fannedTest = gate;
        const score = p.each(
          "score",
          list(900),
          async function* (n, { random }) {
            const { fannedTest } = globalThis as unknown as { fannedTest: typeof gate };
            fannedTest.calls.push(n);
            for (let at = 0; at < n % 5; at++) {
              if (n === 799 && at === 2 && fannedTest.isBad) throw new Error("item 799 is bad");
              yield `${n}.${at} ${random()}`;
            }
          },
          { scale, workers: 3, seed: 5 },
        );
        if (scale !== false) {
          await expect(score()).rejects.toThrow("item 799 is bad");
          gate.isBad = false;
          const before = new Set(gate.calls.splice(0));
          await score();
          const twice = gate.calls.filter((n) => before.has(n));
          // Those of the other workers were in progress.
          expect(twice.filter((n) => n < 797)).toEqual([]);
          expect(twice.length).toBeLessThanOrEqual(4);
        } else await score();
        digests.push(digestOf(script, "score"));
      }
      expect(digests[1]).toBe(digests[0]);
    });

    test("a result that cannot be stored is an item that fails", async () => {
      const { p } = on();
      const gate = { isBad: true, calls: [] as number[] };
      (globalThis as { storableTest?: typeof gate }).storableTest = gate;
      const score = p.each(
        "score",
        list(300),
        (n) => {
          const { storableTest } = globalThis as unknown as { storableTest: typeof gate };
          storableTest.calls.push(n);
          return n === 250 && storableTest.isBad ? Symbol("bad") : n;
        },
        { scale: { rangeSeconds: 3600 } },
      );
      await expect(score()).rejects.toThrow("`item 250`");
      gate.isBad = false;
      gate.calls.length = 0;
      expect(await score.toArray()).toEqual(list(300));
      expect(Math.min(...gate.calls)).toBe(250);
    });

    test("what items have read counts for those that stay", async () => {
      const { p } = on();
      const gate = { isBad: true, calls: [] as number[] };
      (globalThis as { readsTest?: typeof gate }).readsTest = gate;
      process.env.KEPT_TEST = "one";
      const score = p.each(
        "score",
        list(200),
        (n) => {
          const { readsTest } = globalThis as unknown as { readsTest: typeof gate };
          readsTest.calls.push(n);
          if (n === 150 && readsTest.isBad) throw new Error("item 150 is bad");
          return `${n} ${process.env["KEPT_" + "TEST"]}`;
        },
        { scale: { rangeSeconds: 3600 }, volatile: "accept" },
      );
      await expect(score()).rejects.toThrow("item 150 is bad");
      gate.calls.length = 0;
      process.env.KEPT_TEST = "two";
      await expect(score()).rejects.toThrow("item 150 is bad");
      expect(gate.calls).toHaveLength(151);
      gate.calls.length = 0;
      gate.isBad = false;
      expect((await score.toArray())[10]).toBe("10 two");
      expect(Math.min(...gate.calls)).toBe(150);
      delete process.env.KEPT_TEST;
    });
  });

  test("retries apply, and a forced run executes every item", async () => {
    const { p } = on();
    const seen = calls();
    let failures = 2;
    seen.fails = (n) => n === 40 && failures-- > 0;
    observers.set("flaky", seen);
    const score = define(p, list(50), "flaky", { scale: true, retries: 2 });
    expect(await score.toArray()).toHaveLength(50);
    seen.counts.clear();
    await score();
    expect(seen.counts.size).toBe(0);
    await score.run({ force: true });
    expect(seen.counts.size).toBe(50);
  });

  test("[V9] what items read from outside counts, whoever has executed them", async () => {
    const [first, second] = [on(), on()];
    process.env.SHARE_TEST = "one";
    const define = ({ p }: Script) =>
      p.each("read", list(100), (n) => `${n} ${process.env["SHARE_" + "TEST"]}`, { scale: true, volatile: "accept" });
    const [a, b] = [define(first), define(second)];
    const [left, right] = await Promise.all([a.toArray(), b.toArray()]);
    expect(left).toEqual(right);
    process.env.SHARE_TEST = "two";
    expect((await b.toArray())[99]).toBe("99 two");
    process.env.SHARE_TEST = "one";
    expect(await a.status()).toBe("fresh");
    delete process.env.SHARE_TEST;
  });

  test("an idle process gets half of what is left of a long range", async () => {
    const [first, second] = [on(), on()];
    const [slow, fast] = [calls(), calls()];
    slow.waitMs = 200;
    fast.waitMs = 1;
    observers.set("slow", slow);
    observers.set("fast", fast);
    // Two ranges would be more than 64 items each: one process holds the last of them.
    const left = define(first.p, list(64), "slow", { scale: { rangeSeconds: 3600 }, cacheItems: false });
    const running = left();
    while (slow.counts.size < 2) await sleep(10);
    const right = define(second.p, list(64), "fast", { scale: { rangeSeconds: 3600 } });
    await Promise.all([right(), running]);
    expect(slow.counts.size + fast.counts.size).toBe(64);
    expect(slow.counts.size).toBeLessThan(20);
  });

  test("the log says who executed how much, and progress counts the items of all", async () => {
    const [first, second] = [on(), on()];
    const seen = calls();
    seen.waitMs = 3;
    observers.set("logged", seen);
    const stages = [first, second].map(({ p }) => define(p, list(300), "logged"));
    await Promise.all(stages.map((stage) => stage()));
    const progress = first.events.flatMap((event) =>
      event.type === "stage:progress" ? [[event.done, event.total]] : [],
    );
    expect(progress.at(-1)).toEqual([300, 300]);
    const texts = [first, second].flatMap(({ events }) =>
      events.flatMap((event) => (event.type === "log:written" ? [event.record.message] : [])),
    );
    expect(texts.some((text) => /^score: items \d+ to \d+ are executed here$/.test(text))).toBe(true);
    expect(texts.some((text) => /^score: item 0 is executed here$/.test(text))).toBe(true);
  });

  test("[Y2] options that contradict it are refused when the stage is defined", () => {
    const { p } = createScript();
    const scaled = (options: object) => () => p.each(`e${Math.random()}`, [1], (n) => n, { scale: true, ...options });
    expect(scaled({ ordered: false })).toThrow(/scale cannot be combined with ordered: false/);
    expect(scaled({ cache: false })).toThrow(/scale cannot be combined with cache: false/);
    for (const scale of ["yes", 1, null, { rangeSeconds: 0 }, { rangeSeconds: 3601 }, { seconds: 3 }])
      expect(scaled({ scale })).toThrow(/scale is neither true or false/);
  });

  test("without a store that keeps anything it is executed as any other", async () => {
    const { p } = createScript({ store: "none" });
    observers.set("none", calls());
    expect(await define(p, list(20), "none").toArray()).toHaveLength(20);
  });
});
