import { describe, expect, test } from "vitest";
import { EXAMPLE_CELLS, snippetCells } from "../../../lab-extension/src/start/snippets";

describe("a snippet", () => {
  const first = 'import { param, show, stage } from "stagebook";';

  test("[U2] is one cell where the notebook imports what it needs", () => {
    expect(snippetCells("stage", [first])).toEqual([
      'const newStage = stage("newStage", {}, () => {\n  return 1;\n});',
    ]);
    expect(snippetCells("param", [first])).toEqual([
      'const newParam = param("newParam", 10, { min: 0, max: 100, step: 1 });',
    ]);
  });

  test("[U2] has a name that the notebook does not use", () => {
    const taken = [first, "const newStage = 1;", "// newStage2"];
    expect(snippetCells("stage", taken)[0]).toContain('const newStage3 = stage("newStage3"');
    expect(snippetCells("stage", [first, "const newStages = 1;"])[0]).toContain("const newStage = ");
  });

  test.each([
    ["no import", []],
    ["an import of other names", ['import { show, stage } from "stagebook";']],
    ["an import under another name", ['import { param as p } from "stagebook";']],
    ["an import from another package", ['import { param } from "other";']],
  ])("[U2] brings its import with it: %s", (_, sources) => {
    expect(snippetCells("param", sources)[0]).toBe('import { param } from "stagebook";');
  });

  test("[U2] finds an import of several lines, and one that renames to the name", () => {
    expect(snippetCells("param", ["import {\n  param,\n  stage,\n} from 'stagebook';"])).toHaveLength(1);
    expect(snippetCells("param", ['import { p as param } from "stagebook";'])).toHaveLength(1);
  });

  test("[U2] is not needed beside the example", () => {
    expect(snippetCells("stage", EXAMPLE_CELLS)).toHaveLength(1);
  });
});
