/** The search for parameter values under which every stage is cached. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject, ParamView, PlanRowView, RunId } from "stagebook/protocol";
import { CachedValueSearch } from "../../../lab-extension/src/model/params/cached-values";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";

const region: ParamView = { ...createParam("region", 0), kind: "choice", schema: { enum: ["world", "europe"] } };
const limit: ParamView = { ...createParam("limit", 5), schema: { minimum: 0, maximum: 10 } };
const fit = createStage("fit", { inputs: [inputOf("param", "region"), inputOf("param", "limit")] });

/** The results for the values in `stored` are cached; the values in `history` were used before. */
function createRig(stored: readonly Json[], history: readonly number[] = [], idle = Promise.resolve()) {
  const checked: Json[] = [];
  let view = createView([fit], [region, limit]);
  const search = new CachedValueSearch({
    view: () => view,
    whenIdle: () => idle,
    whatIf: async (values: JsonObject) => {
      const [value] = Object.values(values) as [Json];
      checked.push(value);
      const action = stored.includes(value) ? "load" : "run";
      const row: PlanRowView = { stage: "fit", action, status: "fresh", reasons: [], waitsFor: [], untracked: [] };
      return { rows: [row] };
    },
    history: async () => ({
      rows: history.map((value) => ({
        at: 0,
        key: "",
        durationMs: 1,
        sizeBytes: 1,
        summary: "",
        params: { limit: String(value) },
        pinned: false,
        run: "r" as RunId,
      })),
    }),
  });
  const change = (): void => void (view = createView([{ ...fit }], [region, limit]));
  return { search, checked, change };
}

describe("cached values", () => {
  it("[O7] of a choice are those whose results are cached", async () => {
    const { search } = createRig(["europe"]);
    await search.activate("region");
    expect(search.get()).toEqual({ region: ["europe"] });
  });

  it("[O7] of a number are searched among those that were used before and are still valid", async () => {
    const { search, checked } = createRig([4, 7], [4, 4, 6, 7, 99, NaN]);
    await search.activate("limit");
    expect(checked).toEqual([4, 6, 7]);
    expect(search.get()).toEqual({ limit: [4, 7] });
  });

  it("are searched once, and again when a stage has changed", async () => {
    const { search, checked, change } = createRig([]);
    await search.activate("region");
    await search.activate("region");
    expect(checked).toHaveLength(2);
    change();
    await search.activate("region");
    expect(checked).toHaveLength(4);
  });

  it("are searched again after each change while the user is at the control", async () => {
    const { search, checked, change } = createRig(["europe"]);
    await search.activate("region");
    change();
    await search.update();
    expect(checked).toHaveLength(4);
    search.deactivate("region");
    change();
    await search.update();
    expect(checked).toHaveLength(4);
  });

  it("are shown for the control that was activated last: an earlier search stops", async () => {
    const { search, checked } = createRig(["world", 4], [4, 6]);
    await Promise.all([search.activate("region"), search.activate("limit")]);
    expect(search.get()).toEqual({ limit: [4] });
    expect(checked).not.toContain("europe");
  });

  it("[O7] are searched only after the forecast for the value being changed", async () => {
    let setIdle = (): void => undefined;
    const idle = new Promise<void>((resolve) => (setIdle = resolve));
    const { search, checked } = createRig(["north"], [], idle);
    const searched = search.activate("region");
    await new Promise((resolve) => setImmediate(resolve));
    expect(checked).toEqual([]);
    setIdle();
    await searched;
    expect(checked).not.toEqual([]);
  });

  it("are none when the kernel is gone or the parameter does not exist", async () => {
    const search = new CachedValueSearch({
      view: () => createView([fit], [region]),
      whatIf: () => Promise.reject(new Error("no kernel")),
      whenIdle: async () => undefined,
      history: () => Promise.reject(new Error("no kernel")),
    });
    await search.activate("region");
    await search.activate("gone");
    expect(search.get()).toEqual({});
  });
});
