/** What values that are not applied would run: the questions, the answers, the words. */
import { describe, expect, it } from "vitest";
import type { Digest, JsonObject, PlanAction, PlanRowView, View } from "stagebook/protocol";
import type { Forecast } from "../../../lab-extension/src/model/forecast";
import { createForecast, forecastText } from "../../../lab-extension/src/model/forecast";
import { WhatIf } from "../../../lab-extension/src/model/what-if";
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

const foresee = (rows: readonly PlanRowView[], values: JsonObject = { limit: 6 }, shown: View = view): Forecast =>
  createForecast(shown, values, rows);
const textOf = (rows: readonly PlanRowView[], values?: JsonObject): string =>
  forecastText(foresee(rows, values), english);

describe("the forecast", () => {
  it("[O7] has the stages that would run because of the value, and not one that is stale for another reason", () => {
    const rows = [rowOf("load", "fresh"), rowOf("fit", "run"), rowOf("plot", "maybe"), rowOf("apart", "run")];
    expect([...foresee(rows).stages]).toEqual([
      ["fit", "run"],
      ["plot", "maybe"],
    ]);
  });

  it("has a stage that the plan found by other ways than the graph", () => {
    expect([...foresee([rowOf("load", "run")]).stages.keys()]).toEqual(["load"]);
  });

  it("says how many stages, and about how long", () => {
    expect(textOf([rowOf("fit", "run", 3000)])).toBe("1 stage, about 3.0 s");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "run", 2000)])).toBe("2 stages, about 3.0 s");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "maybe", 2000)])).toBe(
      "1 + up to 1 stages, about 1.0 s to 3.0 s",
    );
    expect(textOf([rowOf("plot", "maybe", 2000)])).toBe("up to 1 stage, up to 2.0 s");
  });

  it("says no time that it does not know", () => {
    expect(textOf([rowOf("fit", "run")])).toBe("1 stage");
    expect(textOf([rowOf("fit", "run", 1000), rowOf("plot", "run")])).toBe("2 stages, 1.0 s or more");
  });

  it("[O7] takes the time of the last run where there was none with these values", () => {
    const result = { key: "k" as Digest, digest: "d" as Digest, sizeBytes: 1, durationMs: 1500, at: 0, summary: "" };
    const shown = createView([createStage("fit", { result, inputs: [inputOf("param", "limit")] })]);
    expect(forecastText(foresee([rowOf("fit", "run")], { limit: 6 }, shown), english)).toBe("1 stage, about 1.5 s");
  });

  it("is free where every result is stored, and says when no stage reads the parameter", () => {
    expect(textOf([rowOf("fit", "load"), rowOf("plot", "load")])).toBe("free: stored");
    expect(textOf([rowOf("fit", "fresh")], { unread: 2 })).toBe("no stage reads it");
  });

  it("ends for stages in a cycle and for names of a prototype", () => {
    const round = createView([
      createStage("a", { inputs: [inputOf("stage", "b"), inputOf("param", "constructor")] }),
      createStage("b", { inputs: [inputOf("stage", "a")] }),
    ]);
    expect(foresee([rowOf("a", "run"), rowOf("toString", "run")], { constructor: 1 }, round).dependents).toBe(2);
  });
});

describe("the questions", () => {
  interface Asked {
    readonly values: JsonObject;
    readonly answer: (rows: readonly PlanRowView[] | Error) => Promise<void>;
  }

  function createRig() {
    const asked: Asked[] = [];
    const whatIf = new WhatIf(
      (values) =>
        new Promise((resolve, reject) => {
          const answer = async (rows: readonly PlanRowView[] | Error): Promise<void> => {
            if (rows instanceof Error) reject(rows);
            else resolve({ rows });
            await new Promise((done) => setImmediate(done));
          };
          asked.push({ values, answer });
        }),
      (values, rows) => createForecast(view, values, rows),
    );
    const shown = (): readonly string[] | null => {
      const forecast = whatIf.get();
      return forecast && [...forecast.stages.keys()];
    };
    return { asked, whatIf, shown };
  }

  it("[O7] are asked at once, one at a time, and then about the latest value alone", async () => {
    const { asked, whatIf, shown } = createRig();
    for (const limit of [6, 7, 8, 9]) whatIf.consider({ limit });
    expect(asked.map(({ values }) => values)).toEqual([{ limit: 6 }]);
    await asked[0]!.answer([rowOf("fit", "run"), rowOf("plot", "run")]);
    // The answer is about a value that was left: it is not shown.
    expect(shown()).toBeNull();
    expect(asked.map(({ values }) => values)).toEqual([{ limit: 6 }, { limit: 9 }]);
    await asked[1]!.answer([rowOf("fit", "run")]);
    expect(shown()).toEqual(["fit"]);
    expect(asked).toHaveLength(2);
  });

  it("are not asked twice for the same values", async () => {
    const { asked, whatIf } = createRig();
    whatIf.consider({ limit: 6 });
    await asked[0]!.answer([]);
    whatIf.consider({ limit: 6 });
    expect(asked).toHaveLength(1);
  });

  it("are over when nothing is being changed: a late answer is dropped", async () => {
    const { asked, whatIf, shown } = createRig();
    whatIf.consider({ limit: 6 });
    whatIf.consider({});
    await asked[0]!.answer([rowOf("fit", "run")]);
    expect(shown()).toBeNull();
    whatIf.consider({ limit: 7 });
    await asked[1]!.answer([rowOf("fit", "run")]);
    expect(shown()).toEqual(["fit"]);
    whatIf.consider({});
    expect(shown()).toBeNull();
  });

  it("that the kernel refuses show nothing, and the next is asked", async () => {
    const { asked, whatIf, shown } = createRig();
    whatIf.consider({ limit: 6 });
    await asked[0]!.answer([rowOf("fit", "run")]);
    whatIf.consider({ limit: 99 });
    await asked[1]!.answer(new Error("must be 10 or less"));
    expect(shown()).toBeNull();
    whatIf.consider({ limit: 7 });
    await asked[2]!.answer([rowOf("plot", "run")]);
    expect(shown()).toEqual(["plot"]);
  });

  it("tell listeners of each change, and no longer after they left", async () => {
    const { asked, whatIf } = createRig();
    let told = 0;
    const leave = whatIf.subscribe(() => (told += 1));
    whatIf.consider({ limit: 6 });
    await asked[0]!.answer([]);
    expect(told).toBe(1);
    leave();
    whatIf.consider({});
    expect(told).toBe(1);
  });
});
