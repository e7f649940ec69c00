/** Features of the graph: marks, groups, keyboard navigation, direction, export. */
import { describe, expect, it } from "vitest";
import type { FlowNode } from "../../../lab-extension/src/graph/canvas/flow-nodes";
import { createFlowEdges, createFlowNodes } from "../../../lab-extension/src/graph/canvas/flow-nodes";
import type { Graph } from "stagebook/drawing";
import { createGraph, layoutRequest, NODE_SIZES } from "stagebook/drawing";
import { collapsedIn, collapseGroups, findGroups, groupOf } from "../../../lab-extension/src/graph/model/groups";
import type { Direction } from "stagebook/drawing";
import { computeLayout } from "stagebook/drawing/layout";
import { layoutKey } from "stagebook/drawing";
import { findNext } from "../../../lab-extension/src/graph/model/navigate";
import type { ArrowKey } from "../../../lab-extension/src/graph/model/navigate";
import { findDescendants, findNodes, markNodes } from "../../../lab-extension/src/graph/model/node-marks";
import type { PictureColors } from "stagebook/drawing";
import { createDrawing, createMermaid, drawSvg } from "stagebook/drawing";
import { shownGraphIn } from "../../../lab-extension/src/graph/model/shown-graph";
import type { View } from "stagebook/protocol";
import { createParam, createStage, createView, english, inputOf } from "../stage/stage-fixture";

const view = createView(
  [
    createStage("load"),
    createStage("etl/clean", { status: "stale", inputs: [inputOf("stage", "load"), inputOf("param", "limit")] }),
    createStage("etl/join", { inputs: [inputOf("stage", "etl/clean"), inputOf("param", "shared")] }),
    createStage("fit", { inputs: [inputOf("stage", "etl/join"), inputOf("param", "shared", true)] }),
    createStage("apart"),
  ],
  [createParam("limit", 5), createParam("shared", 1)],
);
const graph = createGraph(view);
const none: ReadonlyMap<string, "run" | "maybe"> = new Map();
const edgesOf = (drawn: Graph): string[] => drawn.edges.map(({ id }) => decodeURIComponent(id)).sort();

describe("marks", () => {
  const marksOf = (input: Partial<Parameters<typeof markNodes>[1]>, drawn = graph): Record<string, string> =>
    Object.fromEntries(
      [...markNodes(drawn, { selected: null, search: "", forecast: none, ...input })].map(([id, marks]) => [
        decodeURIComponent(id),
        marks.join(" "),
      ]),
    );

  it("[O7] highlight what would or might run, including members of a collapsed group", () => {
    const forecast = new Map([
      ["etl/join", "run"],
      ["fit", "maybe"],
    ] as const);
    expect(marksOf({ forecast })).toEqual({ "stage:etl/join": "would-run", "stage:fit": "might-run" });
    expect(marksOf({ forecast }, collapseGroups(graph, new Set(["etl"])))).toEqual({
      "group:etl": "would-run",
      "stage:fit": "might-run",
    });
  });

  it("[O7] show what is upstream and downstream of the selected stage", () => {
    expect(marksOf({ selected: "etl/join" })).toEqual({
      "stage:load": "ancestor",
      "stage:etl/clean": "ancestor",
      "param:limit": "ancestor",
      "param:shared": "ancestor",
      "stage:fit": "descendant",
    });
    expect(findDescendants(graph, "load")).toEqual(["etl/clean", "etl/join", "fit"]);
  });

  it("dim what the search does not match; a name must contain every word, in any case", () => {
    const marks = marksOf({ search: " ETL  join " });
    expect(marks["stage:etl/join"]).toBe("found");
    expect(Object.values(marks).filter((mark) => mark === "dimmed")).toHaveLength(graph.nodes.length - 1);
    expect(findNodes(graph, "").length).toBe(0);
    expect(findNodes(graph, "i").map(({ name }) => name)).toEqual(["limit", "etl/join", "fit"]);
  });

  it("find a stage in its collapsed group", () => {
    expect(findNodes(collapseGroups(graph, new Set(["etl"])), "clean").map(({ id }) => id)).toEqual(["group:etl"]);
  });
});

