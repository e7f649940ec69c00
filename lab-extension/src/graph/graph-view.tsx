/** The graph of one notebook, or a message if there is none. Rendered by GraphPanel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { View } from "stagebook/protocol";
import type { Preferences } from "../model/preferences";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import { emptyText, panelClass } from "../ui/connection-text";
import { GraphToolbar } from "./graph-toolbar";
import { Flow } from "./canvas/flow";
import type { FlowInput, FlowNode } from "./canvas/flow-nodes";
import { createFlowEdges, createFlowNodes } from "./canvas/flow-nodes";
import type { Graph } from "./model/graph";
import { createGraph, isSameGraph, layoutRequest } from "./model/graph";
import { collapsedIn, collapseGroups } from "./model/groups";
import type { Direction, Layout } from "./layout/layout";
import type { LayoutQueue } from "./layout/layout-queue";
import { findNodes, markNodes } from "./model/node-marks";
import { EmptyPanel, PanelNotice } from "../ui/panel-text";
import type { Picture } from "./canvas/picture";
import type { RoutedEdgeType } from "./canvas/routed-edge";

export interface GraphViewProps {
  readonly model: NotebookModel;
  readonly layouts: LayoutQueue;
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
  readonly width: number;
  readonly height: number;
  /** Opens the graph's menu below an element. */
  readonly onMenu: (button: HTMLElement) => void;
  /** Called with what is drawn, for the export. */
  readonly onDrawn: (picture: Picture | null) => void;
}

/** In CSS pixels; the same in style/graph.css. */
const TOOLBAR_HEIGHT = 30;

export function GraphView(props: GraphViewProps): ReactElement {
  const { model, layouts, preferences, trans, width, height, onMenu, onDrawn } = props;
  const state = useNotebookState(model);
  const { graphDirection } = useSyncExternalStore(preferences.subscribe, preferences.get);
  const graph = useVisibleGraph(model, state.view);
  const layoutState = useLayout(graph, graphDirection, layouts);
  const { layout, problem } = layoutState;
  const [search, setSearch] = useState("");
  const marks = useMarks(model, graph, state.selected, search);
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
  const next = useSearchFocus(graph, search);
  useEffect(() => {
    onDrawn(layout && { graph, layout, view: state.view, direction: layoutState.direction });
    return () => onDrawn(null);
  }, [onDrawn, graph, layout, state.view, layoutState.direction]);
  if (graph.nodes.length === 0) return <EmptyPanel text={emptyText(state, trans)} />;
  return (
    <div className={panelClass("stagebook-Graph", state)}>
      <PanelNotice text={problem ? { text: problem } : null} />
      <GraphToolbar
        search={search}
        matchCount={next.matchCount}
        onSearch={setSearch}
        onNext={next.focus}
        onMenu={onMenu}
        trans={trans}
      />
      {layout && nodes.length > 0 && (
        <Flow
          nodes={nodes}
          edges={edges}
          graph={graph}
          layout={layout}
          direction={layoutState.direction}
          width={width}
          height={Math.max(1, height - TOOLBAR_HEIGHT)}
          focus={next.request}
          trans={trans}
          onOpen={(node) => openNode(model, graph, node)}
        />
      )}
    </div>
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

/** The node to focus; a new object for each request. */
export interface FocusRequest {
  readonly id: string;
}

/** Moves the focus through the matches of the search, one per call. */
function useSearchFocus(
  graph: Graph,
  search: string,
): { readonly matchCount: number; readonly request: FocusRequest | null; readonly focus: () => void } {
  const matches = useMemo(() => findNodes(graph, search), [graph, search]);
  const [request, setRequest] = useState<FocusRequest | null>(null);
  const focus = (): void => {
    const id = matches[(matches.findIndex((node) => node.id === request?.id) + 1) % matches.length]?.id;
    if (id !== undefined) setRequest({ id });
  };
  return { matchCount: matches.length, request, focus };
}

function useMarks(
  model: NotebookModel,
  graph: Graph,
  selected: string | null,
  search: string,
): ReturnType<typeof markNodes> {
  const forecast = useSubscribable(model.forecast)?.stages ?? noStages;
  return useMemo(() => markNodes(graph, { selected, search, forecast }), [graph, selected, search, forecast]);
}

const noStages: ReadonlyMap<string, "run" | "maybe"> = new Map();

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

/** The graph with its collapsed groups. */
function useVisibleGraph(model: NotebookModel, view: View): Graph {
  const whole = useGraph(view);
  const collapsed = useSubscribable(model.groups);
  return useMemo(() => collapseGroups(whole, collapsedIn(whole, collapsed)), [whole, collapsed]);
}

/** The same object while only statuses and values change. */
function useGraph(view: View): Graph {
  const last = useRef<{ readonly view: View; readonly graph: Graph } | null>(null);
  const graph = last.current && isSameGraph(last.current.view, view) ? last.current.graph : createGraph(view);
  last.current = { view, graph };
  return graph;
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
