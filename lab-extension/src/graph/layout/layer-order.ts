/** In which order the nodes of each layer stand, for graphs where dagre's own search would take longer than all else. */

/** What is read and written of dagre's graph: each node has its layer, and is given its place within it. */
export interface LayeredGraph {
  nodes(): readonly string[];
  node(id: string): { readonly rank?: number; order?: number };
  predecessors(id: string): readonly string[] | undefined;
  successors(id: string): readonly string[] | undefined;
}

/** How often the layers are gone through, down and up again. */
const SWEEPS = 2;

/** As a walk along the edges meets them, and then each towards the middle of those that it is joined to. */
export function orderLayers(graph: LayeredGraph): void {
  const layers = walk(graph);
  const place = new Map<string, number>();
  const number = (layer: readonly string[]): void => layer.forEach((id, at) => place.set(id, at));
  layers.forEach(number);
  const settle = (layer: string[], neighboursOf: (id: string) => readonly string[]): void => {
    const middles = new Map(layer.map((id) => [id, middle(neighboursOf(id), place) ?? place.get(id) ?? 0]));
    layer.sort((a, b) => (middles.get(a) ?? 0) - (middles.get(b) ?? 0));
    number(layer);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const layer of layers) settle(layer, (id) => graph.predecessors(id) ?? []);
    for (const layer of [...layers].reverse()) settle(layer, (id) => graph.successors(id) ?? []);
  }
  for (const [id, order] of place) graph.node(id).order = order;
}

function walk(graph: LayeredGraph): readonly string[][] {
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

function middle(neighbours: readonly string[], place: ReadonlyMap<string, number>): number | undefined {
  if (neighbours.length === 0) return undefined;
  return neighbours.reduce((sum, id) => sum + (place.get(id) ?? 0), 0) / neighbours.length;
}
