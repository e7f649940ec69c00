/** The dialog before a costly run: what it says of the estimate. */
import { expect, test } from "vitest";
import { costLines } from "../../../lab-extension/src/runs/run-cost-text";
import { english } from "../stage/stage-fixture";

test("[W11] the estimate names the machine time, the limit, and items and ranges of stages that are shared", () => {
  const shared = { stage: "scores", items: 20_000, itemsDone: 12_400, ranges: 33, rangesDone: 21, machineMs: 372_000 };
  const cost = { machineMs: 400_000, stages: 2, unknown: [], shared: [shared] };
  expect(costLines(cost, 60_000, english)).toEqual([
    "It takes about 6 min 40 s of machine time, more than the limit of 1 min in the settings.",
    "scores: 12,400 of 20,000 items are done, in 21 of 33 ranges; about 6 min 12 s are left with one worker",
  ]);
});

test("[W10] what is not known is said", () => {
  const shared = [
    { stage: "later", itemsDone: 0, rangesDone: 0 },
    { stage: "fresh", items: 5, itemsDone: 0, ranges: 1, rangesDone: 0 },
  ];
  const lines = costLines({ machineMs: 400_000, stages: 4, unknown: ["later", "fresh"], shared }, 60_000, english);
  expect(lines.slice(1)).toEqual([
    "later: how many items it has is known when the stages before it have run",
    "fresh: 0 of 5 items are done, in 0 of 1 ranges",
    "Not known yet, and not counted: later, fresh",
  ]);
});
