/** A view that is turned into events and reduced again stays the same. */
import { describe, expect, it } from "vitest";
import { emptyView, reduceAll, eventsOfView } from "stagebook/protocol";
import type { Digest, StageView, View } from "stagebook/protocol";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";

const roundTrip = (view: View): View =>
  reduceAll(
    emptyView,
    eventsOfView(view).map((body) => ({ ...body, seq: 0, at: 7 })),
  );
const same = (stage: StageView): void => {
  const view = createView([stage], [createParam("limit", 3)]);
  // As JSON: an undefined property equals a missing one.
  expect(JSON.parse(JSON.stringify(roundTrip(view)))).toEqual(JSON.parse(JSON.stringify(view)));
};

describe("eventsOfView", () => {
  it.each([
    createStage("a", { inputs: [inputOf("param", "limit")], description: "the first" }),
    createStage("a", { action: null, status: "new" }),
    createStage("a", {
      status: "stale",
      action: "run",
      reasons: [{ kind: "param", name: "limit", text: "limit 1 → 2" }],
      estimateMs: 12,
      untracked: ["proxy"],
      result: { key: "k" as Digest, digest: "d" as Digest, sizeBytes: 1, durationMs: 2, at: 3, summary: "4" },
    }),
    createStage("a", { status: "pending", action: "maybe", waitsFor: ["b"] }),
    createStage("a", { status: "failed", action: "run", error: { code: "Error", message: "no" } }),
    createStage("a", { status: "failed", action: null, error: { code: "Error", message: "no" } }),
    createStage("a", { status: "cancelled", action: "run" }),
    createStage("a", { status: "running", action: "run", startedAt: 7 }),
  ])("[O5] preserves a stage that is $status", (stage) => same(stage));

  it("[O5] omits runs, cells and log", () => {
    const view = createView([createStage("a"), createStage("b", { inputs: [inputOf("stage", "a")] })]);
    expect(roundTrip({ ...view, seq: 99 })).toEqual(expect.objectContaining({ seq: 0, runs: [], log: [], cells: {} }));
    expect(Object.keys(roundTrip(view).stages)).toEqual(["a", "b"]);
  });
});
