/** The graph of one notebook as a list. Rendered by GraphView. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useEffect, useMemo } from "react";
import { useNotebookState, useSubscribable } from "../../model/use-store";
import { GraphFrame } from "../graph-frame";
import { TOOLBAR_HEIGHT } from "../graph-toolbar";
import type { GraphToolbarActions } from "../graph-toolbar";
import type { Graph } from "stagebook/drawing";
import { collapsedIn, collapseGroups } from "../model/groups";
import { assignLanes } from "../model/lanes";
import type { ListRow } from "../model/list-rows";
import { createListRows } from "../model/list-rows";
import { findStageNodes } from "../model/node-marks";
import type { GraphViewState } from "../use-graph";
import { useMarks, useSearchFocus } from "../use-graph";
import { MAX_LANES, ROW_HEIGHT } from "./row-lanes";
import { StageList } from "./stage-list";

export interface ListViewProps extends GraphViewState {
  readonly graph: Graph;
  readonly actions: GraphToolbarActions;
  /** Called with the height that the whole list needs, in CSS pixels. */
  readonly onHeight: (height: number) => void;
  readonly trans: TranslationBundle;
}

export function ListView(props: ListViewProps): ReactElement {
  const { model, graph: whole, search, onHeight, trans } = props;
  const state = useNotebookState(model);
  const chosen = useSubscribable(model.groups);
  const collapsed = useMemo(() => collapsedIn(whole, chosen), [whole, chosen]);
  const graph = useMemo(() => collapseGroups(whole, collapsed), [whole, collapsed]);
  const rows = useMemo(() => createListRows(whole, collapsed), [whole, collapsed]);
  const lanes = useMemo(() => assignLanes(rows, MAX_LANES), [rows]);
  const found = useMemo(() => findStageNodes(graph, search), [graph, search]);
  const matches = useMemo(() => rows.flatMap(({ id, isNode }) => (isNode && found.has(id) ? [id] : [])), [rows, found]);
  const { request, next } = useSearchFocus(matches, props);
  const marks = useMarks(model, graph, { selected: state.selected, search, found });
  useEffect(() => onHeight(rows.length * ROW_HEIGHT + TOOLBAR_HEIGHT + PADDING), [onHeight, rows.length]);
  const setExpanded = ({ name }: ListRow, isExpanded: boolean): void =>
    model.groups.set(isExpanded ? [...collapsed].filter((group) => group !== name) : [...collapsed, name]);
  return (
    <GraphFrame {...props} state={state} matchCount={matches.length} onNext={next}>
      <StageList
        rows={rows}
        lanes={lanes}
        view={state.view}
        marks={marks}
        selected={state.selected}
        focus={request}
        onSelect={(row) => (row.kind === "group" ? setExpanded(row, !row.isExpanded) : model.select(row.name))}
        onOpen={({ kind, name }) => {
          const cell = kind === "stage" ? state.view.stages[name]?.cell : null;
          if (cell) model.showCell(cell);
        }}
        onExpand={setExpanded}
        trans={trans}
      />
    </GraphFrame>
  );
}

/** Free below the rows, in CSS pixels. */
const PADDING = 4;
