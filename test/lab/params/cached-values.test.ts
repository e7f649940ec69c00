/** Which values cost nothing: where they are looked for, and which are. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject, ParamView, PlanRowView, RunId } from "stagebook/protocol";
import { CachedValueSearch } from "../../../lab-extension/src/model/cached-values";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";

const region: ParamView = { ...createParam("region", 0), kind: "choice", schema: { enum: ["world", "europe"] } };
const limit: ParamView = { ...createParam("limit", 5), schema: { minimum: 0, maximum: 10 } };
const fit = createStage("fit", { inputs: [inputOf("param", "region"), inputOf("param", "limit")] });

/** Stored are the results for these values; used once were `history`. */
function createRig(stored: readonly Json[], history: readonly number[] = [], idle = Promise.resolve()) {
  const asked: Json[] = [];
  let view = createView([fit], [region, limit]);
  const search = new CachedValueSearch({
    view: () => view,
    untilIdle: () => idle,
    whatIf: async (values: JsonObject) => {
      const [value] = Object.values(values) as [Json];
      asked.push(value);
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
  return { search, asked, change };
}

describe("free values", () => {
  it("[O7] of a choice are those whose results are stored", async () => {
    const { search } = createRig(["europe"]);
    await search.attend("region");
    expect(search.get()).toEqual({ region: ["europe"] });
  });

  it("[O7] of a number are looked for among those that were used and still fit", async () => {
    const { search, asked } = createRig([4, 7], [4, 4, 6, 7, 99, NaN]);
    await search.attend("limit");
    expect(asked).toEqual([4, 6, 7]);
    expect(search.get()).toEqual({ limit: [4, 7] });
  });

  it("are looked for once, and again when a stage has changed", async () => {
    const { search, asked, change } = createRig([]);
    await search.attend("region");
    await search.attend("region");
    expect(asked).toHaveLength(2);
    change();
    await search.attend("region");
    expect(asked).toHaveLength(4);
  });

  it("are looked for again with a change while somebody is at the control", async () => {
    const { search, asked, change } = createRig(["europe"]);
    await search.attend("region");
    change();
    await search.update();
    expect(asked).toHaveLength(4);
    search.leave("region");
    change();
    await search.update();
    expect(asked).toHaveLength(4);
  });

  it("of the control that was turned to last are shown: a search before it ends early", async () => {
    const { search, asked } = createRig(["world", 4], [4, 6]);
    await Promise.all([search.attend("region"), search.attend("limit")]);
    expect(search.get()).toEqual({ limit: [4] });
    expect(asked).not.toContain("europe");
  });

  it("[O7] are looked for once nobody waits for an answer about the value that is being moved", async () => {
    let rest = (): void => undefined;
    const idle = new Promise<void>((resolve) => (rest = resolve));
    const { search, asked } = createRig(["north"], [], idle);
    const attended = search.attend("region");
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toEqual([]);
    rest();
    await attended;
    expect(asked).not.toEqual([]);
  });

  it("are none when nothing reads the parameter or the kernel is gone", async () => {
    const search = new CachedValueSearch({
      view: () => createView([fit], [region]),
      whatIf: () => Promise.reject(new Error("no kernel")),
      untilIdle: async () => undefined,
      history: () => Promise.reject(new Error("no kernel")),
    });
    await search.attend("region");
    await search.attend("gone");
    expect(search.get()).toEqual({});
  });
});
