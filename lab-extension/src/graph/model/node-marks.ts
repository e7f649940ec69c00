/** Marks of nodes besides their status: search matches, lineage of the selected stage, forecast. Pure; used by the graph and by the list. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Forecast } from "../../model/params/forecast";
import type { Graph, GraphNode } from "stagebook/drawing";
import { nodeId } from "stagebook/drawing";

export type NodeMark = "would-run" | "might-run" | "ancestor" | "descendant" | "found" | "dimmed";
/** By node id; nodes without marks are absent. */
export type NodeMarks = ReadonlyMap<string, readonly NodeMark[]>;

export interface MarkInput {
  /** The name of the selected stage. */
  readonly selected: string | null;
  /** The text of the search box: a name must contain all its words. */
  readonly search: string;
  /** The ids of the nodes that match the search, where it is not by their own names. */
  readonly found?: ReadonlySet<string>;
  /** Stages that would or might run with the values being edited. */
  readonly forecast: Forecast["stages"];
}

export function markNodes(graph: Graph, { selected, search, found: others, forecast: lit }: MarkInput): NodeMarks {
  const words = splitWords(search);
  const lineage = findLineage(graph, selected);
  const marks = graph.nodes.map((node) => {
    const found: readonly (NodeMark | null)[] = [
      forecastMark(node, lit),
      lineage.ancestors.has(node.id) ? "ancestor" : null,
      lineage.descendants.has(node.id) ? "descendant" : null,
      words.length === 0 ? null : (others?.has(node.id) ?? matches(node, words)) ? "found" : "dimmed",
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

/** The ids of the stages and groups that match the search, or that read a parameter or file that does. */
export function findStageNodes(graph: Graph, search: string): ReadonlySet<string> {
  const found = findNodes(graph, search);
  const isStage = ({ kind }: GraphNode): boolean => kind === "stage" || kind === "group";
  const sources = new Set(found.filter((node) => !isStage(node)).map(({ id }) => id));
  const readers = graph.edges.filter(({ from }) => sources.has(from)).map(({ to }) => to);
  return new Set([...found.filter(isStage).map(({ id }) => id), ...readers]);
}

/** The `data-` attribute of a node whose stage would or might run. */
export function whatIfAttribute(marks: readonly NodeMark[]): { readonly "data-what-if"?: "run" | "maybe" } {
  if (marks.includes("would-run")) return { "data-what-if": "run" };
  return marks.includes("might-run") ? { "data-what-if": "maybe" } : {};
}

/** The marks in words, for screen readers. */
export function describeMarks(marks: readonly NodeMark[], trans: TranslationBundle): readonly string[] {
  const words: { readonly [M in NodeMark]?: string } = {
    "would-run": trans.__("would run"),
    "might-run": trans.__("might run"),
    ancestor: trans.__("upstream of the selected stage"),
    descendant: trans.__("downstream of the selected stage"),
  };
  return marks.flatMap((mark) => words[mark] ?? []);
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
