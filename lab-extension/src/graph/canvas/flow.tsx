/** The drawing of the graph: React Flow with our nodes. Rendered by CanvasView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import type { KeyboardEvent, ReactElement } from "react";
import { useCallback, useEffect, useRef } from "react";
import type { FlowNode } from "./flow-nodes";
import type { Graph } from "stagebook/drawing";
import { NODE_SIZES } from "stagebook/drawing";
import { GroupNode } from "./group-node";
import type { Direction, Layout } from "stagebook/drawing";
import { findNext, isArrowKey } from "../model/navigate";
import type { FocusRequest } from "../use-graph";
import { Overview } from "./overview";
import { RoutedEdge } from "./routed-edge";
import type { RoutedEdgeType } from "./routed-edge";
import { SourceNode } from "./source-node";
import { StageNode } from "./stage-node";
import { centerOn, FAR_BELOW, fitGraph, isInView, isReadable, isTall, MAX_ZOOM, MIN_ZOOM } from "./viewport";

export interface FlowProps {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly RoutedEdgeType[];
  readonly graph: Graph;
  readonly layout: Layout;
  readonly direction: Direction;
  /** In CSS pixels; both above 0. */
  readonly width: number;
  readonly height: number;
  readonly focus: FocusRequest | null;
  readonly trans: TranslationBundle;
  readonly onOpen: (node: FlowNode) => void;
}

export function Flow(props: FlowProps): ReactElement {
  return (
    <ReactFlowProvider>
      <Picture {...props} />
    </ReactFlowProvider>
  );
}

/** Above this many nodes, only visible ones are rendered, and nothing is animated. */
const LARGE_ABOVE_NODES = 150;
const edgeTypes = { routed: RoutedEdge };
const nodeTypes = { stage: StageNode, source: SourceNode, collapsed: GroupNode };
/** The minimap is shown where the panel has room for it, for a graph of many nodes or one that is not in view as a whole. In CSS pixels. */
const OVERVIEW_FROM = { nodes: 30, width: 260, height: 170 };
/** Of the movement to a node that is out of view. */
const MOVE_MS = 150;

function Picture(props: FlowProps): ReactElement {
  const { nodes, edges, graph, layout, direction, width, height, focus, trans, onOpen } = props;
  const { fit, movedByUser } = useFit(layout, direction, width, height);
  const isFar = useStore((store) => store.transform[2] < FAR_BELOW);
  const isLarge = nodes.length > LARGE_ABOVE_NODES;
  const hasOverview =
    (nodes.length >= OVERVIEW_FROM.nodes || !isReadable(layout, width, height)) &&
    width >= OVERVIEW_FROM.width &&
    height >= OVERVIEW_FROM.height;
  const area = useRef<HTMLDivElement>(null);
  const moveTo = useMove(area, layout, graph, { width, height });
  useEffect(() => {
    if (focus) moveTo(focus.id, focus.takesFocus);
    // Only a new request moves the focus; a new layout does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const node = findFocused(event, nodes);
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") onOpen(node);
    else if (isArrowKey(event.key)) {
      const next = findNext(graph, layout, direction, node.id, event.key);
      if (next !== null) moveTo(next, true);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={area}
      className={["stagebook-Graph-flow", isLarge && "stagebook-mod-large", isFar && "stagebook-mod-far"]
        .filter(Boolean)
        .join(" ")}
      onKeyDownCapture={onKeyDown}
    >
      <ReactFlow
        nodes={nodes as FlowNode[]}
        edges={edges as RoutedEdgeType[]}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodeClick={(_event, node) => onOpen(node)}
        onMoveStart={(event) => {
          // Null if the view was moved by code.
          if (event) movedByUser.current = true;
        }}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        nodesFocusable
        edgesFocusable={false}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={isLarge}
        ariaLabelConfig={{
          "node.a11yDescription.default": trans.__(
            "Press Enter to select the stage and show its cell, an arrow key to follow an edge.",
          ),
          "controls.ariaLabel": trans.__("Zoom"),
          "controls.zoomIn.ariaLabel": trans.__("Zoom in"),
          "controls.zoomOut.ariaLabel": trans.__("Zoom out"),
          "controls.fitView.ariaLabel": trans.__("Fit the whole graph"),
        }}
      >
        <Controls
          showInteractive={false}
          position="bottom-left"
          orientation={isTall(layout, width, height) ? "vertical" : "horizontal"}
          onFitView={() => {
            movedByUser.current = false;
            fit();
          }}
        />
        {hasOverview && <Overview trans={trans} />}
      </ReactFlow>
    </div>
  );
}

/**
 * Fits the graph into the panel when its shape changes, and when the panel's size does, unless the user has moved the view.
 * Status changes do not move it. `movedByUser` records a move by the user.
 */
function useFit(
  layout: Layout,
  direction: Direction,
  width: number,
  height: number,
): { readonly fit: () => void; readonly movedByUser: { current: boolean } } {
  const { setViewport } = useReactFlow();
  const movedByUser = useRef(false);
  const fitted = useRef<Layout | null>(null);
  const fit = useCallback(
    () => void setViewport(fitGraph(layout, direction, width, height)),
    [setViewport, layout, direction, width, height],
  );
  useEffect(() => {
    if (fitted.current === layout && movedByUser.current) return;
    fitted.current = layout;
    movedByUser.current = false;
    // React Flow learns its new size from an observer that fires before the next frame.
    const frame = requestAnimationFrame(fit);
    return () => cancelAnimationFrame(frame);
  }, [layout, fit]);
  return { fit, movedByUser };
}

/** Moves the view so that a node is in it, and focuses the node if asked. */
function useMove(
  area: { readonly current: HTMLElement | null },
  layout: Layout,
  graph: Graph,
  { width, height }: { readonly width: number; readonly height: number },
): (id: string, takesFocus: boolean) => void {
  const { setViewport, getViewport } = useReactFlow();
  return (id, takesFocus) => {
    const node = graph.nodes.find((each) => each.id === id);
    const at = node && layout.positions[node.id];
    if (!node || !at) return;
    const focus = (): void => {
      const element = area.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`);
      if (takesFocus) element?.focus({ preventScroll: true });
    };
    const box = { ...at, ...NODE_SIZES[node.kind] };
    const current = getViewport();
    if (isInView(box, current, width, height)) {
      focus();
      return;
    }
    // A node out of view may not be rendered yet.
    void setViewport(centerOn(box, current.zoom, width, height), { duration: MOVE_MS }).then(() =>
      requestAnimationFrame(focus),
    );
  };
}

function findFocused(event: KeyboardEvent, nodes: readonly FlowNode[]): FlowNode | undefined {
  const element = (event.target as Element).closest<HTMLElement>(".react-flow__node");
  return element ? nodes.find((node) => node.id === element.dataset.id) : undefined;
}
