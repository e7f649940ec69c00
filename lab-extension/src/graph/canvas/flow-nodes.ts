/**
 * The nodes and edges for React Flow. Pure; called by CanvasView after each change. A node whose content did not change keeps
 * its identity, so that React renders only what changed.
 */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Position } from "@xyflow/react";
import type { NodeHandle } from "@xyflow/react";
import type { CSSProperties } from "react";
import type { Freshness, ParamView, StageView, View } from "stagebook/protocol";
import type { Graph, GraphEdge, GraphNode } from "stagebook/drawing";
import { attachedPorts, attachedWidthsOf, edgePaths, inPort, NODE_SIZES, outPort } from "stagebook/drawing";
import type { GroupNodeType } from "./group-node";
import { countStatuses, describeGroup } from "../model/group-status";
import type { Direction, Layout, Point } from "stagebook/drawing";
import type { NodeMark, NodeMarks } from "../model/node-marks";
import { describeMarks, whatIfAttribute } from "../model/node-marks";
import type { RoutedEdgeType } from "./routed-edge";
import type { SourceNodeType } from "./source-node";
import type { StageNodeType } from "./stage-node";
import type { SourceKind } from "../../ui/status-mark";
import { describeStage, explainStatus } from "../../ui/texts/stage-text";

export type FlowNode = StageNodeType | SourceNodeType | GroupNodeType;

/** The port for an attached input. */
const ATTACHED = "attached";

export interface FlowInput {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly view: View;
  readonly selected: string | null;
  readonly marks?: NodeMarks;
  /** Defaults to `down`; must be the direction of the layout. */
  readonly direction?: Direction;
  readonly trans: TranslationBundle;
}

/** The nodes that have a position. `before` is the last result, and is returned again if nothing changed. */
export function createFlowNodes(input: FlowInput, before: readonly FlowNode[]): readonly FlowNode[] {
  const attachedWidths = attachedWidthsOf(input.graph);
  const nodes = input.graph.nodes.flatMap((node) => {
    const at = input.layout.positions[node.id];
    return (at && createFlowNode(node, at, attachedWidths.get(node.id), input)) ?? [];
  });
  return reuseEqual(nodes, before, isSameNode);
}

/** Edges between positioned nodes. Edges into a pending stage are dashed; edges between running stages are animated. */
export function createFlowEdges(input: FlowInput, before: readonly RoutedEdgeType[]): readonly RoutedEdgeType[] {
  const { graph, layout, direction = "down" } = input;
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const paths = pathsIn(graph, layout, direction);
  const edges = graph.edges.flatMap((edge) => {
    const from = nodes.get(edge.from);
    const to = nodes.get(edge.to);
    const path = paths.get(edge.id);
    return from && to && path !== undefined ? [createFlowEdge({ edge, from, to, path }, input)] : [];
  });
  return reuseEqual(
    edges,
    before,
    (a, b) => a.className === b.className && a.data?.path === b.data?.path && a.targetHandle === b.targetHandle,
  );
}

/** The paths of a layout: only its graph changes them, and the status of a stage changes much more often. */
function pathsIn(graph: Graph, layout: Layout, direction: Direction): ReadonlyMap<string, string> {
  const known = knownPaths.get(layout);
  if (known?.graph === graph && known.direction === direction) return known.paths;
  const paths = edgePaths({ graph, layout, direction });
  knownPaths.set(layout, { graph, direction, paths });
  return paths;
}

interface KnownPaths {
  readonly graph: Graph;
  readonly direction: Direction;
  readonly paths: ReadonlyMap<string, string>;
}

const knownPaths = new WeakMap<Layout, KnownPaths>();

interface PlacedEdge {
  readonly edge: GraphEdge;
  readonly from: GraphNode;
  readonly to: GraphNode;
  readonly path: string;
}

