/**
 * Places the nodes of a graph in layers, top to bottom or left to right. Pure, and the same for the same request. It runs in the
 * layout worker; in the page only when no worker can be had.
 */
import { Graph, layout as placeNodes } from "@dagrejs/dagre";

export interface LayoutNode {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** The node on whose head this one sits: what feeds only one stage takes no column of its own. */
  readonly on?: string;
}

/** Where edges lead to. */
export type Direction = "down" | "right";

export interface LayoutRequest {
  /** `down` when absent. */
  readonly direction?: Direction;
  readonly nodes: readonly LayoutNode[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  /** The upper left corner of each node, by its id. */
  readonly positions: { readonly [id: string]: Point };
  /** The points that a long edge goes through between its ends, so that it passes beside the nodes; by `from>to`. */
  readonly routes: { readonly [edge: string]: readonly Point[] };
  readonly width: number;
  readonly height: number;
}

export function computeLayout(request: LayoutRequest): Layout {
  const graph = new Graph<object, Box, Line>();
  // tight-tree: 1,000 nodes in half a second, where dagre's default ranker takes four.
  const isRight = request.direction === "right";
  const gaps = isRight ? { nodesep: 14, ranksep: 36 } : { nodesep: 14, ranksep: 24 };
  graph.setGraph({ rankdir: isRight ? "LR" : "TB", ranker: "tight-tree", edgesep: 8, ...gaps });
  graph.setDefaultEdgeLabel(() => ({}));
  const columns = groupColumns(request.nodes);
  for (const column of columns) graph.setNode(column.id, { ...sizeOf(column.nodes), x: 0, y: 0 });
  for (const { from, to } of request.edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  if (columns.length > 0) placeNodes(graph);
  const routes = graph.edges().map(({ v, w }) => [`${v}>${w}`, findRoute(graph.edge(v, w))] as const);
  return {
    ...placeColumns(columns, (id) => graph.node(id)),
    routes: Object.fromEntries(routes.filter(([, route]) => route.length > 0)),
  };
}

/** Equal for two requests that have the same layout; the key of the layout cache. */
export function layoutKey(request: LayoutRequest): string {
  return JSON.stringify([
    request.direction ?? "down",
    request.nodes.map((node) => [node.id, node.width, node.height, node.on]),
    request.edges.map((edge) => [edge.from, edge.to]),
  ]);
}

interface Box {
  readonly width: number;
  readonly height: number;
  /** Of the centre. */
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly points?: readonly Point[];
}

/** dagre has a point on each layer that an edge crosses and one half-way between layers: only the former are needed. */
function findRoute(line: Line | undefined): readonly Point[] {
  return (line?.points ?? [])
    .slice(1, -1)
    .filter((_point, index) => index % 2 === 1)
    .map(({ x, y }) => ({ x, y }));
}

/** Nodes that are laid out as one: the last is the node itself, those before sit on its head. */
interface Column {
  readonly id: string;
  readonly nodes: readonly LayoutNode[];
}

const COLUMN_GAP = 4;

function groupColumns(nodes: readonly LayoutNode[]): readonly Column[] {
  const ids = new Set(nodes.map((node) => node.id));
  const isOnHead = (node: LayoutNode): boolean => node.on !== undefined && ids.has(node.on);
  const heads = new Map<string, LayoutNode[]>();
  for (const node of nodes)
    if (node.on !== undefined && isOnHead(node)) heads.set(node.on, [...(heads.get(node.on) ?? []), node]);
  return nodes
    .filter((node) => !isOnHead(node))
    .map((node) => ({ id: node.id, nodes: [...(heads.get(node.id) ?? []), node] }));
}

function sizeOf(nodes: readonly LayoutNode[]): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(...nodes.map((node) => node.width)),
    height: nodes.reduce((sum, node) => sum + node.height, COLUMN_GAP * (nodes.length - 1)),
  };
}

function placeColumns(columns: readonly Column[], find: (id: string) => Box | undefined): Omit<Layout, "routes"> {
  const positions: { [id: string]: { x: number; y: number } } = {};
  let width = 0;
  let height = 0;
  for (const column of columns) {
    const box = find(column.id);
    if (!box) continue;
    // dagre gives centres.
    const x = box.x - box.width / 2;
    let y = box.y - box.height / 2;
    for (const node of column.nodes) {
      positions[node.id] = { x, y };
      y += node.height + COLUMN_GAP;
    }
    width = Math.max(width, box.x + box.width / 2);
    height = Math.max(height, box.y + box.height / 2);
  }
  return { positions, width, height };
}
