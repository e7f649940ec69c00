/** Ordering of the nodes within each layer, for graphs where dagre's own search would take longer than everything else. */

/** The part of dagre's graph that is used: each node has a layer (`rank`) and receives its position in it (`order`). */
export interface LayeredGraph {
  nodes(): readonly string[];
  node(id: string): { readonly rank?: number; order?: number };
  predecessors(id: string): readonly string[] | undefined;
  successors(id: string): readonly string[] | undefined;
}

/** Number of passes over the layers, each down and up again. */
const SWEEPS = 2;

/** Starts with the order of a depth-first walk, then moves each node toward the mean position of its neighbors (barycenter heuristic). */
export function orderLayers(graph: LayeredGraph): void {
  const layers = walkDepthFirst(graph);
  const positions = new Map<string, number>();
  const numberNodes = (layer: readonly string[]): void => layer.forEach((id, at) => positions.set(id, at));
  layers.forEach(numberNodes);
  const reorder = (layer: string[], neighborsOf: (id: string) => readonly string[]): void => {
    const means = new Map(layer.map((id) => [id, meanPosition(neighborsOf(id), positions) ?? positions.get(id) ?? 0]));
    layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
    numberNodes(layer);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers) reorder(layer, (id) => graph.predecessors(id) ?? []);
    for (const layer of [...layers].reverse()) reorder(layer, (id) => graph.successors(id) ?? []);
  }
  for (const [id, order] of positions) graph.node(id).order = order;
}

function walkDepthFirst(graph: LayeredGraph): readonly string[][] {
  const layers: string[][] = [];
  const rankOf = (id: string): number => graph.node(id).rank ?? 0;
  const seen = new Set<string>();
  for (const start of [...graph.nodes()].sort((a, b) => rankOf(a) - rankOf(b))) {
    const open = [start];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      (layers[rankOf(id)] ??= []).push(id);
      open.push(...[...(graph.successors(id) ?? [])].reverse());
    }
  }
  return layers.filter((layer) => layer.length > 0);
}

function meanPosition(neighbors: readonly string[], positions: ReadonlyMap<string, number>): number | undefined {
  if (neighbors.length === 0) return undefined;
  return neighbors.reduce((sum, id) => sum + (positions.get(id) ?? 0), 0) / neighbors.length;
}
