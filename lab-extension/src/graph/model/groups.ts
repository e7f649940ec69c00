/** Stages whose names begin alike (`etl/clean`, `etl/load`) as one node. Pure, but for the choice that is kept per notebook. */
import type { Graph, GraphEdge, GraphNode } from "./graph";
import { nodeId } from "./graph";

/** Above this many nodes every group is collapsed until somebody expands it. */
export const COLLAPSE_ABOVE = 1000;

/** `etl` for `etl/clean`; null for a name without a group. */
export function groupOf(stage: string): string | null {
  const slash = stage.indexOf("/");
  return slash > 0 && slash < stage.length - 1 ? stage.slice(0, slash) : null;
}

/** The groups of two or more stages, in order of definition. */
export function findGroups(graph: Graph): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind, name } of graph.nodes) {
    const group = kind === "stage" ? groupOf(name) : null;
    if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([group]) => group);
}

/** The graph with one node for each of these groups. Parameters and files that only such a group reads are within it. */
export function collapseGroups(graph: Graph, collapsed: ReadonlySet<string>): Graph {
  const groups = new Set(findGroups(graph).filter((group) => collapsed.has(group)));
  if (groups.size === 0) return graph;
  const groupNode = (node: GraphNode): string | null => {
    const group = node.kind === "stage" ? groupOf(node.name) : null;
    return group !== null && groups.has(group) ? group : null;
  };
  const standIn = new Map<string, string>();
  for (const node of graph.nodes) {
    const group = groupNode(node);
    if (group !== null) standIn.set(node.id, nodeId("group", group));
  }
  const edges = redirect(graph.edges, standIn);
  const readers = countReaders(graph, standIn);
  const nodes = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    const group = groupNode(node);
    if (group !== null) addMember(nodes, group, node.name);
    else if (node.kind === "stage" || !isWithin(node.id, readers)) nodes.set(node.id, node);
  }
  const kept = edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to));
  return { nodes: [...nodes.values()], edges: kept };
}

function redirect(edges: readonly GraphEdge[], standIn: ReadonlyMap<string, string>): readonly GraphEdge[] {
  const made = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [standIn.get(edge.from) ?? edge.from, standIn.get(edge.to) ?? edge.to];
    if (from === to) continue;
    const id = `${from}>${to}`;
    made.set(id, { id, from, to, implicit: edge.implicit && (made.get(id)?.implicit ?? true) });
  }
  return [...made.values()];
}

function countReaders(
  graph: Graph,
  standIn: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string | null>> {
  const readers = new Map<string, Set<string | null>>();
  for (const { from, to } of graph.edges)
    readers.set(from, (readers.get(from) ?? new Set<string | null>()).add(standIn.get(to) ?? null));
  return readers;
}

/** True when all that reads it stands in one collapsed group. */
function isWithin(id: string, readers: ReadonlyMap<string, ReadonlySet<string | null>>): boolean {
  const [only, ...more] = readers.get(id) ?? [null];
  return typeof only === "string" && more.length === 0;
}

function addMember(nodes: Map<string, GraphNode>, group: string, stage: string): void {
  const id = nodeId("group", group);
  nodes.set(id, { id, kind: "group", name: group, members: [...(nodes.get(id)?.members ?? []), stage] });
}

/** Which groups of a notebook are collapsed. One per notebook model. */
export class CollapsedGroups {
  private names: ReadonlySet<string> | null = null;
  private readonly listeners = new Set<() => void>();

  /** For useSyncExternalStore. */
  readonly subscribe = (changed: () => void): (() => void) => {
    this.listeners.add(changed);
    return () => this.listeners.delete(changed);
  };

  /** For useSyncExternalStore. Null until somebody chose. */
  readonly get = (): ReadonlySet<string> | null => this.names;

  set(names: Iterable<string>): void {
    this.names = new Set(names);
    for (const changed of [...this.listeners]) changed();
  }
}

/** Those that are collapsed: as chosen, or all of a graph that is too large. */
export function collapsedIn(graph: Graph, chosen: ReadonlySet<string> | null): ReadonlySet<string> {
  return chosen ?? new Set(graph.nodes.length > COLLAPSE_ABOVE ? findGroups(graph) : []);
}

/** Kept while the notebook is open. */
export function collapsedGroupsOf(model: object): CollapsedGroups {
  const known = byModel.get(model) ?? new CollapsedGroups();
  byModel.set(model, known);
  return known;
}

const byModel = new WeakMap<object, CollapsedGroups>();
