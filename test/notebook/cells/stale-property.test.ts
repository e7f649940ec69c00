import { expect, test } from "vitest";
import { checkStaleProperty } from "./stale-property";

test("[U2] random notebooks with edits, changes in place, failures and files: after Run stale every cell shows what Run All shows", async () => {
  const { fresh, executed } = await checkStaleProperty(2);
  expect(Math.min(fresh, executed)).toBeGreaterThan(0);
}, 900_000);
