/** The order and the grouping of the list of stages, and how the drawing and the sidebar use their room. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideHeight } from "../../../lab-extension/src/sidebar/section-heights";
import type { SectionNeed } from "../../../lab-extension/src/sidebar/section-heights";
import { fitGraph, isReadable, MIN_ZOOM } from "../../../lab-extension/src/graph/canvas/viewport";
import { createGraph } from "stagebook/drawing";
import { createListRows, inputsFirst } from "../../../lab-extension/src/graph/model/list-rows";
import { findStageNodes } from "../../../lab-extension/src/graph/model/node-marks";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";

type Stages = { readonly [name: string]: readonly string[] };

const graphOf = (stages: Stages) =>
  createGraph(
    createView(
      Object.entries(stages).map(([name, inputs]) =>
        createStage(name, { inputs: inputs.map((input) => inputOf("stage", input)) }),
      ),
    ),
  );
const rowsOf = (stages: Stages, collapsed: readonly string[] = []) =>
  createListRows(graphOf(stages), new Set(collapsed));
const labels = (...input: Parameters<typeof rowsOf>): string[] =>
  rowsOf(...input).map(({ level, label }) => `${"  ".repeat(level - 1)}${label}`);

const etl: Stages = {
  raw: [],
  "etl/clean": ["raw"],
  other: [],
  "etl/join": ["etl/clean"],
  report: ["etl/join", "other"],
};

describe("the rows of the list", () => {
  it("[O7] are in order of definition, except that inputs come first", () => {
    expect(labels({ c: ["b"], a: [], b: ["a"] })).toEqual(["a", "b", "c"]);
    expect(rowsOf({ c: ["b"], a: [], b: ["a"] }).map(({ inputs }) => inputs)).toEqual([[], [0], [1]]);
  });

  it("[O7] the stages of a group are below its heading, without its name", () => {
    expect(labels(etl)).toEqual(["raw", "etl/", "  clean", "  join", "other", "report"]);
    const rows = rowsOf(etl);
    expect(rows.map(({ isExpanded }) => isExpanded)).toEqual([
      undefined,
      true,
      ...Array.from({ length: 4 }, () => undefined),
    ]);
    expect(rows.map(({ position, siblings }) => `${position}/${siblings}`)).toEqual([
      "1/4",
      "2/4",
      "1/2",
      "2/2",
      "3/4",
      "4/4",
    ]);
    expect(rows.at(-1)?.inputs).toEqual([3, 4]);
  });

  it("[O7] a collapsed group is one row with the edges of its stages", () => {
    expect(labels(etl, ["etl"])).toEqual(["raw", "etl/", "other", "report"]);
    expect(rowsOf(etl, ["etl"]).map(({ inputs }) => inputs)).toEqual([[], [0], [], [1, 2]]);
  });

  it("[O7] a group that another stage stands between has no heading until it is collapsed", () => {
    const between: Stages = { "g/a": [], x: ["g/a"], "g/b": ["x"], "h/a": [], "h/b": [] };
    expect(labels(between)).toEqual(["g/a", "x", "g/b", "h/", "  a", "  b"]);
    expect(labels(between, ["g", "h"])).toEqual(["x", "g/", "h/"]);
    const crossed: Stages = { "g/a": [], "h/a": ["g/a"], "h/b": [], "g/b": ["h/b"] };
    expect(labels(crossed)).toEqual(["g/a", "h/a", "h/b", "g/b"]);
  });

  it("[S15] stages on a cycle are listed", () => {
    expect([...labels({ a: ["b"], b: ["a"], c: ["b"] })].sort()).toEqual(["a", "b", "c"]);
  });

  it("[O7] in any graph each stage is listed once, below all its inputs", () => {
    const graphs = fc.array(fc.tuple(fc.constantFrom("", "g/", "h/"), fc.array(fc.nat(25), { maxLength: 3 })), {
      maxLength: 25,
    });
    fc.assert(
      fc.property(graphs, fc.boolean(), (drawn, isReversed) => {
        const names = drawn.map(([group], at) => `${group}s${at}`);
        const entries = drawn.map(
          ([, inputs], at) =>
            [names[at]!, [...new Set(inputs.filter((input) => input < at).map((input) => names[input]!))]] as const,
        );
        const rows = rowsOf(Object.fromEntries(isReversed ? [...entries].reverse() : entries));
        const stages = rows.filter(({ kind }) => kind === "stage");
        expect(stages.map(({ name }) => name).sort()).toEqual([...names].sort());
        for (const [name, inputs] of entries) {
          const at = rows.findIndex((row) => row.kind === "stage" && row.name === name);
          expect(rows[at]!.inputs.map((input) => rows[input]!.name).sort()).toEqual([...inputs].sort());
          for (const input of rows[at]!.inputs) expect(input).toBeLessThan(at);
        }
      }),
    );
  });

  it("[O7] thousands of stages in a row are ordered without a deep recursion", () => {
    const ids = Array.from({ length: 20_000 }, (_, at) => `s${at}`);
    const inputs = new Map(ids.map((id, at) => [id, at + 1 < ids.length ? [`s${at + 1}`] : []]));
    expect(inputsFirst(ids, inputs)[0]).toBe("s19999");
  });

  it("[O7] the search finds stages by name, and by the parameters that they read", () => {
    const view = createView(
      [createStage("strong", { inputs: [inputOf("param", "limit")] }), createStage("other")],
      [createParam("limit", 1)],
    );
    expect([...findStageNodes(createGraph(view), "lim")]).toEqual(["stage:strong"]);
    expect([...findStageNodes(createGraph(view), "the")]).toEqual(["stage:other"]);
    expect([...findStageNodes(createGraph(view), "")]).toEqual([]);
  });
});

describe("the view of the drawing", () => {
  const layout = (width: number, height: number) => ({ positions: {}, routes: {}, width, height });

  it("[O7] shows the whole graph where its names are readable", () => {
    expect(isReadable(layout(600, 500), 380, 400)).toBe(true);
    const { x, y, zoom } = fitGraph(layout(600, 500), "down", 380, 400);
    expect(zoom).toBeGreaterThanOrEqual(MIN_ZOOM);
    expect([x, y].every((at) => at >= 0)).toBe(true);
    expect(x + 600 * zoom).toBeLessThanOrEqual(380);
    expect(y + 500 * zoom).toBeLessThanOrEqual(400);
  });

  it("[O7] never makes names smaller than 11 px: a larger graph begins at its first stages", () => {
    expect(19 * MIN_ZOOM).toBeCloseTo(11);
    expect(isReadable(layout(3000, 5000), 380, 400)).toBe(false);
    expect(fitGraph(layout(3000, 5000), "down", 380, 400)).toMatchObject({ zoom: MIN_ZOOM, y: 8 });
    expect(fitGraph(layout(5000, 3000), "right", 380, 400).x).toBeGreaterThan(0);
  });
});

describe("the heights of the sidebar's sections", () => {
  const sections = (open: readonly string[], content: { readonly [name: string]: number | null }): SectionNeed[] => [
    {
      name: "params",
      isOpen: open.includes("params"),
      rule: { kind: "content", limit: 0.5 },
      content: content.params ?? null,
    },
    {
      name: "graph",
      isOpen: open.includes("graph"),
      rule: { kind: "rest", weight: 1, limitsToContent: true },
      content: content.graph ?? null,
    },
    { name: "stage", isOpen: open.includes("stage"), rule: { kind: "rest", weight: 1 }, content: null },
  ];
  const content = { params: 180, graph: 250 };

  it("[P10] the parameters are as high as their content, and the list has the rest", () => {
    expect(divideHeight(sections(["params", "graph"], content), 600, null)).toEqual([180, 420, 0]);
    expect(divideHeight(sections(["params", "graph"], { params: 900, graph: 250 }), 600, null)).toEqual([300, 300, 0]);
  });

  it("[O7] the stage has what the list does not need", () => {
    expect(divideHeight(sections(["params", "graph", "stage"], content), 1000, null)).toEqual([180, 250, 570]);
    expect(divideHeight(sections(["params", "graph", "stage"], content), 480, null)).toEqual([180, 150, 150]);
  });

  it("[P10] a closed section leaves its height to the others, and one alone has all", () => {
    expect(divideHeight(sections(["graph"], content), 600, null)).toEqual([0, 600, 0]);
    expect(divideHeight(sections(["params"], content), 600, null)).toEqual([600, 0, 0]);
    expect(divideHeight(sections([], content), 600, null)).toEqual([0, 0, 0]);
  });

  it("[P10] what the user chose counts, and leaves room for a section that was closed then", () => {
    const chosen = { params: 0.4, graph: 0.6 };
    expect(divideHeight(sections(["params", "graph"], content), 600, chosen)).toEqual([240, 360, 0]);
    const [params = 0, graph = 0, stage = 0] = divideHeight(
      sections(["params", "graph", "stage"], content),
      600,
      chosen,
    );
    expect(params + graph + stage).toBeCloseTo(600);
    expect(graph / params).toBeCloseTo(1.5);
    expect(stage).toBeGreaterThan(100);
  });
});
