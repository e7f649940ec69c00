/** The repairs of tslab leave cells that stock tslab compiles as they are: the whole gallery, and generated cells. */
import { expect, test } from "vitest";
import { differences, galleryCells, generatedCells } from "../notebook/tslab/corpus";

test("[H9] every cell of the gallery and 420 generated ones: the same diagnostics, code and names", () => {
  const cells = [...galleryCells(), ...generatedCells(7, 420)];
  expect(cells.flat().length).toBeGreaterThanOrEqual(500);
  expect(differences(cells)).toEqual([]);
}, 900_000);
