/** The property of plans over random pipelines and edits. A failure prints its seed and the smallest case; STAGEBOOK_SEED repeats it. */
import { expect, test } from "vitest";
import { checkPlanProperty } from "./plan-property";

test("[S11] what is planned to run runs and nothing else, refined plans become exact, and the outputs equal those of a run without a store", async () => {
  const { run, maybe, unchanged, fresh, looks } = await checkPlanProperty(10);
  // The property proves nothing about a kind that was never planned.
  expect(Math.min(run, maybe, unchanged, fresh, looks)).toBeGreaterThan(2);
}, 900_000);
