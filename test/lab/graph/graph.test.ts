/** The graph of a view, its layout, and its nodes for React Flow. */
import { describe, expect, it } from "vitest";
import type { FlowNode } from "../../../lab-extension/src/graph/canvas/flow-nodes";
import { createFlowEdges, createFlowNodes } from "../../../lab-extension/src/graph/canvas/flow-nodes";
import { createEdgePath } from "stagebook/drawing";
import { createGraph, isSameGraph, layoutRequest } from "stagebook/drawing";
import type { Layout } from "stagebook/drawing";
import { computeLayout } from "stagebook/drawing/layout";
import { layoutKey } from "stagebook/drawing";
import { LayoutQueue } from "../../../lab-extension/src/graph/layout/layout-queue";
import type { Freshness, View } from "stagebook/protocol";
import { createParam, createStage, createView, english, inputOf } from "../stage/stage-fixture";

const quakes = createStage("quakes", { inputs: [inputOf("file", "data/quakes.json")] });
const strong = createStage("strong", { inputs: [inputOf("stage", "quakes"), inputOf("param", "minMagnitude")] });
const report = createStage("report", {
  inputs: [inputOf("stage", "strong"), inputOf("stage", "quakes", true), inputOf("value", "x")],
});
const view = createView([quakes, strong, report], [createParam("minMagnitude", 4.5)]);