describe("groups", () => {
  it("are the prefixes up to the first slash that two or more names share", () => {
    expect(["etl/a/b", "etl", "/etl", "etl/"].map(groupOf)).toEqual(["etl", null, null, null]);
    expect(findGroups(graph)).toEqual(["etl"]);
    expect(findGroups(createGraph(createView([createStage("etl/one")])))).toEqual([]);
  });

  it("become one node with the edges of all members, and contain the inputs that only they read", () => {
    const drawn = collapseGroups(graph, new Set(["etl", "missing"]));
    expect(drawn.nodes.map(({ id }) => id)).toEqual([
      "stage:load",
      "group:etl",
      "param:shared",
      "stage:fit",
      "stage:apart",
    ]);
    expect(edgesOf(drawn)).toEqual([
      "group:etl>stage:fit",
      "param:shared>group:etl",
      "param:shared>stage:fit",
      "stage:load>group:etl",
    ]);
    expect(collapseGroups(graph, new Set())).toBe(graph);
  });

  it("can be collapsed if a group is both upstream and downstream of a stage", () => {
    const round = createGraph(
      createView([
        createStage("g/a"),
        createStage("mid", { inputs: [inputOf("stage", "g/a")] }),
        createStage("g/b", { inputs: [inputOf("stage", "mid")] }),
      ]),
    );
    const drawn = collapseGroups(round, new Set(["g"]));
    expect(Object.keys(computeLayout(layoutRequest(drawn)).positions)).toHaveLength(2);
  });

  it("are collapsed automatically in a graph of more than 1,000 nodes, until the user chooses", () => {
    const large = createGraph(
      createView(Array.from({ length: 1001 }, (_, index) => createStage(`g${index % 7}/s${index}`))),
    );
    expect(collapsedIn(large, null).size).toBe(7);
    expect(collapsedIn(large, new Set()).size).toBe(0);
    expect(collapsedIn(graph, null).size).toBe(0);
  });

  it("show the most urgent status, and the number of stages per status", () => {
    const node = nodesOf(collapseGroups(graph, new Set(["etl"]))).find(({ id }) => id === "group:etl");
    expect(node?.domAttributes).toMatchObject({ "data-group": "etl", "data-status": "stale" });
    expect(node?.ariaLabel).toBe("etl/: 1 stale, 1 fresh");
  });
});

describe("arrow keys", () => {
  const pathOf = (direction: Direction, from: string, ...keys: readonly ArrowKey[]): string | null => {
    const layout = computeLayout(layoutRequest(graph, direction));
    return keys.reduce<string | null>(
      (at, key) => at && findNext(graph, layout, direction, at, key),
      `stage:${encodeURIComponent(from)}`,
    );
  };

  it("follow the edges, preferring stages to parameters", () => {
    expect(pathOf("down", "load", "ArrowDown", "ArrowDown", "ArrowDown")).toBe("stage:fit");
    expect(pathOf("down", "fit", "ArrowUp", "ArrowUp", "ArrowUp")).toBe("stage:load");
    expect(pathOf("right", "load", "ArrowRight", "ArrowRight", "ArrowRight")).toBe("stage:fit");
  });

  it("lead to the neighbor in the same layer and back", () => {
    const pair = createGraph(createView([createStage("a"), createStage("b"), createStage("c")]));
    const layout = computeLayout(layoutRequest(pair));
    const [first, second] = ["a", "b", "c"]
      .map((name) => `stage:${name}`)
      .sort((a, b) => layout.positions[a]!.x - layout.positions[b]!.x) as [string, string];
    expect(findNext(pair, layout, "down", first, "ArrowRight")).toBe(second);
    expect(findNext(pair, layout, "down", second, "ArrowLeft")).toBe(first);
  });

  it("do nothing if there is no node in that direction", () => {
    expect(pathOf("down", "fit", "ArrowDown")).toBeNull();
    expect(pathOf("down", "missing", "ArrowDown")).toBeNull();
  });
});

describe("the direction", () => {
  it("can put each stage to the right of its inputs, with a separate layout", () => {
    const request = layoutRequest(graph, "right");
    const { positions } = computeLayout(request);
    const left = (name: string): number => positions[`stage:${encodeURIComponent(name)}`]!.x;
    expect(left("load") + NODE_SIZES.stage.width).toBeLessThan(left("etl/clean"));
    expect(left("etl/clean") + NODE_SIZES.stage.width).toBeLessThan(left("etl/join"));
    expect(layoutKey(request)).not.toBe(layoutKey(layoutRequest(graph, "down")));
  });
});

describe("edges", () => {
  const classesOf = (drawn: View, selected: string | null = null): Record<string, string | undefined> => {
    const whole = createGraph(drawn);
    const layout = computeLayout(layoutRequest(whole));
    const marks = markNodes(whole, { selected, search: "", forecast: none });
    const edges = createFlowEdges({ graph: whole, layout, view: drawn, selected, marks, trans: english }, []);
    return Object.fromEntries(edges.map((edge) => [decodeURIComponent(edge.id), edge.className]));
  };

  it("show flowing data only between two running stages", () => {
    const stages = Object.values(view.stages).map((stage) =>
      stage.name.startsWith("etl/") ? { ...stage, status: "running" as const } : stage,
    );
    const classes = classesOf(createView(stages, Object.values(view.params)));
    const flowing = Object.keys(classes).filter((id) => classes[id]?.includes("stagebook-mod-flowing"));
    expect(flowing).toEqual(["stage:etl/clean>stage:etl/join"]);
  });

  it("of the lineage are marked, and no others", () => {
    const classes = classesOf(view, "etl/join");
    const marked = Object.keys(classes).filter((id) => classes[id]?.includes("stagebook-mod-lineage"));
    expect(marked.sort()).toEqual([
      "param:limit>stage:etl/clean",
      "param:shared>stage:etl/join",
      "stage:etl/clean>stage:etl/join",
      "stage:etl/join>stage:fit",
      "stage:load>stage:etl/clean",
    ]);
  });
});

