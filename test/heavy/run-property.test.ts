/** The law of runs over more pipelines than `npm test` takes. */
import { expect, test } from "vitest";
import { checkRunProperty } from "../properties/run-property";

test("[R9] [R10] [O5] random pipelines with random delays, failures and stops end, each stage once: 500 pipelines", async () => {
  const { succeeded, failed, cancelled, blocked } = await checkRunProperty(500);
  expect(Math.min(succeeded, failed, cancelled, blocked)).toBeGreaterThan(50);
}, 1_800_000);
