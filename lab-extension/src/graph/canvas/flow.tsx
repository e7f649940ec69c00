/** The drawing of the graph: React Flow with our nodes. Rendered by GraphView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow, useStore } from "@xyflow/react";
import type { FitViewOptions } from "@xyflow/react";
import type { KeyboardEvent, ReactElement } from "react";
import { useEffect, useMemo, useRef } from "react";
import type { FlowNode } from "./flow-nodes";
import type { Graph } from "../model/graph";
import { NODE_SIZES } from "../model/graph";
import { GroupNode } from "./group-node";
import type { Direction, Layout } from "../layout/layout";
import { findNext, isArrowKey } from "../model/navigate";
import { Overview } from "./overview";
import { TinyContext } from "./ports";
import { RoutedEdge } from "./routed-edge";
import type { RoutedEdgeType } from "./routed-edge";
import { SourceNode } from "./source-node";
import { StageNode } from "./stage-node";

export interface FlowProps {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly RoutedEdgeType[];
  readonly graph: Graph;
  readonly layout: Layout;
  readonly direction: Direction;
  /** In CSS pixels; both above 0. */
  readonly width: number;
  readonly height: number;
  /** The node to focus; a new object for each request. */
  readonly focus: { readonly id: string } | null;
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
const noEdges: RoutedEdgeType[] = [];
const edgeTypes = { routed: RoutedEdge };
const nodeTypes = { stage: StageNode, source: SourceNode, collapsed: GroupNode };
/** The user can zoom out this far, or further if the whole graph needs it. */
const MIN_ZOOM = 0.05;
/** Below this zoom, a node shows only its name and status, in a larger font. */
const FAR_BELOW = 0.65;
/** Below this zoom, no text is readable: a node is a rectangle in the color of its status. */
const TINY_BELOW = 0.2;
/** The minimap is shown from this many nodes and this panel size on; sizes in CSS pixels. */
const OVERVIEW_FROM = { nodes: 30, width: 260, height: 170 };
/** In CSS pixels: the width of the zoom buttons with their margin, and the margin on the other sides. */
const CONTROLS = 36;
const MARGIN = 8;