function createFlowEdge({ edge, from, to, path }: PlacedEdge, input: FlowInput): RoutedEdgeType {
  const { selected } = input;
  const isSelected = [from, to].some((node) => node.kind === "stage" && node.name === selected);
  const [source, target] = [statusOf(from, input), statusOf(to, input)];
  const classes = [
    target ?? "new",
    edge.implicit && "implicit",
    isSelected && "selected",
    source === "running" && target === "running" && "flowing",
    ...edgeMarks(from, to, input),
  ];
  return {
    id: edge.id,
    type: "routed",
    source: from.id,
    target: to.id,
    // Straight down from an attached input; other edges enter next to it.
    ...(from.attachedTo === to.id ? { targetHandle: ATTACHED } : {}),
    className: classes
      .filter(Boolean)
      .map((mark) => `stagebook-mod-${String(mark)}`)
      .join(" "),
    focusable: false,
    data: { path },
  };
}

/** The status of a stage; the most urgent one of a group. */
function statusOf(node: GraphNode, { view }: FlowInput): Freshness | undefined {
  if (node.kind === "group") return countStatuses(membersOf(node, view))[0]?.status;
  return node.kind === "stage" ? view.stages[node.name]?.status : undefined;
}

function membersOf(node: GraphNode, view: View): readonly StageView[] {
  return (node.members ?? []).flatMap((name) => view.stages[name] ?? []);
}

/** An edge belongs to the lineage if both its ends do, and is dimmed if one of them is. */
function edgeMarks(from: GraphNode, to: GraphNode, { marks, selected }: FlowInput): readonly string[] {
  const [source, target] = [marks?.get(from.id) ?? noMarks, marks?.get(to.id) ?? noMarks];
  const isSelected = (node: GraphNode): boolean =>
    selected !== null && (node.members ?? (node.kind === "stage" ? [node.name] : [])).includes(selected);
  const isUp = source.includes("ancestor") && (target.includes("ancestor") || isSelected(to));
  const isDown = target.includes("descendant") && (source.includes("descendant") || isSelected(from));
  return [
    ...(isUp || isDown ? ["lineage"] : []),
    ...(source.includes("dimmed") || target.includes("dimmed") ? ["dimmed"] : []),
  ];
}

const noMarks: readonly NodeMark[] = [];

/** `items` with each one replaced by its equal in `before`; `before` itself if all are equal. */
function reuseEqual<T extends { readonly id: string }>(
  items: readonly T[],
  before: readonly T[],
  isEqual: (a: T, b: T) => boolean,
): readonly T[] {
  const known = new Map(before.map((item) => [item.id, item]));
  const merged = items.map((item) => {
    const last = known.get(item.id);
    return last && isEqual(last, item) ? last : item;
  });
  return merged.length === before.length && merged.every((item, index) => item === before[index]) ? before : merged;
}

function createFlowNode(
  node: GraphNode,
  at: Point,
  attachedWidth: number | undefined,
  input: FlowInput,
): FlowNode | null {
  if (node.kind === "group") return createGroupNode(node, at, attachedWidth, input);
  if (node.kind !== "stage") return createSourceNode(node.kind, node, at, input);
  const stage = input.view.stages[node.name];
  return stage ? createStageNode(node, stage, at, attachedWidth, input) : null;
}

function createStageNode(
  node: GraphNode,
  stage: StageView,
  at: Point,
  attachedWidth: number | undefined,
  { selected, trans, marks, direction }: FlowInput,
): StageNodeType {
  const ports = stagePorts(attachedWidth, direction);
  const own = marks?.get(node.id) ?? noMarks;
  const words = [stage.name, explainStatus(stage, trans), ...describeMarks(own, trans)];
  return {
    ...positioned(node, at, ports),
    type: "stage",
    className: classOf("stagebook-Graph-stage", [...own, ...(selected === stage.name ? ["selected"] : [])]),
    selected: selected === stage.name,
    ariaLabel: words.join(", "),
    domAttributes: attributes(
      { "data-stage": stage.name, "data-status": stage.status, ...whatIfAttribute(own) },
      describeStage(stage, trans),
    ),
    data: { kind: "stage", stage, ports, trans },
  };
}

