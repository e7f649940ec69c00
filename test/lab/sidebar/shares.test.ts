import { expect, test } from "vitest";
import { withRoom } from "../../../lab-extension/src/sidebar/shares";

test("[U2] a part gets the room that it lacks from the largest part", () => {
  expect(withRoom([0, 0.75, 0.25], 2, 0.5)).toEqual([0, 0.5, 0.5]);
});

test("[U2] a part that has enough, or is the largest itself, stays as it is", () => {
  expect(withRoom([0, 0.5, 0.5], 2, 0.25)).toEqual([0, 0.5, 0.5]);
  expect(withRoom([0.25, 0.75], 1, 0.875)).toEqual([0.25, 0.75]);
});

test("[U2] no part becomes negative", () => {
  expect(withRoom([0.25, 0.75], 0, 1.5)).toEqual([1, 0]);
});