describe("the graph", () => {
  it("has a node for each stage and for each parameter and file that is an input", () => {
    const { nodes } = createGraph(view);
    expect(nodes.map((node) => `${node.kind} ${node.name}`)).toEqual([
      "file data/quakes.json",
      "stage quakes",
      "param minMagnitude",
      "stage strong",
      "stage report",
    ]);
  });

  it("has a node of its own for the files of a folder, beside a file of that name", () => {
    const reader = createStage("reader", { inputs: [inputOf("files", "data"), inputOf("file", "data")] });
    const { nodes, edges } = createGraph(createView([reader]));
    expect(nodes.map(({ id, attachedTo }) => [id, attachedTo])).toEqual([
      ["files:data", "stage:reader"],
      ["file:data", "stage:reader"],
      ["stage:reader", undefined],
    ]);
    expect(edges.map(({ id }) => id)).toEqual(["files:data>stage:reader", "file:data>stage:reader"]);
  });

  it("has one edge between two nodes, which is declared if any of its inputs is", () => {
    const both = createStage("both", {
      inputs: [inputOf("stage", "quakes", true), { ...inputOf("stage", "quakes"), path: "a" }],
    });
    const { edges } = createGraph(createView([quakes, both]));
    expect(edges.filter((edge) => edge.to === "stage:both")).toEqual([
      { id: "stage:quakes>stage:both", from: "stage:quakes", to: "stage:both", implicit: false },
    ]);
  });

  it("has no edge from a stage that no longer exists", () => {
    expect(createGraph(createView([strong])).edges.map((edge) => edge.from)).toEqual(["param:minMagnitude"]);
  });

  it("distinguishes stages whose names are Object.prototype's or contain quotes", () => {
    const names = ["constructor", 'a"b', "a'b", "a>b", "param:x"];
    const odd = createView(names.map((name) => createStage(name, { inputs: [inputOf("stage", "toString")] })));
    const { nodes, edges } = createGraph(odd);
    expect(new Set(nodes.map((node) => node.id)).size).toBe(names.length);
    expect(edges).toEqual([]);
    expect(nodes.every((node) => !/["\\]/u.test(node.id))).toBe(true);
  });

  it("is the same after a change of status, but not after a change of inputs", () => {
    const restyled = createView([{ ...quakes, status: "stale" }, strong, report]);
    expect(isSameGraph(view, restyled)).toBe(true);
    expect(isSameGraph(view, createView([quakes, strong]))).toBe(false);
    expect(isSameGraph(view, createView([quakes, { ...strong, inputs: [] }, report]))).toBe(false);
  });
});

describe("the layout", () => {
  const request = layoutRequest(createGraph(view));
  const layout = computeLayout(request);

  it("puts each stage below its inputs", () => {
    const top = (id: string): number => layout.positions[id]?.y ?? NaN;
    expect(top("stage:quakes")).toBeLessThan(top("stage:strong"));
    expect(top("stage:strong")).toBeLessThan(top("stage:report"));
  });

  it("has no overlapping nodes, and contains all of them within its size", () => {
    expectNoOverlap(layout, request);
  });

  it("attaches a parameter of a single stage to that stage, and lays out a shared one separately", () => {
    expect(layout.positions["param:minMagnitude"]?.x).toBe(layout.positions["stage:strong"]?.x);
    const other = createStage("other", { inputs: [inputOf("param", "minMagnitude")] });
    const shared = createGraph(createView([strong, other]));
    expect(shared.nodes.find((node) => node.kind === "param")?.attachedTo).toBeUndefined();
  });

  it("is the same for the same request, and identified by shape only", () => {
    expect(computeLayout(request)).toEqual(layout);
    const restyled = createView([{ ...quakes, status: "failed" }, strong, report]);
    expect(layoutKey(layoutRequest(createGraph(restyled)))).toBe(layoutKey(request));
    expect(layoutKey(layoutRequest(createGraph(createView([quakes]))))).not.toBe(layoutKey(request));
  });

  it("is empty for an empty graph, and exists for a cycle", () => {
    expect(computeLayout({ nodes: [], edges: [] }).positions).toEqual({});
    const a = createStage("a", { inputs: [inputOf("stage", "b"), inputOf("stage", "a")] });
    const b = createStage("b", { inputs: [inputOf("stage", "a")] });
    expect(Object.keys(computeLayout(layoutRequest(createGraph(createView([a, b])))).positions)).toHaveLength(2);
  });

  it("lays out 300 stages without overlap", () => {
    const many = Array.from({ length: 300 }, (_, index) =>
      createStage(`s${index}`, {
        inputs: index === 0 ? [] : [inputOf("stage", `s${(index * 7) % index}`), inputOf("param", `p${index % 40}`)],
      }),
    );
    const large = layoutRequest(createGraph(createView(many)));
    expectNoOverlap(computeLayout(large), large);
  });

  it("[O7] leads every edge of 600 stages down, including those across many layers", () => {
    const layers = Array.from({ length: 600 }, (_, at) =>
      createStage(`s${at}`, {
        inputs: [
          ...(at < 10 ? [] : [inputOf("stage", `s${at - 10}`), inputOf("stage", `s${(at * 7) % (at - 9)}`)]),
          ...(at % 10 === 5 ? [inputOf("param", "limit")] : []),
        ],
      }),
    );
    const graph = createGraph(createView(layers));
    const large = layoutRequest(graph);
    const { positions } = computeLayout(large);
    expectNoOverlap(computeLayout(large), large);
    for (const { from, to } of graph.edges) expect(positions[from]?.y).toBeLessThan(positions[to]?.y ?? NaN);
  });

  it("[O7] is computed once for two concurrent requests of the same shape", async () => {
    const queue = new LayoutQueue();
    const [first, second] = await Promise.all([queue.layOut(request), queue.layOut(request)]);
    expect(second).toBe(first);
    expect(queue.find(request)).toBe(first);
    queue.dispose();
  });

  it("draws an edge from its start through its route to its end", () => {
    expect(createEdgePath({ x: 0, y: 0 }, [{ x: 10, y: 20 }], { x: 0, y: 40 })).toBe(
      "M0,0 C0,10 10,10 10,20 C10,30 0,30 0,40",
    );
  });
});

describe("the nodes in the page", () => {
  const layout = computeLayout(layoutRequest(createGraph(view)));
  const nodesOf = (of: View, before: readonly FlowNode[] = [], selected: string | null = null): readonly FlowNode[] =>
    createFlowNodes({ graph: createGraph(of), layout, view: of, selected, trans: english }, before);

  it("[O7] have the stage's name and its status of the plan as attributes", () => {
    const statuses: readonly Freshness[] = [
      "new",
      "fresh",
      "stale",
      "pending",
      "running",
      "failed",
      "cancelled",
      "blocked",
    ];
    for (const status of statuses) {
      const node = nodesOf(createView([{ ...quakes, status }])).find(({ id }) => id === "stage:quakes");
      expect(node?.domAttributes).toMatchObject({ "data-stage": "quakes", "data-status": status });
    }
  });

  it("[O8] explain in the tooltip why a stage is stale", () => {
    const stale = createStage("strong", {
      status: "stale",
      reasons: [{ kind: "param", name: "minMagnitude", text: "minMagnitude 4.5 → 5", before: "4.5", after: "5" }],
    });
    expect(nodesOf(createView([stale]))[0]?.domAttributes?.title).toBe("strong\nstale: minMagnitude 4.5 → 5");
  });

  it("keep their identity while their stage does not change, so that only changed ones are rendered", () => {
    const before = nodesOf(view);
    const after = nodesOf(
      createView([quakes, { ...strong, status: "running" }, report], Object.values(view.params)),
      before,
    );
    const changed = after.filter((node) => !before.includes(node)).map((node) => node.id);
    expect(changed).toEqual(["stage:strong"]);
    expect(
      nodesOf(view, before, "report")
        .filter((node) => !before.includes(node))
        .map((node) => node.id),
    ).toEqual(["stage:report"]);
  });

  it("are omitted until the layout contains them", () => {
    const more = createView([...Object.values(view.stages), createStage("later")]);
    expect(nodesOf(more).map((node) => node.id)).not.toContain("stage:later");
  });

  it("mark the edges into a pending stage, and the implicit ones", () => {
    const changed = createView([quakes, strong, { ...report, status: "pending" }]);
    const edges = createFlowEdges(
      { graph: createGraph(changed), layout, view: changed, selected: "strong", trans: english },
      [],
    );
    expect(Object.fromEntries(edges.map((edge) => [edge.id, edge.className]))).toMatchObject({
      "stage:strong>stage:report": "stagebook-mod-pending stagebook-mod-selected",
      "stage:quakes>stage:report": "stagebook-mod-pending stagebook-mod-implicit",
    });
  });
});

function expectNoOverlap(layout: Layout, request: ReturnType<typeof layoutRequest>): void {
  const boxes = request.nodes.map(({ id, width, height }) => ({
    id,
    width,
    height,
    ...(layout.positions[id] ?? { x: NaN, y: NaN }),
  }));
  for (const [index, a] of boxes.entries()) {
    expect(
      a.x >= -0.5 && a.y >= -0.5 && a.x + a.width <= layout.width + 0.5 && a.y + a.height <= layout.height + 0.5,
      a.id,
    ).toBe(true);
    for (const b of boxes.slice(index + 1)) {
      const overlaps = a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
      if (overlaps) expect.fail(`${a.id} overlaps ${b.id}`);
    }
  }
}