describe("files", () => {
  const colors: PictureColors = {
    background: "#fff",
    node: "#fff",
    source: "#eee",
    border: "#ccc",
    text: "#000",
    faint: "#555",
    edge: "#999",
    status: { stale: "orange" },
  };
  const svgOf = (drawn: View, direction: Direction = "down"): string => {
    const whole = createGraph(drawn);
    const layout = computeLayout(layoutRequest(whole, direction));
    return drawSvg(createDrawing({ graph: whole, layout, view: drawn, direction }), colors, "graph");
  };

  it("SVG has every name, status and value, in both directions", () => {
    for (const svg of [svgOf(view), svgOf(view, "right")]) {
      for (const text of ["load", "etl/clean", "stale", "limit = 5", "no result yet"])
        expect(svg).toContain(`>${text}<`);
      expect(svg.match(/<path /gu)).toHaveLength(graph.edges.length);
      expect(svg).not.toContain("NaN");
    }
  });

  it("[O7] a shown pipeline of a notebook file is drawn only if it is complete", () => {
    const drawing = createDrawing({ graph, layout: computeLayout(layoutRequest(graph)), view, direction: "down" });
    const shown = JSON.parse(JSON.stringify({ ...drawing, label: "pipeline" })) as Record<string, unknown>;
    expect(shownGraphIn(shown)).toBe(shown);
    const [node] = drawing.nodes;
    const others = [null, 1, "x", {}, { ...shown, nodes: [null] }, { ...shown, edges: [{}] }, { ...shown, width: "1" }];
    const wrongNodes = [{ kind: "toString" }, { x: "0" }, { title: 1 }, { lines: [1] }, { status: 1 }];
    for (const wrong of [...others, ...wrongNodes.map((part) => ({ ...shown, nodes: [{ ...node, ...part }] }))])
      expect(shownGraphIn(wrong)).toBeUndefined();
  });

  it("[O7] SVG cuts a text that is wider than its node, and keeps the whole of it as a title", () => {
    const svg = svgOf(createView([createStage("a", { inputs: [inputOf("param", "big")] })], [createParam("big", 9007199254740991)])); // prettier-ignore
    const drawn = [...svg.matchAll(/<text [^>]*>([^<]*)</gu)].map(([, text = ""]) => text);
    const cut = drawn.find((text) => text.startsWith("big"));
    expect(cut).toMatch(/^big = 90071992547\d*…$/u);
    expect((cut?.length ?? 0) * 11 * 0.56).toBeLessThanOrEqual(NODE_SIZES.param.width - 18);
    expect(svg).toContain("<title>big = 9007199254740991</title>");
  });

  it("SVG and Mermaid contain names as text, whatever their characters", () => {
    const evil = '"]<img src=x onerror=alert(1)>&\u0000';
    const drawn = createView([createStage(evil)], [createParam(evil, 1)]);
    expect(svgOf(drawn)).not.toContain("<img");
    expect(svgOf(drawn)).not.toContain("\u0000");
    const chart = createMermaid(createGraph(drawn), drawn);
    expect(chart).not.toContain("<img");
    expect(chart.match(/"/gu)).toHaveLength(2);
  });

  it("SVG and Mermaid have the files that a stage reads", () => {
    const drawn = createView([
      createStage("a", { inputs: [inputOf("file", "one.csv"), inputOf("files", "data/*.csv")] }),
    ]);
    for (const text of ["one.csv", "data/*.csv"]) {
      expect(svgOf(drawn)).toContain(`>${text}<`);
      expect(createMermaid(createGraph(drawn), drawn)).toContain(`[/"${text}"/]`);
    }
  });

  it("Mermaid has an arrow for each edge, dotted for what is not a result or only read in the code", () => {
    const lines = createMermaid(graph, view, "right").split("\n");
    expect(lines.filter((line) => !line.includes("classDef"))).toEqual([
      "flowchart LR",
      '  n0["load"]:::fresh',
      '  n1(["limit = 5"])',
      '  n2["etl/clean"]:::stale',
      '  n3(["shared = 1"])',
      '  n4["etl/join"]:::fresh',
      '  n5["fit"]:::fresh',
      '  n6["apart"]:::fresh',
      "  n0 --> n2",
      "  n1 -.-> n2",
      "  n2 --> n4",
      "  n3 -.-> n4",
      "  n4 --> n5",
      "  n3 -.-> n5",
    ]);
  });
});

function nodesOf(drawn: Graph): readonly FlowNode[] {
  return createFlowNodes(
    { graph: drawn, layout: computeLayout(layoutRequest(drawn)), view, selected: null, trans: english },
    [],
  );
}
