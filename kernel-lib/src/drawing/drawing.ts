/** What a picture of the graph shows, ready to be drawn: texts, positions and paths. It is also the data of a shown pipeline. Pure. */
import { formatDuration, formatSize, type Freshness, type StageView, type View } from "../protocol";
import { createEdgePath } from "./edge-path";
import { createGraph, layoutRequest, NODE_SIZES, type Graph, type GraphNode, type GraphNodeKind } from "./graph";
import type { Direction, Layout, LayoutRequest, Point } from "./layout-request";

/** The MIME type of a shown pipeline: a `ShownGraph`. */
export const GRAPH_MIME = "application/vnd.stagebook.graph+json";

export interface Drawing {
  /** In pixels, without a margin. */
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
}

export interface DrawnNode {
  readonly kind: GraphNodeKind;
  /** The upper left corner. */
  readonly x: number;
  readonly y: number;
  readonly title: string;
  /** The lines below the title. */
  readonly lines: readonly string[];
  /** Of a stage. */
  readonly status?: Freshness;
}

export interface DrawnEdge {
  /** The data of an SVG path. */
  readonly path: string;
  /** True if the input is only read in the code, not declared. */
  readonly implicit: boolean;
}

/** The data of `show(pipeline)` in a notebook. */
export interface ShownGraph extends Drawing {
  /** For screen readers. */
  readonly label: string;
}

/** What the panel draws. */
export interface Picture {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly view: View;
  readonly direction: Direction;
}

/** The words of a drawing, in the reader's language. */
export interface DrawingWords {
  readonly status: (status: Freshness) => string;
  readonly noResult: string;
  /** How many stages a collapsed group has. */
  readonly stages: (count: number) => string;
}

const english: DrawingWords = {
  status: (status) => status,
  noResult: "no result yet",
  stages: (count) => `${count} ${count === 1 ? "stage" : "stages"}`,
};

/** The whole graph of a view, drawn downwards. */
export function drawView(view: View, computeLayout: (request: LayoutRequest) => Layout): Drawing {
  const graph = createGraph(view);
  return createDrawing({ graph, layout: computeLayout(layoutRequest(graph)), view, direction: "down" });
}

/** Nodes without a position are left out. */
export function createDrawing(picture: Picture, words: DrawingWords = english): Drawing {
  const { graph, layout, view } = picture;
  return {
    width: layout.width,
    height: layout.height,
    nodes: graph.nodes.flatMap((node) => {
      const at = layout.positions[node.id];
      return at ? [drawnNode(node, at, view, words)] : [];
    }),
    edges: drawnEdges(picture),
  };
}

/** `120 ms · 1,204 rows`, or the size if the kernel sent no summary. Undefined before the first result. */
export function resultText({ result }: Pick<StageView, "result">): string | undefined {
  if (!result) return undefined;
  return `${formatDuration(result.durationMs)} · ${result.summary || formatSize(result.sizeBytes)}`;
}

function drawnNode(node: GraphNode, { x, y }: Point, view: View, words: DrawingWords): DrawnNode {
  const { kind, name } = node;
  const at = { kind, x, y };
  if (kind === "group") return { ...at, title: `${name}/`, lines: [words.stages(node.members?.length ?? 0)] };
  const stage = kind === "stage" ? view.stages[name] : undefined;
  if (stage) {
    const { status } = stage;
    return { ...at, title: name, lines: [words.status(status), resultText(stage) ?? words.noResult], status };
  }
  const param = kind === "param" ? view.params[name] : undefined;
  return { ...at, title: param ? `${name} = ${param.text}` : name, lines: [] };
}

function drawnEdges({ graph, layout, direction }: Picture): readonly DrawnEdge[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return graph.edges.flatMap(({ id, from, to, implicit }) => {
    const [source, target] = [nodes.get(from), nodes.get(to)];
    const [start, end] = [layout.positions[from], layout.positions[to]];
    if (!source || !target || !start || !end) return [];
    const isAttached = source.attachedTo === target.id;
    const edgeDirection = isAttached ? "down" : direction;
    const path = createEdgePath(
      portAt(start, source, edgeDirection, "out", isAttached),
      layout.routes[id] ?? [],
      portAt(end, target, edgeDirection, "in", isAttached),
      edgeDirection,
    );
    return [{ path, implicit }];
  });
}

/** Where the edge of an attached input leaves and enters, from the left edge of both. */
const ATTACHED_X = 16;

function portAt(
  corner: Point,
  { kind }: GraphNode,
  direction: Direction,
  end: "in" | "out",
  isAttached: boolean,
): Point {
  const { width, height } = NODE_SIZES[kind];
  if (direction === "right") return { x: corner.x + (end === "out" ? width : 0), y: corner.y + height / 2 };
  return { x: corner.x + (isAttached ? ATTACHED_X : width / 2), y: corner.y + (end === "out" ? height : 0) };
}
