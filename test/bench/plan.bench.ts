import { bench, describe } from "vitest";
import { pipelineOf } from "./pipeline-of";

const once = { iterations: 7, time: 0, warmupIterations: 2, warmupTime: 0 };

describe.each([100, 1_000, 10_000])("planning %i stages of 3 inputs", async (count) => {
  const cold = pipelineOf(count);
  const warm = pipelineOf(count);
  await warm.p.run();
  bench("nothing has run", async () => void (await cold.p.plan()), once);
  bench("nothing changed", async () => void (await warm.p.plan()), once);
});

describe("one parameter changed among 1,000 stages", async () => {
  const { p, setLimit } = pipelineOf(1_000);
  await p.run();
  let value = 1;
  bench(
    "plan",
    async () => {
      setLimit(++value);
      await p.plan();
    },
    once,
  );
});

describe("a pipeline of 1,000 trivial stages", async () => {
  const { p } = pipelineOf(1_000);
  await p.run();
  bench("run, all cached", async () => p.run(), once);
});
