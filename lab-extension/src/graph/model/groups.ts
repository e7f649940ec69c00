/** The groups of stages with a common prefix (`etl/clean`, `etl/load`), which can be collapsed to one node. Pure. */
import type { Graph, GraphEdge, GraphNode } from "stagebook/drawing";
import { nodeId } from "stagebook/drawing";

/** In a graph of more nodes, every group is collapsed until the user expands it. */
export const COLLAPSE_ABOVE = 1000;

/** `etl` for `etl/clean`; null for a name without a group. */
export function groupOf(stage: string): string | null {
  const slash = stage.indexOf("/");
  return slash > 0 && slash < stage.length - 1 ? stage.slice(0, slash) : null;
}

/** The groups with two or more stages, in order of definition. */
export function findGroups(graph: Graph): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind, name } of graph.nodes) {
    const group = kind === "stage" ? groupOf(name) : null;
    if (group !== null) counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 1).map(([group]) => group);
}

/** Replaces each of these groups by one node. It also contains the parameters and files that only this group reads. */
export function collapseGroups(graph: Graph, collapsed: ReadonlySet<string>): Graph {
  const groups = new Set(findGroups(graph).filter((group) => collapsed.has(group)));
  if (groups.size === 0) return graph;
  const groupNode = (node: GraphNode): string | null => {
    const group = node.kind === "stage" ? groupOf(node.name) : null;
    return group !== null && groups.has(group) ? group : null;
  };
  const replacement = new Map<string, string>();
  for (const node of graph.nodes) {
    const group = groupNode(node);
    if (group !== null) replacement.set(node.id, nodeId("group", group));
  }
  const edges = redirect(graph.edges, replacement);
  const readers = countReaders(graph, replacement);
  const nodes = new Map<string, GraphNode>();
  for (const node of graph.nodes) {
    const group = groupNode(node);
    if (group !== null) addMember(nodes, group, node.name);
    else if (node.kind === "stage" || !isWithin(node.id, readers)) nodes.set(node.id, node);
  }
  const remaining = edges.filter((edge) => nodes.has(edge.from) && nodes.has(edge.to));
  return { nodes: [...nodes.values()], edges: remaining };
}

function redirect(edges: readonly GraphEdge[], replacement: ReadonlyMap<string, string>): readonly GraphEdge[] {
  const redirected = new Map<string, GraphEdge>();
  for (const edge of edges) {
    const [from, to] = [replacement.get(edge.from) ?? edge.from, replacement.get(edge.to) ?? edge.to];
    if (from === to) continue;
    const id = `${from}>${to}`;
    redirected.set(id, { id, from, to, implicit: edge.implicit && (redirected.get(id)?.implicit ?? true) });
  }
  return [...redirected.values()];
}

function countReaders(
  graph: Graph,
  replacement: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string | null>> {
  const readers = new Map<string, Set<string | null>>();
  for (const { from, to } of graph.edges)
    readers.set(from, (readers.get(from) ?? new Set<string | null>()).add(replacement.get(to) ?? null));
  return readers;
}

/** True when all readers of the node are in one collapsed group. */
function isWithin(id: string, readers: ReadonlyMap<string, ReadonlySet<string | null>>): boolean {
  const [only, ...more] = readers.get(id) ?? [null];
  return typeof only === "string" && more.length === 0;
}

function addMember(nodes: Map<string, GraphNode>, group: string, stage: string): void {
  const id = nodeId("group", group);
  nodes.set(id, { id, kind: "group", name: group, members: [...(nodes.get(id)?.members ?? []), stage] });
}

/** The collapsed groups: as chosen by the user, otherwise all groups of a graph that is too large. */
export function collapsedIn(graph: Graph, chosen: ReadonlySet<string> | null): ReadonlySet<string> {
  return chosen ?? new Set(graph.nodes.length > COLLAPSE_ABOVE ? findGroups(graph) : []);
}
