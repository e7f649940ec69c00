/** A run that is expected to cost more than the user's limit asks first. */
import { describe, expect, test } from "vitest";
import type { Command } from "stagebook/protocol";
import { ModelRig } from "./model-rig";

const cost = { machineMs: 7_200_000, stages: 1, unknown: [], shared: [] };
const stale = { executed: 0, cells: [], failed: [], notRun: 1 };

/** A kernel in which everything costs two hours. */
function connected(limitMs: number | undefined): ModelRig {
  const rig = new ModelRig();
  rig.connect();
  rig.limitMs = limitMs;
  rig.reply = (command: Command) => {
    if (command.type !== "run" && command.type !== "run-stale") return null;
    const isOver = command.limitMs !== undefined && command.limitMs < cost.machineMs;
    if (isOver) return { ...stale, status: "unconfirmed", cost };
    return { ...stale, status: "succeeded", executed: 1, notRun: 0 };
  };
  return rig;
}
const runs = (rig: ModelRig): readonly Command[] =>
  rig.sent.filter(({ type }) => type === "run" || type === "run-stale");

describe("[W11] above the limit", () => {
  test("a run is sent again without the limit when the user confirms, and not at all otherwise", async () => {
    const rig = connected(3_600_000);
    expect(await rig.model.send<"run">({ type: "run", targets: ["a"], force: true })).toMatchObject({ executed: 1 });
    expect(runs(rig)).toEqual([
      { type: "run", targets: ["a"], force: true, limitMs: 3_600_000 },
      { type: "run", targets: ["a"], force: true },
    ]);
    expect(rig.asked).toEqual([cost]);
    rig.sent.length = 0;
    rig.confirms = false;
    expect(await rig.model.send<"run">({ type: "run" })).toMatchObject({ status: "cancelled", executed: 0 });
    expect(runs(rig)).toEqual([{ type: "run", limitMs: 3_600_000 }]);
  });

  test("the stale stages and cells are run in the same way", async () => {
    const rig = connected(3_600_000);
    rig.confirms = false;
    expect(await rig.model.runStale()).toBe(false);
    expect(rig.staleRuns).toMatchObject([{ status: "cancelled", executed: [], notRun: 1 }]);
    rig.confirms = true;
    expect(await rig.model.runStale()).toBe(true);
    expect(rig.asked).toHaveLength(2);
  });

  test("below it, and without one, nothing is asked", async () => {
    for (const limitMs of [undefined, 7_200_000]) {
      const rig = connected(limitMs);
      await rig.model.send<"run">({ type: "run" });
      await rig.model.runStale();
      expect([rig.asked, runs(rig).length]).toEqual([[], 2]);
    }
  });
});
