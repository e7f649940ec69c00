/** What the DAG panel shows of one notebook: the picture, or a sentence that says why there is none. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { View } from "stagebook/protocol";
import { useNotebookState } from "../stores/use-store";
import type { NotebookModel } from "../tokens";
import { emptyText, isOutdated } from "./connection-text";
import { Flow } from "./flow";
import type { FlowInput, FlowNode } from "./flow-nodes";
import { createFlowEdges, createFlowNodes } from "./flow-nodes";
import type { Graph } from "./graph";
import { createGraph, isSameGraph, layoutRequest } from "./graph";
import type { Layout } from "./layout";
import type { LayoutQueue } from "./layout-queue";
import { EmptyPanel, PanelNotice } from "./panel-text";
import type { RoutedEdgeType } from "./routed-edge";

export interface DagViewProps {
  readonly model: NotebookModel;
  readonly layouts: LayoutQueue;
  readonly trans: TranslationBundle;
  readonly width: number;
  readonly height: number;
}

export function DagView({ model, layouts, trans, width, height }: DagViewProps): ReactElement {
  const state = useNotebookState(model);
  const graph = useGraph(state.view);
  const { layout, problem } = useLayout(graph, layouts);
  const { nodes, edges } = useFlow(layout && { graph, layout, view: state.view, selected: state.selected, trans });
  if (graph.nodes.length === 0) return <EmptyPanel text={emptyText(state, trans)} />;
  return (
    <div className={isOutdated(state) ? "stagebook-Dag stagebook-mod-outdated" : "stagebook-Dag"}>
      <PanelNotice text={problem ? { text: problem } : null} />
      {layout && nodes.length > 0 && (
        <Flow
          nodes={nodes}
          edges={edges}
          layout={layout}
          width={width}
          height={height}
          trans={trans}
          onOpen={(node) => openNode(model, node)}
        />
      )}
    </div>
  );
}

/** Selects a stage, and shows the cell of a stage or parameter. */
function openNode(model: NotebookModel, node: FlowNode): void {
  if (node.data.kind === "stage") model.select(node.data.stage.name);
  const cell = node.data.kind === "stage" ? node.data.stage.cell : node.data.param?.cell;
  if (cell) model.showCell(cell);
}

interface FlowParts {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly RoutedEdgeType[];
}

const noParts: FlowParts = { nodes: [], edges: [] };

function useFlow(input: FlowInput | null): FlowParts {
  const last = useRef(noParts);
  last.current = input
    ? { nodes: createFlowNodes(input, last.current.nodes), edges: createFlowEdges(input, last.current.edges) }
    : noParts;
  return last.current;
}

/** Keeps its identity while only statuses and values change. */
function useGraph(view: View): Graph {
  const last = useRef<{ readonly view: View; readonly graph: Graph } | null>(null);
  const graph = last.current && isSameGraph(last.current.view, view) ? last.current.graph : createGraph(view);
  last.current = { view, graph };
  return graph;
}

interface LaidOut {
  /** That of the last graph that was laid out: shown until the next is ready. */
  readonly layout: Layout | null;
  readonly problem: string | null;
}

function useLayout(graph: Graph, layouts: LayoutQueue): LaidOut {
  const request = useMemo(() => layoutRequest(graph), [graph]);
  const [laidOut, setLaidOut] = useState<LaidOut>(() => ({ layout: layouts.find(request) ?? null, problem: null }));
  useEffect(() => {
    let isCurrent = true;
    layouts.place(request).then(
      (layout) => isCurrent && setLaidOut({ layout, problem: null }),
      (error: unknown) => isCurrent && setLaidOut((last) => ({ layout: last.layout, problem: String(error) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [layouts, request]);
  return laidOut;
}