function Picture(props: FlowProps): ReactElement {
  const { nodes, edges, graph, layout, direction, width, height, focus, trans, onOpen } = props;
  const { orientation, fitting, minZoom } = useMemo(() => planControls(layout, width, height), [layout, width, height]);
  const movedByUser = useFit(layout, fitting);
  const isFar = useStore((store) => store.transform[2] < FAR_BELOW);
  const isTiny = useStore((store) => store.transform[2] < TINY_BELOW);
  const isLarge = nodes.length > LARGE_ABOVE_NODES;
  // At that zoom, the graph is its own overview.
  const hasOverview =
    !isTiny && nodes.length >= OVERVIEW_FROM.nodes && width >= OVERVIEW_FROM.width && height >= OVERVIEW_FROM.height;
  const area = useRef<HTMLDivElement>(null);
  const focusNode = useFocus(area, layout, graph);
  useEffect(() => {
    if (focus) focusNode(focus.id);
    // Only a new request moves the focus; a new layout does not.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [focus]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const node = findFocused(event, nodes);
    if (!node || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") onOpen(node);
    else if (isArrowKey(event.key)) focusNode(findNext(graph, layout, direction, node.id, event.key));
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      ref={area}
      className={[
        "stagebook-Graph-flow",
        isLarge && "stagebook-mod-large",
        isFar && "stagebook-mod-far",
        isTiny && "stagebook-mod-tiny",
      ]
        .filter(Boolean)
        .join(" ")}
      onKeyDownCapture={onKeyDown}
    >
      <TinyContext.Provider value={isTiny}>
        <ReactFlow
          nodes={nodes as FlowNode[]}
          // Invisibly thin at that zoom, and most of the work of drawing.
          edges={isLarge && isTiny ? noEdges : (edges as RoutedEdgeType[])}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodeClick={(_event, node) => onOpen(node)}
          onMoveStart={(event) => {
            // Null if the view was moved by code.
            if (event) movedByUser.current = true;
          }}
          fitView
          fitViewOptions={fitting}
          minZoom={minZoom}
          maxZoom={2}
          nodesDraggable={false}
          nodesConnectable={false}
          elementsSelectable={false}
          nodesFocusable
          edgesFocusable={false}
          zoomOnDoubleClick={false}
          deleteKeyCode={null}
          onlyRenderVisibleElements={isLarge && !isTiny}
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
            fitViewOptions={fitting}
            position="bottom-left"
            orientation={orientation}
            onFitView={() => {
              movedByUser.current = false;
            }}
          />
          {hasOverview && <Overview trans={trans} />}
        </ReactFlow>
      </TinyContext.Provider>
    </div>
  );
}

/** Places the zoom buttons where the graph leaves room, so that they never cover a node of the fitted graph. */
function planControls(
  layout: Layout,
  width: number,
  height: number,
): { readonly orientation: "horizontal" | "vertical"; readonly fitting: FitViewOptions; readonly minZoom: number } {
  const isTall = layout.height / height > layout.width / width;
  const side = (isFree: boolean): `${number}px` => `${isFree ? CONTROLS : MARGIN}px`;
  const padding = { top: side(false), right: side(false), bottom: side(!isTall), left: side(isTall) };
  const minZoom = Math.min(MIN_ZOOM, (0.8 * width) / layout.width, (0.8 * height) / layout.height);
  return { orientation: isTall ? "vertical" : "horizontal", fitting: { padding, maxZoom: 1, minZoom }, minZoom };
}

/**
 * Fits the graph into the panel when its shape changes, and when the panel's size does, unless the user has moved the view.
 * Status changes do not move it. Returns the flag that records a move by the user.
 */
function useFit(layout: Layout, fitting: FitViewOptions): { current: boolean } {
  const { fitView } = useReactFlow();
  const movedByUser = useRef(false);
  const fitted = useRef<Layout | null>(null);
  useEffect(() => {
    if (fitted.current === layout && movedByUser.current) return;
    fitted.current = layout;
    movedByUser.current = false;
    // React Flow learns its new size from an observer that fires before the next frame.
    const frame = requestAnimationFrame(() => void fitView(fitting));
    return () => cancelAnimationFrame(frame);
  }, [fitView, layout, fitting]);
  return movedByUser;
}

/** Focuses a node. One that is not rendered because it is out of view is scrolled into view first. */
function useFocus(
  area: { readonly current: HTMLElement | null },
  layout: Layout,
  graph: Graph,
): (id: string | null) => void {
  const { setCenter, getZoom } = useReactFlow();
  return (id) => {
    const node = graph.nodes.find((each) => each.id === id);
    const at = node && layout.positions[node.id];
    if (!node || !at) return;
    const find = (): HTMLElement | null | undefined =>
      area.current?.querySelector<HTMLElement>(`.react-flow__node[data-id="${node.id}"]`);
    const bounds = area.current?.getBoundingClientRect();
    const box = find()?.getBoundingClientRect();
    const isInView =
      bounds &&
      box &&
      box.left >= bounds.left &&
      box.right <= bounds.right &&
      box.top >= bounds.top &&
      box.bottom <= bounds.bottom;
    if (isInView) {
      find()?.focus({ preventScroll: true });
      return;
    }
    const { width, height } = NODE_SIZES[node.kind];
    void setCenter(at.x + width / 2, at.y + height / 2, { zoom: getZoom() }).then(() =>
      requestAnimationFrame(() => find()?.focus({ preventScroll: true })),
    );
  };
}

function findFocused(event: KeyboardEvent, nodes: readonly FlowNode[]): FlowNode | undefined {
  const element = (event.target as Element).closest<HTMLElement>(".react-flow__node");
  return element ? nodes.find((node) => node.id === element.dataset.id) : undefined;
}
