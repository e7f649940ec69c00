/** The law of plans over many more pipelines than `npm test` takes. */
import { expect, test } from "vitest";
import { checkPlanProperty } from "../properties/plan-property";

test("[S11] what is planned to run runs, nothing else does, refined plans become exact, and the outputs are those of a run without a store: 500 pipelines", async () => {
  const { run, maybe, unchanged, fresh, looks } = await checkPlanProperty(500);
  expect(Math.min(run, maybe, unchanged, fresh, looks)).toBeGreaterThan(200);
}, 1_800_000);
