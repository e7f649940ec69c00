/** Keyboard navigation: an arrow key leads along an edge, or to the neighbor in the same layer. Pure; called by Flow. */
import type { Graph } from "stagebook/drawing";
import { NODE_SIZES } from "stagebook/drawing";
import type { Direction, Layout, Point } from "stagebook/drawing";

export type ArrowKey = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

export function isArrowKey(key: string): key is ArrowKey {
  return key === "ArrowUp" || key === "ArrowDown" || key === "ArrowLeft" || key === "ArrowRight";
}

/** Null if there is no node in that direction. */
export function findNext(
  graph: Graph,
  layout: Layout,
  direction: Direction,
  from: string,
  key: ArrowKey,
): string | null {
  const centers = findCenters(graph, layout);
  const here = centers.get(from);
  if (!here) return null;
  const [along, across] = direction === "down" ? (["y", "x"] as const) : (["x", "y"] as const);
  const step = stepOf(key, direction);
  const near = (ids: readonly string[], axis: "x" | "y"): string | null => nearest(ids, here, centers, axis);
  if (step === "downstream") return near(targets(graph, from), across);
  if (step === "upstream") return near(sources(graph, from), across);
  const sign = step === "next" ? 1 : -1;
  // In the same layer: closer than half a node.
  const reach = direction === "down" ? NODE_SIZES.stage.height / 2 : NODE_SIZES.stage.width / 2;
  const beside = [...centers]
    .filter(([, at]) => Math.abs(at[along] - here[along]) < reach && sign * (at[across] - here[across]) > 1)
    .map(([id]) => id);
  return near(beside, across);
}

type Step = "downstream" | "upstream" | "previous" | "next";

function stepOf(key: ArrowKey, direction: Direction): Step {
  const down: { readonly [K in ArrowKey]: Step } = {
    ArrowDown: "downstream",
    ArrowUp: "upstream",
    ArrowLeft: "previous",
    ArrowRight: "next",
  };
  const right: { readonly [K in ArrowKey]: Step } = {
    ArrowRight: "downstream",
    ArrowLeft: "upstream",
    ArrowUp: "previous",
    ArrowDown: "next",
  };
  return (direction === "down" ? down : right)[key];
}

function targets(graph: Graph, id: string): readonly string[] {
  return graph.edges.filter((edge) => edge.from === id).map((edge) => edge.to);
}

/** Stages are preferred to parameters and files: the way up follows the pipeline. */
function sources(graph: Graph, id: string): readonly string[] {
  const kinds = new Map(graph.nodes.map((node) => [node.id, node.kind]));
  const all = graph.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
  const work = all.filter((source) => kinds.get(source) === "stage" || kinds.get(source) === "group");
  return work.length > 0 ? work : all;
}

function findCenters(graph: Graph, layout: Layout): ReadonlyMap<string, Point> {
  return new Map(
    graph.nodes.flatMap((node) => {
      const corner = layout.positions[node.id];
      const { width, height } = NODE_SIZES[node.kind];
      return corner ? [[node.id, { x: corner.x + width / 2, y: corner.y + height / 2 }] as const] : [];
    }),
  );
}

function nearest(
  ids: readonly string[],
  here: Point,
  centers: ReadonlyMap<string, Point>,
  axis: "x" | "y",
): string | null {
  const distance = (id: string): number => Math.abs((centers.get(id)?.[axis] ?? Infinity) - here[axis]);
  return ids.reduce<string | null>((best, id) => (best === null || distance(id) < distance(best) ? id : best), null);
}
