/**
 * Items and stages in a second, beside p-map and Node's streams in the same process. They keep nothing; Stagebook digests and keeps
 * each item. `npm run bench:peers` compares more of it with more tools.
 */
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import pMap from "p-map";
import { createPipeline } from "stagebook";
import { bench, describe } from "vitest";
import { createScript } from "../run/script";

const once = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };
const ITEMS = 20_000;
const STAGES = 2_000;

for (const workers of [1, 20, 100])
  describe(`${ITEMS} items through a trivial async step, ${workers} at a time`, () => {
    const items = Array.from({ length: ITEMS }, (_, n) => n);
    bench(
      "stagebook each, from a stage that makes the items",
      async () => {
        const { p } = createScript({ store: "memory" });
        const source = p.stage("source", function* () {
          for (let n = 0; n < 20_000; n++) yield n;
        });
        await p.each("step", source, async (n) => n + 1, { workers })();
      },
      once,
    );
    bench("p-map", async () => void (await pMap(items, async (n) => n + 1, { concurrency: workers })), once);
    bench(
      "Node streams",
      async () =>
        void (await Readable.from(items)
          .map(async (n: number) => n + 1, { concurrency: workers })
          .toArray()),
      once,
    );
  });

describe("20 items through two steps of 1 s, 20 at a time", () => {
  const second = async (n: number): Promise<number> => {
    await sleep(1000);
    return n;
  };
  bench(
    "stagebook each",
    async () => {
      const { p } = createScript({ store: "memory" });
      const one = p.each("one", Array.from({ length: 20 }, (_, n) => n), second, { workers: 20 }); // prettier-ignore
      await p.each("two", one, second, { workers: 20 })();
    },
    once,
  );
});

describe(`${STAGES} trivial stages without a store`, () => {
  const p = createPipeline({ store: "none" });
  for (let at = 0; at < STAGES; at++) p.stage(`s${at}`, { at: p.param(`at${at}`, at) }, ({ at }) => at);
  // As many as it takes until V8 has compiled what runs.
  bench("all of them run", () => p.run(), { iterations: 20, time: 0, warmupIterations: 5, warmupTime: 0 });
});

describe("a call of a cached stage", () => {
  const { p } = createScript({ store: "memory" });
  const one = p.stage("one", () => 1);
  bench("cached", async () => void (await one()), { iterations: 300, time: 0, warmupIterations: 30, warmupTime: 0 });
});
