/** Edges in the drawing: none passes behind a node or input that it does not lead to, in both directions, whatever the graph is. */
import fc from "fast-check";
import { computeLayout } from "stagebook/drawing/layout";
import {
  attachedWidthsOf,
  createDrawing,
  createGraph,
  inPort,
  layoutRequest,
  NODE_SIZES,
  type Direction,
  type DrawnEdge,
  type GraphEdge,
} from "stagebook/drawing";
import type { View } from "stagebook/protocol";
import { describe, expect, test } from "vitest";
import { createParam, createStage, createView, inputOf } from "../stage/stage-fixture";

const seed = Number(process.env.STAGEBOOK_SEED ?? Date.now() % 2 ** 31);
console.info(`routes: STAGEBOOK_SEED=${seed}`);

type Box = { readonly id: string; readonly x: number; readonly y: number; readonly width: number; readonly height: number }; // prettier-ignore

/** The edges that pass through a node other than their ends, as `from>to through node`. An attached input leads straight down past the ones below it. */
function crossings(view: View, direction: Direction): string[] {
  const graph = createGraph(view);
  const layout = computeLayout(layoutRequest(graph, direction));
  const drawing = createDrawing({ graph, layout, view, direction });
  const boxes = graph.nodes.map((node): Box => ({ id: node.id, ...must(layout.positions[node.id]), ...NODE_SIZES[node.kind] })); // prettier-ignore
  const attachedTo = new Map(graph.nodes.map((node) => [node.id, node.attachedTo]));
  expect(drawing.edges.length).toBe(graph.edges.length);
  return graph.edges.flatMap((edge, at) => {
    if (attachedTo.get(edge.from) === edge.to) return [];
    const points = pointsOf(must(drawing.edges[at]));
    return boxes
      .filter((box) => box.id !== edge.from && box.id !== edge.to && points.some((point) => isInside(point, box)))
      .map((box) => `${nameOf(edge)} through ${box.id}`);
  });
}

const nameOf = ({ from, to }: GraphEdge): string => `${from}>${to}`;

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("missing");
  return value;
}

function isInside({ x, y }: { readonly x: number; readonly y: number }, box: Box): boolean {
  return x > box.x + 1 && x < box.x + box.width - 1 && y > box.y + 1 && y < box.y + box.height - 1;
}

/** Points on the curves of a path of the form `M… C… C…`, 20 for each. */
function pointsOf({ path }: DrawnEdge): { readonly x: number; readonly y: number }[] {
  const [first, ...rest] = path.split(/ (?=C)/u);
  let last = pairsOf(must(first).slice(1))[0] ?? [NaN, NaN];
  return rest.flatMap((curve) => {
    const [one, two, end] = pairsOf(curve.slice(1)) as [Pair, Pair, Pair];
    const start = last;
    last = end;
    return Array.from({ length: 21 }, (_, step) => {
      const t = step / 20;
      const at = (axis: 0 | 1): number =>
        (1 - t) ** 3 * start[axis] + 3 * (1 - t) ** 2 * t * one[axis] + 3 * (1 - t) * t ** 2 * two[axis] + t ** 3 * end[axis]; // prettier-ignore
      return { x: at(0), y: at(1) };
    });
  });
}

type Pair = readonly [number, number];

const pairsOf = (text: string): Pair[] => text.split(" ").map((pair) => pair.split(",").map(Number) as unknown as Pair);

/** Stages that read earlier ones, parameters of their own and shared ones. */
const views = fc
  .array(
    fc.record({
      from: fc.array(fc.nat(), { maxLength: 3 }),
      own: fc.nat({ max: 3 }),
      shared: fc.array(fc.nat({ max: 2 }), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 14 },
  ) // prettier-ignore
  .map((stages) => {
    const params = new Set<string>();
    const param = (name: string) => (params.add(name), inputOf("param", name));
    const all = stages.map(({ from, own, shared }, at) =>
      createStage(`s${at}`, {
        inputs: [
          ...(at === 0 ? [] : from.map((index) => inputOf("stage", `s${index % at}`))),
          ...Array.from({ length: own }, (_, index) => param(`own ${at} ${index}`)),
          ...shared.map((index) => param(`shared ${index}`)),
        ],
      }),
    );
    return createView(all, [...params].map((name) => createParam(name, 1))); // prettier-ignore
  });

describe.each(["down", "right"] as const)("drawn %s", (direction) => {
  test("[D4] an edge passes beside the inputs that are attached to its stage", () => {
    const first = createStage("first");
    const second = createStage("second", { inputs: [inputOf("stage", "first"), inputOf("param", "a"), inputOf("param", "b")] }); // prettier-ignore
    const view = createView([first, second], [createParam("a", 1), createParam("b", 2)]);
    expect(crossings(view, direction)).toEqual([]);
  });

  test("[D4] no edge passes through a node that it does not lead to", () => {
    const property = fc.property(views, (view) => {
      expect(crossings(view, direction)).toEqual([]);
    });
    fc.assert(property, { seed, numRuns: 150 });
  });
});

test("[D4] an edge enters a stage right of what is attached to it, and in the middle of one without", () => {
  const view = createView([createStage("s", { inputs: [inputOf("param", "a")] })], [createParam("a", 1)]);
  const widths = attachedWidthsOf(createGraph(view));
  expect([...widths]).toEqual([["stage:s", NODE_SIZES.param.width]]);
  expect(inPort(NODE_SIZES.stage, "down", widths.get("stage:s")).x).toBeGreaterThan(NODE_SIZES.param.width);
  expect(inPort(NODE_SIZES.stage, "down").x).toBe(NODE_SIZES.stage.width / 2);
});
