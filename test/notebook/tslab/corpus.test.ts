/** The repairs leave cells that stock tslab compiles as they are. */
import { expect, test, vi } from "vitest";
import { differences, galleryCells, generatedCells } from "./corpus";

vi.setConfig({ testTimeout: 240_000 });

test("[H9] twenty cells: the same diagnostics, code and names", () => {
  expect(
    differences([...galleryCells().slice(0, 2), ...generatedCells(1, 10)].map((cells) => cells.slice(0, 10))),
  ).toEqual([]);
});
