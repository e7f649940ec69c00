/** Where an arrow key leads from a node: along an edge, or to the neighbour beside it. Pure; called by Flow. */
import type { Graph } from "./graph";
import { NODE_SIZES } from "./graph";
import type { Direction, Layout, Point } from "../layout/layout";

export type ArrowKey = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

export function isArrowKey(key: string): key is ArrowKey {
  return key === "ArrowUp" || key === "ArrowDown" || key === "ArrowLeft" || key === "ArrowRight";
}

/** Null where nothing lies that way. */
export function findNext(
  graph: Graph,
  layout: Layout,
  direction: Direction,
  from: string,
  key: ArrowKey,
): string | null {
  const centres = findCentres(graph, layout);
  const here = centres.get(from);
  if (!here) return null;
  const [along, across] = direction === "down" ? (["y", "x"] as const) : (["x", "y"] as const);
  const step = stepOf(key, direction);
  const near = (ids: readonly string[], axis: "x" | "y"): string | null => nearest(ids, here, centres, axis);
  if (step === "forth") return near(targets(graph, from), across);
  if (step === "back") return near(sources(graph, from), across);
  const sign = step === "after" ? 1 : -1;
  // On the same layer: nearer to it than half a node.
  const reach = direction === "down" ? NODE_SIZES.stage.height / 2 : NODE_SIZES.stage.width / 2;
  const beside = [...centres]
    .filter(([, at]) => Math.abs(at[along] - here[along]) < reach && sign * (at[across] - here[across]) > 1)
    .map(([id]) => id);
  return near(beside, across);
}

type Step = "forth" | "back" | "before" | "after";

function stepOf(key: ArrowKey, direction: Direction): Step {
  const down: { readonly [K in ArrowKey]: Step } = {
    ArrowDown: "forth",
    ArrowUp: "back",
    ArrowLeft: "before",
    ArrowRight: "after",
  };
  const right: { readonly [K in ArrowKey]: Step } = {
    ArrowRight: "forth",
    ArrowLeft: "back",
    ArrowUp: "before",
    ArrowDown: "after",
  };
  return (direction === "down" ? down : right)[key];
}

function targets(graph: Graph, id: string): readonly string[] {
  return graph.edges.filter((edge) => edge.from === id).map((edge) => edge.to);
}

/** Stages before parameters and files: the way up is the way along the pipeline. */
function sources(graph: Graph, id: string): readonly string[] {
  const kinds = new Map(graph.nodes.map((node) => [node.id, node.kind]));
  const all = graph.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
  const work = all.filter((source) => kinds.get(source) === "stage" || kinds.get(source) === "group");
  return work.length > 0 ? work : all;
}

function findCentres(graph: Graph, layout: Layout): ReadonlyMap<string, Point> {
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
  centres: ReadonlyMap<string, Point>,
  axis: "x" | "y",
): string | null {
  const distance = (id: string): number => Math.abs((centres.get(id)?.[axis] ?? Infinity) - here[axis]);
  return ids.reduce<string | null>((best, id) => (best === null || distance(id) < distance(best) ? id : best), null);
}
