/**
 * The graph as React Flow wants it. Pure; called by the DAG panel at each change. A node whose content did not change
 * keeps its identity, so that React draws again only what did.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Position } from "@xyflow/react";
import type { Edge, NodeHandle } from "@xyflow/react";
import type { ParamView, StageView, View } from "stagebook/protocol";
import type { Graph, GraphNode } from "./graph";
import { NODE_SIZES } from "./graph";
import type { Layout } from "./layout";
import type { SourceNodeType } from "./source-node";
import type { StageNodeType } from "./stage-node";
import { describeStage, explainStatus } from "./stage-text";

export type FlowNode = StageNodeType | SourceNodeType;

export interface FlowInput {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly view: View;
  readonly selected: string | null;
  readonly trans: TranslationBundle;
}

/** Those nodes that have a place; `before` is the last answer. */
export function createFlowNodes(input: FlowInput, before: readonly FlowNode[]): readonly FlowNode[] {
  const known = new Map(before.map((node) => [node.id, node]));
  return input.graph.nodes.flatMap((node) => {
    const place = input.layout.positions[node.id];
    if (!place) return [];
    const next = createFlowNode(node, place, input);
    const last = next && known.get(next.id);
    if (!next) return [];
    return [last && isSameNode(last, next) ? last : next];
  });
}

/** Edges between placed nodes; those into a pending stage are dashed, those into a running one move. */
export function createFlowEdges({ graph, layout, view, selected }: FlowInput): Edge[] {
  return graph.edges.flatMap((edge) => {
    if (!layout.positions[edge.from] || !layout.positions[edge.to]) return [];
    const target = view.stages[decodeName(edge.to)];
    const touches = selected !== null && (decodeName(edge.from) === selected || decodeName(edge.to) === selected);
    const className = [`stagebook-mod-${target?.status ?? "new"}`, edge.implicit && "stagebook-mod-implicit", touches && "stagebook-mod-selected"];
    return [{ id: edge.id, source: edge.from, target: edge.to, className: className.filter(Boolean).join(" "), focusable: false }];
  });
}

type Place = { readonly x: number; readonly y: number };

function createFlowNode(node: GraphNode, place: Place, input: FlowInput): FlowNode | null {
  if (node.kind !== "stage") return createSourceNode(node.kind, node, place, input);
  const stage = input.view.stages[node.name];
  return stage ? createStageNode(node, stage, place, input) : null;
}

function createStageNode(node: GraphNode, stage: StageView, place: Place, { selected, trans }: FlowInput): StageNodeType {
  return {
    ...placed(node, place, true),
    type: "stage",
    className: `stagebook-Dag-stage${selected === stage.name ? " stagebook-mod-selected" : ""}`,
    selected: selected === stage.name,
    ariaLabel: `${stage.name}, ${explainStatus(stage, trans)}`,
    domAttributes: attributes({ "data-stage": stage.name, "data-status": stage.status }, describeStage(stage, trans)),
    data: { kind: "stage", stage, trans },
  };
}

function createSourceNode(kind: "param" | "file", node: GraphNode, place: Place, { view }: FlowInput): SourceNodeType {
  const param: ParamView | undefined = kind === "param" ? view.params[node.name] : undefined;
  const title = param ? [`${param.name} = ${param.text}${param.unit ? ` ${param.unit}` : ""}`, param.description].filter(Boolean).join("\n") : node.name;
  const name: Attributes = kind === "param" ? { "data-param-node": node.name } : { "data-file-node": node.name };
  return {
    ...placed(node, place, false),
    type: "source",
    className: `stagebook-Dag-source${param?.overridden ? " stagebook-mod-overridden" : ""}`,
    ariaLabel: title,
    domAttributes: attributes(name, title),
    data: { kind, name: node.name, param },
  };
}

/** Sizes and ports are given, not measured: edges are then drawn at once and never vanish when a node is replaced. */
function placed(node: GraphNode, position: Place, hasInputs: boolean) {
  const size = NODE_SIZES[node.kind];
  const port = { x: size.width / 2, width: 1, height: 1 };
  const source: NodeHandle = { ...port, type: "source", position: Position.Bottom, y: size.height };
  const target: NodeHandle = { ...port, type: "target", position: Position.Top, y: 0 };
  return { id: node.id, position, ...size, measured: size, handles: hasInputs ? [target, source] : [source] };
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
    a.data.kind === b.data.kind &&
    (a.data.kind === "stage" ? a.data.stage === (b.data.kind === "stage" && b.data.stage) : a.data.param === (b.data.kind !== "stage" && b.data.param))
  );
}

function decodeName(id: string): string {
  return decodeURIComponent(id.slice(id.indexOf(":") + 1));
}
