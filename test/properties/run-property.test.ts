import { expect, test } from "vitest";
import { checkRunProperty } from "./run-property";

test("[R9] [R10] [O5] random pipelines with random delays, failures and cancellations end, each stage once, with the values of plain functions", async () => {
  const { succeeded, failed, cancelled, blocked } = await checkRunProperty(30);
  expect(Math.min(succeeded, failed, cancelled, blocked)).toBeGreaterThan(0);
}, 900_000);
