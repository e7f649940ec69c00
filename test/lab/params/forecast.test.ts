/** The forecast for values that are not applied yet: its stages, its text, and the queries behind it. */
import { describe, expect, it } from "vitest";
import type { Digest, JsonObject, PlanAction, PlanRowView, View } from "stagebook/protocol";
import type { Forecast } from "../../../lab-extension/src/model/params/forecast";
import { createForecast, forecastText } from "../../../lab-extension/src/model/params/forecast";
import { ForecastSource } from "../../../lab-extension/src/model/params/forecast-source";
import { createParam, createStage, createView, english, inputOf } from "../stage/stage-fixture";

const view = createView(
  [
    createStage("load"),
    createStage("fit", { inputs: [inputOf("stage", "load"), inputOf("param", "limit")] }),
    createStage("plot", { inputs: [inputOf("stage", "fit")] }),
    createStage("apart", { status: "stale", action: "run" }),
  ],
  [createParam("limit", 5), createParam("unread", 1)],
);

function rowOf(stage: string, action: PlanAction, estimateMs?: number): PlanRowView {
  return {
    stage,
    action,
    status: "stale",
    reasons: [],
    waitsFor: [],
    untracked: [],
    ...(estimateMs && { estimateMs }),
  };
}

const forecastOf = (rows: readonly PlanRowView[], values: JsonObject = { limit: 6 }, shown: View = view): Forecast =>
  createForecast(shown, values, rows);
const textOf = (rows: readonly PlanRowView[], values?: JsonObject): string =>
  forecastText(forecastOf(rows, values), english);

describe("the forecast", () => {
  it("[O7] has the stages that the value would make run, and none that is stale for another reason", () => {
    const rows = [rowOf("load", "fresh"), rowOf("fit", "run"), rowOf("plot", "maybe"), rowOf("apart", "run")];
    expect([...forecastOf(rows).stages]).toEqual([
      ["fit", "run"],
      ["plot", "maybe"],
    ]);
  });

  it("has a stage that the plan contains although the graph has no path to it", () => {
    expect([...forecastOf([rowOf("load", "run")]).stages.keys()]).toEqual(["load"]);
  });

  it("has a text with the number of stages and the estimated time", () => {
    expect(textOf([rowOf("fit", "run", 3000)])).toBe("1 stage, about 3.0 s");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "run", 2000)])).toBe("2 stages, about 3.0 s");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "maybe", 2000)])).toBe(
      "1 + up to 1 stages, about 1.0 s to 3.0 s",
    );
    expect(textOf([rowOf("plot", "maybe", 2000)])).toBe("up to 1 stage, up to 2.0 s");
  });

  it("has no time in its text that is not known", () => {
    expect(textOf([rowOf("fit", "run")])).toBe("1 stage");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "run")])).toBe("2 stages, 1.0 s or more");
  });

  it("[O7] uses the time of the last run where there was none with these values", () => {
    const result = { key: "k" as Digest, digest: "d" as Digest, sizeBytes: 1, durationMs: 1500, at: 0, summary: "" };
    const shown = createView([createStage("fit", { result, inputs: [inputOf("param", "limit")] })]);
    expect(forecastText(forecastOf([rowOf("fit", "run")], { limit: 6 }, shown), english)).toBe("1 stage, about 1.5 s");
  });

  it("says when every result is cached, and when no stage uses the parameter", () => {
    expect(textOf([rowOf("fit", "load"), rowOf("plot", "load")])).toBe("cached");
    expect(textOf([rowOf("fit", "fresh")], { unread: 2 })).toBe("no stage uses it");
  });

  it("terminates for stages in a cycle and for names of a prototype", () => {
    const cycle = createView([
      createStage("a", { inputs: [inputOf("stage", "b"), inputOf("param", "constructor")] }),
      createStage("b", { inputs: [inputOf("stage", "a")] }),
    ]);
    expect(forecastOf([rowOf("a", "run"), rowOf("toString", "run")], { constructor: 1 }, cycle).dependents).toBe(2);
  });
});

describe("the queries", () => {
  interface Query {
    readonly values: JsonObject;
    readonly answer: (rows: readonly PlanRowView[] | Error) => Promise<void>;
  }

  function createRig() {
    const queries: Query[] = [];
    const source = new ForecastSource(
      (values) =>
        new Promise((resolve, reject) => {
          const answer = async (rows: readonly PlanRowView[] | Error): Promise<void> => {
            if (rows instanceof Error) reject(rows);
            else resolve({ rows });
            await new Promise((done) => setImmediate(done));
          };
          queries.push({ values, answer });
        }),
      (values, rows) => createForecast(view, values, rows),
    );
    const shown = (): readonly string[] | null => {
      const forecast = source.get();
      return forecast && [...forecast.stages.keys()];
    };
    return { queries, source, shown };
  }

  it("[O7] are sent immediately, one at a time, and then only for the latest value", async () => {
    const { queries, source, shown } = createRig();
    for (const limit of [6, 7, 8, 9]) source.request({ limit });
    expect(queries.map(({ values }) => values)).toEqual([{ limit: 6 }]);
    await queries[0]!.answer([rowOf("fit", "run"), rowOf("plot", "run")]);
    // The reply is for a value that has changed since: it is not shown.
    expect(shown()).toBeNull();
    expect(queries.map(({ values }) => values)).toEqual([{ limit: 6 }, { limit: 9 }]);
    await queries[1]!.answer([rowOf("fit", "run")]);
    expect(shown()).toEqual(["fit"]);
    expect(queries).toHaveLength(2);
  });

  it("are not sent twice for the same values", async () => {
    const { queries, source } = createRig();
    source.request({ limit: 6 });
    await queries[0]!.answer([]);
    source.request({ limit: 6 });
    expect(queries).toHaveLength(1);
  });

  it("end when nothing is being changed: a late reply is dropped", async () => {
    const { queries, source, shown } = createRig();
    source.request({ limit: 6 });
    source.request({});
    await queries[0]!.answer([rowOf("fit", "run")]);
    expect(shown()).toBeNull();
    source.request({ limit: 7 });
    await queries[1]!.answer([rowOf("fit", "run")]);
    expect(shown()).toEqual(["fit"]);
    source.request({});
    expect(shown()).toBeNull();
  });

  it("that the kernel rejects show nothing, and the next one is sent", async () => {
    const { queries, source, shown } = createRig();
    source.request({ limit: 6 });
    await queries[0]!.answer([rowOf("fit", "run")]);
    source.request({ limit: 99 });
    await queries[1]!.answer(new Error("must be 10 or less"));
    expect(shown()).toBeNull();
    source.request({ limit: 7 });
    await queries[2]!.answer([rowOf("plot", "run")]);
    expect(shown()).toEqual(["plot"]);
  });

  it("notify listeners of each change, until they unsubscribe", async () => {
    const { queries, source } = createRig();
    let changes = 0;
    const unsubscribe = source.subscribe(() => (changes += 1));
    source.request({ limit: 6 });
    await queries[0]!.answer([]);
    expect(changes).toBe(1);
    unsubscribe();
    source.request({});
    expect(changes).toBe(1);
  });
});
