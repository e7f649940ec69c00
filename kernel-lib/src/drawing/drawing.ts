/** What a picture of the graph shows, ready to be drawn: texts, positions and paths. It is also the data of a shown pipeline. Pure. */
import { formatDuration, formatSize, type Freshness, type StageView, type View } from "../protocol";
import { createEdgePath } from "./edge-path";
import {
  attachedWidthsOf,
  createGraph,
  layoutRequest,
  NODE_SIZES,
  type Graph,
  type GraphNode,
  type GraphNodeKind,
} from "./graph";
import type { Direction, Layout, LayoutRequest, Point } from "./layout-request";
import { attachedPorts, inPort, outPort } from "./ports";

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
  /** The tooltip, if it is not title and lines. */
  readonly hint?: string;
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
  if (kind === "file") return { ...at, title: fileName(name), lines: [], hint: name };
  const param = kind === "param" ? view.params[name] : undefined;
  return { ...at, title: param ? `${name} = ${param.text}` : name, lines: [] };
}

/** The last segment of a path: in a node there is no room for more, and it tells files apart. */
export function fileName(path: string): string {
  return path.slice(path.replace(/\/+$/, "").lastIndexOf("/") + 1);
}

function drawnEdges(picture: Picture): readonly DrawnEdge[] {
  const paths = edgePaths(picture);
  return picture.graph.edges.flatMap(({ id, implicit }) => {
    const path = paths.get(id);
    return path === undefined ? [] : [{ path, implicit }];
  });
}

/** The SVG path of each edge between nodes that have a position, by the id of the edge. */
export function edgePaths({ graph, layout, direction }: Omit<Picture, "view">): ReadonlyMap<string, string> {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const attachedWidths = attachedWidthsOf(graph);
  const paths = new Map<string, string>();
  for (const { id, from, to } of graph.edges) {
    const [source, target] = [nodes.get(from), nodes.get(to)];
    const [start, end] = [layout.positions[from], layout.positions[to]];
    if (!source || !target || !start || !end) continue;
    const [size, targetSize] = [NODE_SIZES[source.kind], NODE_SIZES[target.kind]];
    const path =
      source.attachedTo === target.id
        ? createEdgePath(add(start, attachedPorts.out(size)), [], add(end, attachedPorts.in))
        : createEdgePath(
            add(start, outPort(size, direction)),
            layout.routes[id] ?? [],
            add(end, inPort(targetSize, direction, attachedWidths.get(to))),
            direction,
          );
    paths.set(id, path);
  }
  return paths;
}

function add(one: Point, other: Point): Point {
  return { x: one.x + other.x, y: one.y + other.y };
}
