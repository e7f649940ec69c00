/**
 * The layered layout of a graph, top to bottom or left to right. Pure and deterministic. Runs in the layout worker; in the
 * page only if no worker can be started.
 */
import { Graph, layout as placeNodes } from "@dagrejs/dagre";
import { orderLayers } from "./layer-order";
import type { Direction, Layout, LayoutNode, LayoutRequest, Point } from "./layout-request";
import { createRouter, type RoutedColumn } from "./routes";

export function computeLayout(request: LayoutRequest): Layout {
  const graph = new Graph<object, Box, Line>();
  // These rankers are ten times as fast as dagre's default.
  const isRight = request.direction === "right";
  const gaps = isRight ? { nodesep: 14, ranksep: 36 } : { nodesep: 14, ranksep: 30 };
  const columns = groupIntoColumns(request.nodes);
  const isLarge = columns.length > LARGE_FROM_NODES;
  const ranker = isLarge ? "longest-path" : "tight-tree";
  graph.setGraph({ rankdir: isRight ? "LR" : "TB", ranker, edgesep: 8, ...gaps });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const column of columns) graph.setNode(column.id, { ...sizeOf(column.nodes), x: 0, y: 0 });
  const edges = request.edges.filter(({ from, to }) => graph.hasNode(from) && graph.hasNode(to));
  for (const { from, to } of isLarge ? dropLongEdges(edges) : edges) graph.setEdge(from, to);
  if (columns.length > 0) placeNodes(graph, columns.length > HUGE_FROM_NODES ? { customOrder: orderLayers } : {});
  const placed = positionColumns(columns, (id) => graph.node(id));
  const through = new Map(graph.edges().map(({ v, w }) => [`${v}>${w}`, findRoute(graph.edge(v, w))]));
  return { ...placed, routes: routeEdges(edges, { columns, placed, graph, through }, request.direction ?? "down") };
}

interface Placed {
  readonly columns: readonly Column[];
  readonly placed: Omit<Layout, "routes">;
  readonly graph: Graph<object, Box, Line>;
  /** What dagre says of an edge: a point on each layer between its ends. */
  readonly through: ReadonlyMap<string, readonly Point[]>;
}

function routeEdges(edges: readonly LayoutEdge[], of: Placed, direction: Direction): Layout["routes"] {
  const found = of.columns.flatMap(({ id, nodes }): RoutedColumn[] => {
    const [box, at, node] = [of.graph.node(id), of.placed.positions[id], nodes.at(-1)];
    if (!box || !at || !node) return [];
    const attached = nodes.slice(0, -1).map(({ width }) => width);
    const attachedWidth = attached.length > 0 ? Math.max(...attached) : undefined;
    return [{ node, at, attachedWidth, center: { x: box.x, y: box.y }, width: box.width, height: box.height }];
  });
  const byId = new Map(found.map((column) => [column.node.id, column]));
  const route = createRouter(found, direction);
  const routes = edges.flatMap(({ from, to }): (readonly [string, readonly Point[]])[] => {
    const [source, target, id] = [byId.get(from), byId.get(to), `${from}>${to}`];
    return source && target && from !== to
      ? [[id, route({ from: source, to: target, through: of.through.get(id) ?? [] })]]
      : [];
  });
  return Object.fromEntries(routes.filter(([, points]) => points.length > 0));
}

/** From this many columns on, long edges may cross nodes: dagre would place a point of each edge on every layer. */
const LARGE_FROM_NODES = 200;
/** From this many columns on, `orderLayers` replaces dagre's own ordering. */
const HUGE_FROM_NODES = 500;
/** An edge is long from this many layers on. */
const LONG_FROM_LAYERS = 5;

type LayoutEdge = LayoutRequest["edges"][number];

/** The edges that determine the layers: short ones, and the shortest one of each node that has only long ones. */
function dropLongEdges(edges: readonly LayoutEdge[]): readonly LayoutEdge[] {
  const layers = findLayers(edges);
  const spanOf = ({ from, to }: LayoutEdge): number => (layers.get(to) ?? 0) - (layers.get(from) ?? 0);
  const shortest = new Map<string, LayoutEdge>();
  for (const edge of edges) {
    const best = shortest.get(edge.from);
    if (!best || spanOf(edge) < spanOf(best)) shortest.set(edge.from, edge);
  }
  return edges.filter((edge) => spanOf(edge) < LONG_FROM_LAYERS || shortest.get(edge.from) === edge);
}

/** The length of the longest path to each node. Nodes on a cycle are on the first layer. */
function findLayers(edges: readonly LayoutEdge[]): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  const after = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const { from, to } of edges) {
    const targets = after.get(from);
    if (targets) targets.push(to);
    else after.set(from, [to]);
    open.set(to, (open.get(to) ?? 0) + 1);
  }
  const ready = [...after.keys()].filter((id) => !open.has(id));
  for (let id = ready.pop(); id !== undefined; id = ready.pop()) {
    for (const next of after.get(id) ?? []) {
      layers.set(next, Math.max(layers.get(next) ?? 0, (layers.get(id) ?? 0) + 1));
      open.set(next, (open.get(next) ?? 0) - 1);
      if (open.get(next) === 0) ready.push(next);
    }
  }
  return layers;
}

interface Box {
  readonly width: number;
  readonly height: number;
  /** Of the center. */
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly points?: readonly Point[];
}

/** dagre returns a point on each layer that an edge crosses and one half-way between layers: only the former are needed. */
function findRoute(line: Line | undefined): readonly Point[] {
  return (line?.points ?? [])
    .slice(1, -1)
    .filter((_point, index) => index % 2 === 1)
    .map(({ x, y }) => ({ x, y }));
}

/** Nodes that are laid out as one: the last is the node itself, the ones before it are attached to its top. */
interface Column {
  readonly id: string;
  readonly nodes: readonly LayoutNode[];
}

const COLUMN_GAP = 4;

function groupIntoColumns(nodes: readonly LayoutNode[]): readonly Column[] {
  const ids = new Set(nodes.map((node) => node.id));
  const isAttached = (node: LayoutNode): boolean => node.attachedTo !== undefined && ids.has(node.attachedTo);
  const attached = new Map<string, LayoutNode[]>();
  for (const node of nodes)
    if (node.attachedTo !== undefined && isAttached(node))
      attached.set(node.attachedTo, [...(attached.get(node.attachedTo) ?? []), node]);
  return nodes
    .filter((node) => !isAttached(node))
    .map((node) => ({ id: node.id, nodes: [...(attached.get(node.id) ?? []), node] }));
}

function sizeOf(nodes: readonly LayoutNode[]): { readonly width: number; readonly height: number } {
  return {
    width: Math.max(...nodes.map((node) => node.width)),
    height: nodes.reduce((sum, node) => sum + node.height, COLUMN_GAP * (nodes.length - 1)),
  };
}

function positionColumns(columns: readonly Column[], find: (id: string) => Box | undefined): Omit<Layout, "routes"> {
  const positions: { [id: string]: { x: number; y: number } } = {};
  let width = 0;
  let height = 0;
  for (const column of columns) {
    const box = find(column.id);
    if (!box) continue;
    // dagre returns centers.
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
