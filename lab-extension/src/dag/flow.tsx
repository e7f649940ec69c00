/** The picture itself: React Flow with our nodes. Rendered by the DAG panel once it has a size. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { Controls, ReactFlow, ReactFlowProvider, useReactFlow } from "@xyflow/react";
import type { FitViewOptions } from "@xyflow/react";
import type { KeyboardEvent, ReactElement } from "react";
import { useEffect, useRef } from "react";
import type { FlowNode } from "./flow-nodes";
import type { Layout } from "./layout";
import { RoutedEdge } from "./routed-edge";
import type { RoutedEdgeType } from "./routed-edge";
import { SourceNode } from "./source-node";
import { StageNode } from "./stage-node";

export interface FlowProps {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly RoutedEdgeType[];
  readonly layout: Layout;
  /** In CSS pixels; both above 0. */
  readonly width: number;
  readonly height: number;
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
const LARGE_FROM = 150;
const edgeTypes = { routed: RoutedEdge };
const nodeTypes = { stage: StageNode, source: SourceNode };
const fitting: FitViewOptions = { padding: 0.06, maxZoom: 1, minZoom: 0.05 };

function Picture({ nodes, edges, layout, width, height, trans, onOpen }: FlowProps): ReactElement {
  const movedByHand = useFit(layout, width, height);
  const isLarge = nodes.length > LARGE_FROM;
  const openFocused = (event: KeyboardEvent): void => {
    const node = event.key === "Enter" || event.key === " " ? findFocused(event, nodes) : undefined;
    if (!node) return;
    event.preventDefault();
    onOpen(node);
  };
  return (
    <div className={isLarge ? "stagebook-Dag-flow stagebook-mod-large" : "stagebook-Dag-flow"} onKeyDown={openFocused}>
      <ReactFlow
        nodes={nodes as FlowNode[]}
        edges={edges as RoutedEdgeType[]}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        onNodeClick={(_event, node) => onOpen(node)}
        onMoveStart={(event) => {
          // Null when the view was moved by the program.
          if (event) movedByHand.current = true;
        }}
        fitView
        fitViewOptions={fitting}
        minZoom={0.05}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        elementsSelectable={false}
        nodesFocusable
        edgesFocusable={false}
        zoomOnDoubleClick={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={isLarge}
        ariaLabelConfig={{
          "node.a11yDescription.default": trans.__("Press Enter to select the stage and show its cell."),
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
          orientation="horizontal"
          onFitView={() => {
            movedByHand.current = false;
          }}
        />
      </ReactFlow>
    </div>
  );
}

/**
 * Fits the graph into the panel when its shape changes, and when the panel's size does, unless the person has moved the
 * view. A change of status changes neither. Returns the flag that says so.
 */
function useFit(layout: Layout, width: number, height: number): { current: boolean } {
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
  }, [fitView, layout, width, height]);
  return movedByHand;
}

function findFocused(event: KeyboardEvent, nodes: readonly FlowNode[]): FlowNode | undefined {
  const element = (event.target as Element).closest<HTMLElement>(".react-flow__node");
  return element ? nodes.find((node) => node.id === element.dataset.id) : undefined;
}
