/** A store that cannot be written is explained once a run, and every stage of which the result is not stored is named. */
import { expect, test } from "vitest";
import { createStoreProblemReport } from "../../../kernel-lib/src/run/state/logger";
import type { RunId } from "../../../kernel-lib/src/protocol";

test("[R12] a cause is logged once in each run; further stages refer to it", () => {
  const [lines, events]: [string[], string[]] = [[], []];
  const report = createStoreProblemReport(
    ({ type }) => events.push(type),
    (level, message) => lines.push(`${level} ${message}`),
  );
  const fail = (stage: string, run: string, message: string): void =>
    report({
      message,
      where: "/data",
      logged: {
        level: "error",
        message: `${stage}: kept: ${message}`,
        again: `${stage}: kept too`,
        source: { stage, run: run as RunId },
      },
    });
  fail("a", "1", "the disk is full");
  fail("b", "1", "the disk is full");
  fail("c", "1", "permission denied");
  fail("d", "2", "permission denied");
  expect(lines).toEqual([
    "error a: kept: the disk is full",
    "info b: kept too",
    "error c: kept: permission denied",
    "error d: kept: permission denied",
  ]);
  expect(events).toEqual(["store:problem", "store:problem", "store:problem", "store:problem"]);
});
