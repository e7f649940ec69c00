/** Marks of nodes besides their status: search matches, lineage of the selected stage, forecast. Pure; called by GraphView. */
import type { Forecast } from "../../model/params/forecast";
import type { Graph, GraphNode } from "./graph";
import { nodeId } from "./graph";

export type NodeMark = "would-run" | "might-run" | "ancestor" | "descendant" | "found" | "dimmed";
/** By node id; nodes without marks are absent. */
export type NodeMarks = ReadonlyMap<string, readonly NodeMark[]>;

export interface MarkInput {
  /** The name of the selected stage. */
  readonly selected: string | null;
  /** The text of the search box: a name must contain all its words. */
  readonly search: string;
  /** Stages that would or might run with the values being edited. */
  readonly forecast: Forecast["stages"];
}

export function markNodes(graph: Graph, { selected, search, forecast: lit }: MarkInput): NodeMarks {
  const words = splitWords(search);
  const lineage = findLineage(graph, selected);
  const marks = graph.nodes.map((node) => {
    const found: readonly (NodeMark | null)[] = [
      forecastMark(node, lit),
      lineage.ancestors.has(node.id) ? "ancestor" : null,
      lineage.descendants.has(node.id) ? "descendant" : null,
      words.length === 0 ? null : matches(node, words) ? "found" : "dimmed",
    ];
    return [node.id, found.filter((mark) => mark !== null)] as const;
  });
  return new Map(marks.filter(([, list]) => list.length > 0));
}

/** The nodes that match the search, in the order of the graph; none without a search. */
export function findNodes(graph: Graph, search: string): readonly GraphNode[] {
  const words = splitWords(search);
  return words.length === 0 ? [] : graph.nodes.filter((node) => matches(node, words));
}

/** The stages downstream of a stage, without the stage itself. */
export function findDescendants(graph: Graph, stage: string): readonly string[] {
  const { descendants } = findLineage(graph, stage);
  return graph.nodes.filter((node) => node.kind === "stage" && descendants.has(node.id)).map((node) => node.name);
}

function splitWords(search: string): readonly string[] {
  return search.toLowerCase().split(/\s+/u).filter(Boolean);
}

function matches(node: GraphNode, words: readonly string[]): boolean {
  const names = [node.name, ...(node.members ?? [])].map((name) => name.toLowerCase());
  return names.some((name) => words.every((word) => name.includes(word)));
}

function forecastMark(node: GraphNode, lit: Forecast["stages"]): NodeMark | null {
  const actions = (node.members ?? (node.kind === "stage" ? [node.name] : [])).map((name) => lit.get(name));
  if (actions.includes("run")) return "would-run";
  return actions.includes("maybe") ? "might-run" : null;
}

interface Lineage {
  readonly ancestors: ReadonlySet<string>;
  readonly descendants: ReadonlySet<string>;
}

function findLineage(graph: Graph, stage: string | null): Lineage {
  const start =
    stage === null
      ? undefined
      : graph.nodes.find((node) => node.id === nodeId("stage", stage) || node.members?.includes(stage))?.id;
  if (start === undefined) return { ancestors: new Set(), descendants: new Set() };
  return {
    ancestors: findReachable(start, neighbors(graph, "to", "from")),
    descendants: findReachable(start, neighbors(graph, "from", "to")),
  };
}

type End = "from" | "to";

function neighbors(graph: Graph, at: End, other: End): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const edge of graph.edges) {
    const known = found.get(edge[at]);
    if (known) known.push(edge[other]);
    else found.set(edge[at], [edge[other]]);
  }
  return found;
}

function findReachable(start: string, next: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [start];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop())
    for (const id of next.get(at) ?? []) {
      if (found.has(id)) continue;
      found.add(id);
      waiting.push(id);
    }
  // On a cycle, a node would be its own ancestor.
  found.delete(start);
  return found;
}
