import { setTimeout as sleep } from "node:timers/promises";
import { resource } from "stagebook";
import { describe, expect, test } from "vitest";
import { createScript, gate } from "../script";

describe("[R6] each over a list or a stream", () => {
  test("[R3] [D2] the function is called with each item, the inputs if any, and the context; it may be of any kind", async () => {
    const { p } = createScript();
    const factor = p.param("factor", 10);
    const rows = p.stage("rows", () => [1, 2, 3]);
    const plain = p.each("plain", rows, (n) => n + 1);
    const scaled = p.each("scaled", plain, { factor }, async (n, { factor }) => n * factor);
    const fanned = p.each("fanned", scaled, function* (n) {
      yield n;
      yield -n;
    });
    const later = p.each("later", fanned, async function* (n) {
      if (n > 0) yield `${n}`;
    });
    const named = p.each("named", [7, 8], (n, { run }) => `${run.stage} ${n}`);
    expect(await plain.toArray()).toEqual([2, 3, 4]);
    expect(await scaled.toArray()).toEqual([20, 30, 40]);
    expect(await fanned.toArray()).toEqual([20, -20, 30, -30, 40, -40]);
    expect(await later.toArray()).toEqual(["20", "30", "40"]);
    expect(await named.toArray()).toEqual(["named 7", "named 8"]);
    expect(plain.fn(5)).toBe(6);
  });

  test("[R2] as many items as there are workers are worked on at the same time, and no more", async () => {
    const { p } = createScript();
    const [full, go] = [gate(), gate()];
    const counts = { now: 0, most: 0 };
    const enter = (): void => {
      counts.most = Math.max(counts.most, ++counts.now);
      if (counts.now === 200) full.open();
    };
    const leave = (): void => void counts.now--;
    const waits = { full: full.opened, go: go.opened };
    const slow = p.each("slow", Array.from({ length: 500 }, (_, n) => n), async (n) => {
        enter();
        await waits.go;
        leave();
        return n;
      }, { workers: 200 }); // prettier-ignore
    const running = slow.toArray();
    await full.opened;
    go.open();
    expect(await running).toHaveLength(500);
    expect(counts.most).toBe(200);
  });

  test("[R8] order is kept by default, unordered by option", async () => {
    const { p } = createScript();
    const gates = [gate(), gate(), gate()];
    const left = [0, 1, 2].map(() => ({ count: 0, all: gate() }));
    const of = (n: number) => gates[n]?.opened;
    const leave = (n: number): void => {
      if (++left[n]!.count === 2) left[n]!.all.open();
    };
    const work = async (n: number): Promise<number> => {
      await of(n);
      leave(n);
      return n;
    };
    const inOrder = p.each("inOrder", [0, 1, 2], work, { workers: 3 });
    const asReady = p.each("asReady", [0, 1, 2], work, { workers: 3, ordered: false });
    const both = [inOrder.toArray(), asReady.toArray()];
    for (const n of [2, 0, 1]) {
      gates[n]?.open();
      await left[n]?.all.opened;
    }
    expect(await Promise.all(both)).toEqual([
      [0, 1, 2],
      [2, 0, 1],
    ]);
  });

  test("[R9] the first failure fails the stage immediately, cancels the other items, and stores nothing", async () => {
    const { p, log } = createScript();
    const seen: string[] = [];
    const sink = { write: (text: string) => void seen.push(text) };
    const work = p.each("work", [1, 2, 3], async (n, { signal }) => {
        if (n === 3) throw new Error("three is bad");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        sink.write(`${n}`);
      }, { workers: 3 }); // prettier-ignore
    await expect(work()).rejects.toMatchObject({ cause: { message: "three is bad" } });
    await sleep(0);
    expect(seen).toEqual(["1", "2"]);
    expect(log()).toEqual(["work running", "work failed"]);
    expect(await work.history()).toEqual([]);
  });

  test("[S7] how many workers there are does not count, the order does", async () => {
    const { p, log } = createScript();
    const rows = p.stage("rows", () => [1, 2]);
    const define = (options: object) => p.each("a", rows, (n) => n * 2, options);
    await define({ workers: 2 })();
    log();
    await define({ workers: 5, description: "more" })();
    expect(log()).toEqual(["rows cached", "a cached"]);
    await define({ ordered: false })();
    expect(log()).toEqual(["rows cached", "a running", "a succeeded"]);
  });

  test("random() of an item repeats, however long others take", async () => {
    const { p } = createScript();
    const draw = async (n: number, { random }: { random: () => number }): Promise<number> => {
      await sleep(n);
      return random();
    };
    const first = await p.each("first", [5, 1], draw, { workers: 2 }).toArray();
    const again = p.each("first", [5, 1], draw, { workers: 1 });
    expect(await again.run({ force: true }).then((items) => items.toArray())).toEqual(first);
    expect(first[0]).not.toBe(first[1]);
  });

  test("[Y2] an invalid each is refused where it is defined", () => {
    const { p } = createScript();
    const code = (define: () => unknown): string => {
      try {
        define();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "nothing";
    };
    expect(code(() => p.each("", [1], () => 1))).toBe("name");
    expect(code(() => p.each("a", 5 as never, () => 1))).toBe("each-source");
    expect(code(() => p.each("a", [1], undefined as never))).toBe("stage-function");
    expect(code(() => p.each("a", [1], () => 1, { workers: 0 }))).toBe("stage-options");
    expect(code(() => p.each("a", [1], () => 1, { outputs: ["b"] } as never))).toBe("stage-options");
  });

  test("[C2] [S8] with cacheItems one new item is one call, and a change of the code or of an input calls for all", async () => {
    const { p } = createScript();
    let calls: number[] = [];
    const counter = resource("counter", () => ({ count: (n: number) => void calls.push(n) }));
    const limit = p.param("limit", 3);
    const factor = p.param("factor", 10);
    const rows = p.stage("rows", { limit }, ({ limit }) => Array.from({ length: limit }, (_, n) => ({ n })));
    const define = (add: number) =>
      p.each("a", rows, { factor, counter }, ({ n }, { factor, counter }) => {
          counter.count(n);
          return n * factor + add;
        }, { cacheItems: true, workers: 2 }); // prettier-ignore
    const callsOf = async (run: () => Promise<unknown>): Promise<readonly number[]> => {
      calls = [];
      await run();
      return calls;
    };
    const a = define(0);
    expect(await callsOf(a)).toEqual([0, 1, 2]);
    limit.set(4);
    expect(await callsOf(a)).toEqual([3]);
    expect(await a.toArray()).toEqual([0, 10, 20, 30]);
    factor.set(1);
    expect(await callsOf(a)).toEqual([0, 1, 2, 3]);
    factor.set(10);
    limit.set(2);
    expect(await callsOf(a)).toEqual([]);
    expect(await callsOf(define(5))).toEqual([0, 1]);
    // A stage that failed halfway continues where it was.
    const fails = { now: true };
    const flaky = p.each("flaky", [1, 2, 3], { counter, switch: resource("switch", () => fails) }, (n, all) => {
        all.counter.count(n);
        if (n === 3 && all.switch.now) throw new Error("three");
        return n;
      }, { cacheItems: true }); // prettier-ignore
    await expect(flaky()).rejects.toMatchObject({ cause: { message: "three" } });
    fails.now = false;
    expect(await callsOf(flaky)).toEqual([3]);
    expect(await flaky.toArray()).toEqual([1, 2, 3]);
  });
});
