/**
 * The nodes and edges of the graph, derived from a view: every stage, and the parameters and files that are inputs of one.
 * Pure; called only when the graph's shape changes.
 */
import type { InputView, View } from "../protocol";
import type { Direction, LayoutRequest } from "./layout-request";

export type GraphNodeKind = "stage" | "param" | "file" | "files" | "group";

export interface GraphNode {
  /** Unique across all kinds, and safe in a CSS attribute selector. */
  readonly id: string;
  readonly kind: GraphNodeKind;
  readonly name: string;
  /** The only reader of a parameter or file, which is drawn on top of that stage. */
  readonly attachedTo?: string;
  /** The stages of a collapsed group. */
  readonly members?: readonly string[];
}

export interface GraphEdge {
  /** `from>to` */
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** True if the input is only read in the code, not declared. */
  readonly implicit: boolean;
}

export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export const NODE_SIZES: { readonly [K in GraphNodeKind]: { readonly width: number; readonly height: number } } = {
  stage: { width: 158, height: 58 },
  param: { width: 144, height: 20 },
  file: { width: 144, height: 20 },
  files: { width: 144, height: 20 },
  group: { width: 158, height: 58 },
};

/** In order of definition: the inputs of a stage come before it. An input that is not in the view has no node. */
export function createGraph(view: View): Graph {
  const nodes = new Map<string, GraphNode>();
  const edges = new Map<string, GraphEdge>();
  for (const stage of Object.values(view.stages)) {
    const to = nodeId("stage", stage.name);
    for (const input of stage.inputs) {
      const source = findSource(view, input);
      if (!source) continue;
      if (source.kind !== "stage") nodes.set(source.id, source);
      addEdge(edges, source.id, to, input.implicit);
    }
    nodes.set(to, { id: to, kind: "stage", name: stage.name });
  }
  return { nodes: attachSources([...nodes.values()], [...edges.values()]), edges: [...edges.values()] };
}

/** The width of the inputs that are attached to a node, by the id of that node; none for a node without. */
export function attachedWidthsOf({ nodes }: Graph): ReadonlyMap<string, number> {
  const widths = new Map<string, number>();
  for (const { kind, attachedTo } of nodes)
    if (attachedTo !== undefined) widths.set(attachedTo, Math.max(widths.get(attachedTo) ?? 0, NODE_SIZES[kind].width));
  return widths;
}

/** True if both views certainly have the same graph. Compares by identity, which is cheap. */
export function isSameGraph(before: View, after: View): boolean {
  if (before.stages === after.stages) return true;
  const names = Object.keys(after.stages);
  if (names.length !== Object.keys(before.stages).length) return false;
  return names.every((name) => before.stages[name]?.inputs === after.stages[name]?.inputs);
}

export function nodeId(kind: GraphNodeKind, name: string): string {
  return `${kind}:${encodeURIComponent(name)}`;
}

/** The input of the layout for a graph. */
export function layoutRequest(graph: Graph, direction: Direction = "down"): LayoutRequest {
  return {
    direction,
    nodes: graph.nodes.map((node) => ({ id: node.id, ...NODE_SIZES[node.kind], attachedTo: node.attachedTo })),
    edges: graph.edges.map((edge) => ({ from: edge.from, to: edge.to })),
  };
}

function findSource(view: View, input: InputView): GraphNode | null {
  if (input.kind === "value") return null;
  if (input.kind === "stage" && !Object.hasOwn(view.stages, input.name)) return null;
  return { id: nodeId(input.kind, input.name), kind: input.kind, name: input.name };
}

function attachSources(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): readonly GraphNode[] {
  const targets = new Map<string, string[]>();
  for (const edge of edges) targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge.to]);
  return nodes.map((node) => {
    const [only, ...more] = node.kind === "stage" ? [] : (targets.get(node.id) ?? []);
    return only !== undefined && more.length === 0 ? { ...node, attachedTo: only } : node;
  });
}

/** Any number of inputs become one edge between two nodes; a declared input makes it declared. */
function addEdge(edges: Map<string, GraphEdge>, from: string, to: string, implicit: boolean): void {
  const id = `${from}>${to}`;
  edges.set(id, { id, from, to, implicit: implicit && (edges.get(id)?.implicit ?? true) });
}
