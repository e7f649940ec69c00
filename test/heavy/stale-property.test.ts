/** The law of Run stale over more notebooks than `npm test` takes. */
import { expect, test } from "vitest";
import { checkStaleProperty } from "../notebook/cells/stale-property";

test("[U2] random notebooks with edits, changes in place, failures and files: after Run stale every cell shows what Run All shows: 200 notebooks", async () => {
  const { fresh, executed, failed, blocked } = await checkStaleProperty(200);
  expect(Math.min(fresh, executed, failed, blocked)).toBeGreaterThan(20);
}, 3_600_000);
