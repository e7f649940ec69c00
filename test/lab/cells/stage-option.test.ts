import { describe, expect, test } from "vitest";
import { applyEdit, editOption } from "../../../lab-extension/src/cells/stage-option";

const code = 'volatile: "accept"';
const edited = (source: string, option = code, stage = "rows"): string | undefined => {
  const edit = editOption(source, stage, option);
  return edit && applyEdit(source, edit);
};

describe("[V8] an option is written into the definition of a stage", () => {
  test.each([
    ['stage("rows", () => 1);', 'stage("rows", () => 1, { volatile: "accept" });'],
    ["const r = stage('rows', { n }, ({ n }) => n)", "const r = stage('rows', { n }, ({ n }) => n, { volatile: \"accept\" })"],
    ['stage("rows", () => 1, {});', 'stage("rows", () => 1, { volatile: "accept" });'],
    ['stage("rows", () => 1, { worker: true });', 'stage("rows", () => 1, { worker: true, volatile: "accept" });'],
    ['stage("rows", () => 1, { worker: true, });', 'stage("rows", () => 1, { worker: true, volatile: "accept", });'],
    ['stage("rows", () => 1, { volatile: undefined });', 'stage("rows", () => 1, { volatile: "accept" });'],
    ['stage("rows", () => 1, { ...common });', 'stage("rows", () => 1, { ...common, volatile: "accept" });'],
    ['stage("other", () => 2); await stage<Row[]>("rows", { n }, async function ({ n }: { n: number }): Promise<Row[]> {\n  return [];\n});', 'stage("other", () => 2); await stage<Row[]>("rows", { n }, async function ({ n }: { n: number }): Promise<Row[]> {\n  return [];\n}, { volatile: "accept" });'],
    ['pipeline.each("rows", source, (x) => x)', 'pipeline.each("rows", source, (x) => x, { volatile: "accept" })'],
    ['// stage("rows", () => 0)\nstage("rows", () => 1 /* one */)', '// stage("rows", () => 0)\nstage("rows", () => 1, { volatile: "accept" } /* one */)'],
    ['if (big) { stage("rows", () => stage("inner", () => 1)); }', 'if (big) { stage("rows", () => stage("inner", () => 1), { volatile: "accept" }); }'],
  ])("%s", (before, after) => expect(edited(before)).toBe(after)); // prettier-ignore

  test("names with quotes", () => {
    expect(edited(`stage('my "rows"', () => 1)`, "seed: 1", 'my "rows"')).toBe(
      `stage('my "rows"', () => 1, { seed: 1 })`,
    );
    expect(edited(`stage("it's", () => 1)`, "seed: 1", "it's")).toBe(`stage("it's", () => 1, { seed: 1 })`);
  });

  test.each(['stage("rows", () => 1, options);', 'stage("rows", compute);', "stage(name, () => 1);", 'other("rows", () => 1);', "not code ((("])(
    "%s is left alone",
    (source) => expect(edited(source)).toBeUndefined(),
  ); // prettier-ignore
});
