/** The graph of one notebook, as a list or as a drawing, or a message if there is none. Rendered by GraphPanel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ReactElement } from "react";
import { useState } from "react";
import type { Preferences } from "../model/preferences";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import { emptyText } from "../ui/texts/connection-text";
import { EmptyPanel } from "../ui/panel-text";
import { CanvasView } from "./canvas/canvas-view";
import type { GraphToolbarActions } from "./graph-toolbar";
import type { LayoutQueue } from "./layout/layout-queue";
import { ListView } from "./list/list-view";
import type { GraphViewState } from "./use-graph";
import { useGraph } from "./use-graph";

export interface GraphViewProps extends Pick<GraphViewState, "focus"> {
  readonly model: NotebookModel;
  readonly layouts: LayoutQueue;
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
  /** Of the panel, in CSS pixels. */
  readonly width: number;
  readonly height: number;
  readonly isList: boolean;
  readonly actions: GraphToolbarActions;
  /** Called with the height that the content needs, in CSS pixels; null when it fits any height. */
  readonly onHeight: (height: number | null) => void;
}

export function GraphView(props: GraphViewProps): ReactElement {
  const { model, layouts, preferences, trans, width, height, isList, actions, focus, onHeight } = props;
  const state = useNotebookState(model);
  const graph = useGraph(state.view);
  const [search, setSearch] = useState("");
  const { graphDirection } = useSubscribable(preferences);
  const shared = { model, graph, search, onSearch: setSearch, focus, actions, onHeight, trans };
  if (graph.nodes.length === 0) return <EmptyPanel text={emptyText(state, trans)} />;
  if (isList) return <ListView {...shared} />;
  return <CanvasView {...shared} layouts={layouts} direction={graphDirection} width={width} height={height} />;
}
