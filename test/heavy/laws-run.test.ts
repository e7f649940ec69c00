/** The law of runs over more pipelines than `npm test` takes. */
import { expect, test } from "vitest";
import { checkRunLaw } from "../laws/run-law";

test("[R9] [R10] [O5] random pipelines with random delays, failures and stops end, each stage once: 500 pipelines", async () => {
  const { succeeded, failed, cancelled, blocked } = await checkRunLaw(500);
  // About 45 of 2,000 stages fail: enough of each kind was seen, whatever the seed.
  expect(Math.min(succeeded, failed, cancelled, blocked)).toBeGreaterThan(20);
}, 1_800_000);
