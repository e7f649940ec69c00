/** The plan that the page shows, while stages change. */
import type { EventBody } from "stagebook/protocol";
import { expect, test } from "vitest";
import { ShownPlan, type ShownPlanParts } from "../../kernel-lib/src/run/shown-plan";
import { gate } from "./script";

type Plan = Awaited<ReturnType<ShownPlanParts["planner"]["plan"]>>;

const instance = { id: "bad", definition: { name: "bad", cell: null }, overlay: new Map() };
const planOf = (status: string): Plan => {
  const row = { stage: "bad", action: "run", status, reasons: [], waitsFor: [], untracked: [] };
  return { assessed: new Map([["bad", { instance, row }]]) } as unknown as Plan;
};

test("[O7] what a plan says of a stage that has failed since the plan began is not shown: the error would be gone", async () => {
  const plans = [gate<Plan>(), gate<Plan>()] as const;
  const emitted: EventBody[] = [];
  let begun = 0;
  const parts = {
    registry: { stages: { all: () => [{ name: "bad" }], get: () => instance.definition } },
    instances: { find: () => instance, refs: () => [], inputViews: () => [] },
    planner: { plan: () => plans[begun++]?.opened },
    emit: (event: EventBody) => emitted.push(event),
    log: () => undefined,
    clock: { now: () => 0 },
    isBusy: () => false,
  };
  const shown = new ShownPlan(parts as unknown as ShownPlanParts);
  const statuses = (): readonly string[] =>
    emitted.flatMap((event) => (event.type === "plan:refined" ? event.rows.map(({ status }) => status) : []));
  shown.request();
  const settled = shown.planned();
  await expect.poll(() => begun).toBe(1);
  const error = { code: "RangeError", message: "thrown" };
  shown.forget({ type: "stage:failed", run: "r", stage: "bad", cell: null, durationMs: 1, error } as EventBody);
  plans[0].open(planOf("new"));
  await expect.poll(() => begun).toBe(2);
  expect(statuses()).toEqual([]);
  plans[1].open(planOf("failed"));
  await settled;
  expect(statuses()).toEqual(["failed"]);
});
