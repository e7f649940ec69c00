/** The picture itself: React Flow with our nodes. Rendered by the DAG panel once it has a size. */
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
  /** The node that shall have the focus; a new object for each time. */
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

/** Above this many nodes only those in sight are in the page, and nothing on them turns or flows. */
const LARGE_ABOVE_NODES = 150;
const noEdges: RoutedEdgeType[] = [];
const edgeTypes = { routed: RoutedEdge };
const nodeTypes = { stage: StageNode, source: SourceNode, collapsed: GroupNode };
/** Where the whole graph would be smaller still, one can zoom out so far. */
const MIN_ZOOM = 0.05;
/** Below this zoom a node shows its name and status alone, in larger type. */
const FAR_BELOW = 0.65;
/** Below this zoom nothing can be read: a node is a patch in the colour of its status. */
const TINY_BELOW = 0.2;
/** From this many nodes on there is the whole graph in small, where the panel has room for it; sizes in CSS pixels. */
const OVERVIEW_FROM = { nodes: 30, width: 260, height: 170 };
/** In CSS pixels: the breadth of the zoom buttons with their margin, and the margin on the other sides. */
const CONTROLS = 36;
const MARGIN = 8;

function Picture(props: FlowProps): ReactElement {
  const { nodes, edges, graph, layout, direction, width, height, focus, trans, onOpen } = props;
  const { orientation, fitting, minZoom } = useMemo(() => planControls(layout, width, height), [layout, width, height]);
  const movedByHand = useFit(layout, fitting);
  const isFar = useStore((store) => store.transform[2] < FAR_BELOW);
  const isTiny = useStore((store) => store.transform[2] < TINY_BELOW);
  const isLarge = nodes.length > LARGE_ABOVE_NODES;
  // While the picture is that small, it is the overview itself.
  const hasOverview =
    !isTiny && nodes.length >= OVERVIEW_FROM.nodes && width >= OVERVIEW_FROM.width && height >= OVERVIEW_FROM.height;
  const area = useRef<HTMLDivElement>(null);
  const focusNode = useFocus(area, layout, graph);
  useEffect(() => {
    if (focus) focusNode(focus.id);
    // Only a new request moves the focus, not a new layout.
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
          // Thinner than a hair, and most of what there is to draw.
          edges={isLarge && isTiny ? noEdges : (edges as RoutedEdgeType[])}
          nodeTypes={nodeTypes}
          edgeTypes={edgeTypes}
          onNodeClick={(_event, node) => onOpen(node)}
          onMoveStart={(event) => {
            // Null when the view was moved by the program.
            if (event) movedByHand.current = true;
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
              movedByHand.current = false;
            }}
          />
          {hasOverview && <Overview trans={trans} />}
        </ReactFlow>
      </TinyContext.Provider>
    </div>
  );
}

/** The zoom buttons stand where the graph leaves room, and never before a node that was fitted into the panel. */
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
 * Fits the graph into the panel when its shape changes, and when the panel's size does, unless the person has moved the
 * view. A change of status changes neither. Returns the flag that says so.
 */
function useFit(layout: Layout, fitting: FitViewOptions): { current: boolean } {
  const { fitView } = useReactFlow();
  const movedByHand = useRef(false);
  const fitted = useRef<Layout | null>(null);
  useEffect(() => {
    if (fitted.current === layout && movedByHand.current) return;
    fitted.current = layout;
    movedByHand.current = false;
    // React Flow learns its new size from an observer that fires before the next frame.
    const frame = requestAnimationFrame(() => void fitView(fitting));
    return () => cancelAnimationFrame(frame);
  }, [fitView, layout, fitting]);
  return movedByHand;
}

/** Gives the focus to a node, and brings one into the page that is not drawn because it is out of sight. */
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
    const isInSight =
      bounds &&
      box &&
      box.left >= bounds.left &&
      box.right <= bounds.right &&
      box.top >= bounds.top &&
      box.bottom <= bounds.bottom;
    if (isInSight) {
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
