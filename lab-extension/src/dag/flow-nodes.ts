/**
 * The graph as React Flow wants it. Pure; called by the DAG panel at each change. A node whose content did not change
 * keeps its identity, so that React draws again only what did.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Position } from "@xyflow/react";
import type { NodeHandle } from "@xyflow/react";
import type { ParamView, StageView, View } from "stagebook/protocol";
import type { Graph, GraphEdge, GraphNode } from "./graph";
import { NODE_SIZES } from "./graph";
import type { Layout, Point } from "./layout";
import type { RoutedEdgeType } from "./routed-edge";
import type { SourceNodeType } from "./source-node";
import type { StageNodeType } from "./stage-node";
import { describeStage, explainStatus } from "./stage-text";

export type FlowNode = StageNodeType | SourceNodeType;

/** The port for what sits on a stage's head. */
const SEAT = "seat";
const SEAT_X = 16;
/** Between the right end of what sits on the head and the right end of the stage. */
const BESIDE_SEAT_X = (NODE_SIZES.param.width + NODE_SIZES.stage.width) / 2;

export interface FlowInput {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly view: View;
  readonly selected: string | null;
  readonly trans: TranslationBundle;
}

/** Those nodes that have a place; `before` is the last answer, and is given again when nothing changed. */
export function createFlowNodes(input: FlowInput, before: readonly FlowNode[]): readonly FlowNode[] {
  const seats = new Set(input.graph.nodes.map((node) => node.on));
  const nodes = input.graph.nodes.flatMap((node) => {
    const place = input.layout.positions[node.id];
    return (place && createFlowNode(node, place, seats.has(node.id), input)) ?? [];
  });
  return keepEqual(nodes, before, isSameNode);
}

/** Edges between placed nodes; those into a pending stage are dashed, those into a running one move. */
export function createFlowEdges(input: FlowInput, before: readonly RoutedEdgeType[]): readonly RoutedEdgeType[] {
  const { graph, layout } = input;
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const edges = graph.edges.flatMap((edge) => {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    return from && to && layout.positions[from.id] && layout.positions[to.id]
      ? [createFlowEdge(edge, from, to, input)]
      : [];
  });
  return keepEqual(
    edges,
    before,
    (a, b) => a.className === b.className && a.data?.route === b.data?.route && a.targetHandle === b.targetHandle,
  );
}

function createFlowEdge(
  edge: GraphEdge,
  from: GraphNode,
  to: GraphNode,
  { layout, view, selected }: FlowInput,
): RoutedEdgeType {
  const isSelected = [from, to].some((node) => node.kind === "stage" && node.name === selected);
  const marks = [view.stages[to.name]?.status ?? "new", edge.implicit && "implicit", isSelected && "selected"];
  return {
    id: edge.id,
    type: "routed",
    source: from.id,
    target: to.id,
    // Straight down from the seat; other edges enter beside what sits on the stage's head.
    ...(from.on === to.id ? { targetHandle: SEAT } : {}),
    className: marks
      .filter(Boolean)
      .map((mark) => `stagebook-mod-${String(mark)}`)
      .join(" "),
    focusable: false,
    data: { route: layout.routes[edge.id] ?? straight },
  };
}

const straight: readonly Point[] = [];

/** `items`, with each one that is equal to its predecessor replaced by it; `before` itself when all are. */
function keepEqual<T extends { readonly id: string }>(
  items: readonly T[],
  before: readonly T[],
  isEqual: (a: T, b: T) => boolean,
): readonly T[] {
  const known = new Map(before.map((item) => [item.id, item]));
  const kept = items.map((item) => {
    const last = known.get(item.id);
    return last && isEqual(last, item) ? last : item;
  });
  return kept.length === before.length && kept.every((item, index) => item === before[index]) ? before : kept;
}

function createFlowNode(node: GraphNode, place: Point, hasSeat: boolean, input: FlowInput): FlowNode | null {
  if (node.kind !== "stage") return createSourceNode(node.kind, node, place, input);
  const stage = input.view.stages[node.name];
  return stage ? createStageNode(node, stage, place, hasSeat, input) : null;
}

function createStageNode(
  node: GraphNode,
  stage: StageView,
  place: Point,
  hasSeat: boolean,
  { selected, trans }: FlowInput,
): StageNodeType {
  const ports = stagePorts(hasSeat);
  return {
    ...placed(node, place, ports),
    type: "stage",
    className: `stagebook-Dag-stage${selected === stage.name ? " stagebook-mod-selected" : ""}`,
    selected: selected === stage.name,
    ariaLabel: `${stage.name}, ${explainStatus(stage, trans)}`,
    domAttributes: attributes({ "data-stage": stage.name, "data-status": stage.status }, describeStage(stage, trans)),
    data: { kind: "stage", stage, ports, trans },
  };
}

function createSourceNode(kind: "param" | "file", node: GraphNode, place: Point, { view }: FlowInput): SourceNodeType {
  const param: ParamView | undefined = kind === "param" ? view.params[node.name] : undefined;
  const title = param
    ? [`${param.name} = ${param.text}${param.unit ? ` ${param.unit}` : ""}`, param.description]
        .filter(Boolean)
        .join("\n")
    : node.name;
  const ports = sourcePorts(node.on !== undefined);
  const name: Attributes = kind === "param" ? { "data-param-node": node.name } : { "data-file-node": node.name };
  return {
    ...placed(node, place, ports),
    type: "source",
    className: `stagebook-Dag-source${param?.overridden ? " stagebook-mod-overridden" : ""}`,
    ariaLabel: title,
    domAttributes: attributes(name, title),
    data: { kind, name: node.name, ports, param },
  };
}

/**
 * Sizes and ports are given, so that edges are drawn at once and never vanish when a node is replaced. React Flow reads the
 * ports from the page as well, so `Ports` draws the same ones.
 */
function placed(node: GraphNode, position: Point, handles: NodeHandle[]) {
  const size = NODE_SIZES[node.kind];
  return { id: node.id, position, ...size, measured: size, handles };
}

function stagePorts(hasSeat: boolean): NodeHandle[] {
  const { width, height } = NODE_SIZES.stage;
  return [
    port("target", null, hasSeat ? BESIDE_SEAT_X : width / 2, 0),
    port("target", SEAT, SEAT_X, 0),
    port("source", null, width / 2, height),
  ];
}

function sourcePorts(isSeated: boolean): NodeHandle[] {
  const { width, height } = NODE_SIZES.param;
  return [port("source", null, isSeated ? SEAT_X : width / 2, height)];
}

function port(type: "source" | "target", id: string | null, x: number, y: number): NodeHandle {
  return { id, type, position: type === "source" ? Position.Bottom : Position.Top, x, y, width: 1, height: 1 };
}

type Attributes = { readonly [name: `data-${string}`]: string };

function attributes(data: Attributes, title: string): FlowNode["domAttributes"] {
  return { ...data, title };
}

function isSameNode(a: FlowNode, b: FlowNode): boolean {
  return (
    a.position.x === b.position.x &&
    a.position.y === b.position.y &&
    a.selected === b.selected &&
    a.handles?.[0]?.x === b.handles?.[0]?.x &&
    a.data.kind === b.data.kind &&
    (a.data.kind === "stage"
      ? a.data.stage === (b.data.kind === "stage" && b.data.stage)
      : a.data.param === (b.data.kind !== "stage" && b.data.param))
  );
}
