/** A stage tested alone: its function called directly with fake inputs and a fake context. */
import { createPipeline, type StageContext } from "stagebook";
import { describe, expect, test } from "vitest";

describe("a stage alone", () => {
  const define = (executed: string[]) => {
    const p = createPipeline({ store: "memory" });
    const minMagnitude = p.param("minMagnitude", 4.5);
    const quakes = p.stage("quakes", () => {
      executed.push("quakes");
      return [{ mag: 4 }, { mag: 5 }];
    });
    const strong = p.stage("strong", { quakes, minMagnitude }, ({ quakes, minMagnitude }, { log }) => {
      const found = quakes.filter(({ mag }) => mag >= minMagnitude);
      log.info("filtered", { found: found.length });
      return found;
    });
    return { p, strong };
  };

  test("[X3] fn takes fake inputs and a fake context, and runs nothing upstream", () => {
    const executed: string[] = [];
    const { strong } = define(executed);
    const lines: unknown[] = [];
    const log = { info: (...line: unknown[]) => lines.push(line) } as unknown as StageContext["log"];
    expect(strong.fn({ quakes: [{ mag: 1 }, { mag: 9 }], minMagnitude: 2 }, { log })).toEqual([{ mag: 9 }]);
    expect(lines).toEqual([["filtered", { found: 1 }]]);
    expect(executed).toEqual([]);
  });

  test("[X3] a call with fake inputs leaves no result, no event and no status", async () => {
    const executed: string[] = [];
    const { p, strong } = define(executed);
    const before = JSON.stringify(p);
    const events: string[] = [];
    p.events$.subscribe(({ type }) => events.push(type));
    strong.fn({ quakes: [], minMagnitude: 0 }, { log: { info: () => undefined } });
    expect(await strong.status()).toBe("new");
    expect(events.filter((type) => /^(run|stage):/.test(type))).toEqual([]);
    expect(JSON.stringify(p)).toBe(before);
    await expect(strong.load()).rejects.toMatchObject({ code: "no-result" });
    expect(await strong()).toEqual([{ mag: 5 }]);
    expect(executed).toEqual(["quakes"]);
  });

  test("[X3] fn is the function itself, and gives what the pipeline gives for equal inputs", async () => {
    const p = createPipeline({ store: "memory" });
    const double = ({ n }: { n: number }): number => n * 2;
    const stage = p.stage("double", { n: p.param("n", 21) }, double);
    expect(stage.fn).toBe(double);
    expect(stage.fn({ n: 21 })).toBe(await stage());
  });
});
