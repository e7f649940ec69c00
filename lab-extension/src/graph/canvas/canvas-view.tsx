/** The graph of one notebook as a drawing. Rendered by GraphView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useEffect, useMemo, useRef, useState } from "react";
import { useNotebookState, useSubscribable } from "../../model/use-store";
import type { NotebookModel } from "../../tokens";
import { GraphFrame } from "../graph-frame";
import { TOOLBAR_HEIGHT } from "../graph-toolbar";
import type { GraphToolbarActions } from "../graph-toolbar";
import type { Direction, Layout } from "stagebook/drawing";
import type { LayoutQueue } from "../layout/layout-queue";
import type { Graph } from "stagebook/drawing";
import { layoutRequest } from "stagebook/drawing";
import { collapsedIn, collapseGroups, findGroups } from "../model/groups";
import { findNodes } from "../model/node-marks";
import type { GraphViewState } from "../use-graph";
import { useMarks, useSearchFocus } from "../use-graph";
import { Flow } from "./flow";
import type { FlowInput, FlowNode } from "./flow-nodes";
import { createFlowEdges, createFlowNodes } from "./flow-nodes";
import type { RoutedEdgeType } from "./routed-edge";
import { isReadable } from "./viewport";

export interface CanvasViewProps extends GraphViewState {
  readonly graph: Graph;
  readonly layouts: LayoutQueue;
  readonly direction: Direction;
  /** Of the panel, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly actions: GraphToolbarActions;
  /** Called with null: a drawing fits any height. */
  readonly onHeight: (height: null) => void;
  readonly trans: TranslationBundle;
}

export function CanvasView(props: CanvasViewProps): ReactElement {
  const { model, graph: whole, layouts, direction, width, search, onHeight, trans } = props;
  const height = Math.max(1, props.height - TOOLBAR_HEIGHT);
  const state = useNotebookState(model);
  const { graph, layoutState } = useFoldedGraph(model, whole, { layouts, direction, width, height });
  const { layout, problem } = layoutState;
  const matches = useMemo(() => findNodes(graph, search).map(({ id }) => id), [graph, search]);
  const marks = useMarks(model, graph, { selected: state.selected, search });
  const { nodes, edges } = useFlow(
    layout && {
      graph,
      layout,
      view: state.view,
      selected: state.selected,
      marks,
      direction: layoutState.direction,
      trans,
    },
  );
  const { request, next } = useSearchFocus(matches, props);
  useEffect(() => onHeight(null), [onHeight]);
  return (
    <GraphFrame {...props} state={state} problem={problem ?? undefined} matchCount={matches.length} onNext={next}>
      {layout && nodes.length > 0 && (
        <Flow
          nodes={nodes}
          edges={edges}
          graph={graph}
          layout={layout}
          direction={layoutState.direction}
          width={width}
          height={height}
          focus={request}
          trans={trans}
          onOpen={(node) => openNode(model, graph, node)}
        />
      )}
    </GraphFrame>
  );
}

/** Selects a stage, and shows the cell of a stage or parameter. A group is expanded. */
function openNode(model: NotebookModel, graph: Graph, { data }: FlowNode): void {
  if (data.kind === "group") {
    model.groups.set(
      graph.nodes.flatMap((node) => (node.kind === "group" && node.name !== data.name ? [node.name] : [])),
    );
    return;
  }
  if (data.kind === "stage") model.select(data.stage.name);
  const cell = data.kind === "stage" ? data.stage.cell : data.param?.cell;
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

interface Room {
  readonly layouts: LayoutQueue;
  readonly direction: Direction;
  readonly width: number;
  readonly height: number;
}

/** The graph with its collapsed groups. Until the user has chosen, all are collapsed if the graph is too large for the room. */
function useFoldedGraph(
  model: NotebookModel,
  whole: Graph,
  { layouts, direction, width, height }: Room,
): { readonly graph: Graph; readonly layoutState: LayoutState } {
  const chosen = useSubscribable(model.groups);
  const unfolded = useMemo(() => collapseGroups(whole, collapsedIn(whole, chosen)), [whole, chosen]);
  const unfoldedLayout = useLayout(unfolded, direction, layouts).layout;
  const isTooLarge = unfoldedLayout !== null && !isReadable(unfoldedLayout, width, height);
  const graph = useMemo(
    () => (chosen === null && isTooLarge ? collapseGroups(whole, new Set(findGroups(whole))) : unfolded),
    [chosen, isTooLarge, whole, unfolded],
  );
  return { graph, layoutState: useLayout(graph, direction, layouts) };
}

interface LayoutState {
  /** The layout of the last graph that has one; it stays until the next is ready. */
  readonly layout: Layout | null;
  readonly direction: Direction;
  readonly problem: string | null;
}

function useLayout(graph: Graph, direction: Direction, layouts: LayoutQueue): LayoutState {
  const request = useMemo(() => layoutRequest(graph, direction), [graph, direction]);
  const [laidOut, setLaidOut] = useState<LayoutState>(() => ({
    layout: layouts.find(request) ?? null,
    direction,
    problem: null,
  }));
  useEffect(() => {
    let isCurrent = true;
    layouts.layOut(request).then(
      (layout) => isCurrent && setLaidOut({ layout, direction, problem: null }),
      (error: unknown) => isCurrent && setLaidOut((last) => ({ ...last, problem: String(error) })),
    );
    return () => {
      isCurrent = false;
    };
  }, [layouts, request, direction]);
  return laidOut;
}