function createGroupNode(
  node: GraphNode,
  at: Point,
  attachedWidth: number | undefined,
  { view, trans, marks, direction }: FlowInput,
): GroupNodeType {
  const counts = countStatuses(membersOf(node, view));
  const own = marks?.get(node.id) ?? noMarks;
  const ports = stagePorts(attachedWidth, direction);
  const text = describeGroup(node.name, counts, trans);
  return {
    ...positioned(node, at, ports),
    type: "collapsed",
    className: classOf("stagebook-Graph-stage stagebook-Graph-group", own),
    ariaLabel: [text, ...describeMarks(own, trans)].join(", "),
    domAttributes: attributes(
      { "data-group": node.name, "data-status": counts[0]?.status ?? "new", ...whatIfAttribute(own) },
      `${text}\n${trans.__("Press Enter or click to expand.")}`,
    ),
    data: { kind: "group", name: node.name, counts, ports, trans },
  };
}

function classOf(base: string, marks: readonly string[]): string {
  return [base, ...marks.map((mark) => `stagebook-mod-${mark}`)].join(" ");
}

function createSourceNode(kind: SourceKind, node: GraphNode, at: Point, input: FlowInput): SourceNodeType {
  const { view, marks, direction } = input;
  const param: ParamView | undefined = kind === "param" ? view.params[node.name] : undefined;
  const title = param
    ? [`${param.name} = ${param.text}${param.unit ? ` ${param.unit}` : ""}`, param.description]
        .filter(Boolean)
        .join("\n")
    : node.name;
  const ports = sourcePorts(node.attachedTo !== undefined, direction);
  const name: Attributes = { [`data-${kind}-node`]: node.name };
  return {
    ...positioned(node, at, ports),
    type: "source",
    className: classOf("stagebook-Graph-source", [
      ...(marks?.get(node.id) ?? noMarks),
      ...(param?.overridden ? ["overridden"] : []),
    ]),
    ariaLabel: title,
    domAttributes: attributes(name, title),
    data: { kind, name: node.name, ports, param },
  };
}

/**
 * Sizes and ports are passed, so that edges are drawn at once and never disappear when a node is replaced. React Flow also
 * reads the ports from the page, so `Ports` renders the same ones.
 */
function positioned(node: GraphNode, position: Point, handles: NodeHandle[]) {
  const size = NODE_SIZES[node.kind];
  // The style sheet positions the nodes of a large graph.
  const style = { "--stagebook-x": `${position.x}px`, "--stagebook-y": `${position.y}px` } as CSSProperties;
  return { id: node.id, position, ...size, measured: size, handles, style };
}

function stagePorts(attachedWidth: number | undefined, direction: Direction = "down"): NodeHandle[] {
  const size = NODE_SIZES.stage;
  const isRight = direction === "right";
  return [
    port("target", isRight ? Position.Left : Position.Top, inPort(size, direction, attachedWidth)),
    port("target", Position.Top, attachedPorts.in, ATTACHED),
    port("source", isRight ? Position.Right : Position.Bottom, outPort(size, direction)),
  ];
}

/** The edge of an attached input leads straight down to its stage in both directions of the graph. */
function sourcePorts(isAttached: boolean, direction: Direction = "down"): NodeHandle[] {
  const size = NODE_SIZES.param;
  if (isAttached) return [port("source", Position.Bottom, attachedPorts.out(size))];
  return [port("source", direction === "right" ? Position.Right : Position.Bottom, outPort(size, direction))];
}

function port(type: "source" | "target", position: Position, at: Point, id: string | null = null): NodeHandle {
  return { id, type, position, ...at, width: 1, height: 1 };
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
    a.className === b.className &&
    a.handles?.[0]?.x === b.handles?.[0]?.x &&
    a.handles?.[0]?.position === b.handles?.[0]?.position &&
    a.data.kind === b.data.kind &&
    isSameContent(a, b)
  );
}

function isSameContent(a: FlowNode, b: FlowNode): boolean {
  switch (a.data.kind) {
    case "stage":
      return a.data.stage === (b.data.kind === "stage" && b.data.stage);
    case "group":
      return a.ariaLabel === b.ariaLabel;
    default:
      return a.data.param === (b.data.kind !== "stage" && b.data.kind !== "group" && b.data.param);
  }
}
