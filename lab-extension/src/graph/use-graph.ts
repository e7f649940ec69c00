/** The hooks that the two views of the graph share: the graph itself, its marks and the search. Used by ListView and CanvasView. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { View } from "stagebook/protocol";
import { useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import type { Graph } from "stagebook/drawing";
import { createGraph, isSameGraph, nodeId } from "stagebook/drawing";
import type { NodeMarks } from "./model/node-marks";
import { markNodes } from "./model/node-marks";

/** What both views are rendered with. */
export interface GraphViewState {
  readonly model: NotebookModel;
  readonly search: string;
  readonly onSearch: (text: string) => void;
  /** The stage to focus; a new object for each request. Null for none. */
  readonly focus: { readonly stage: string } | null;
}

/** The same object while only statuses and values change. */
export function useGraph(view: View): Graph {
  const last = useRef<{ readonly view: View; readonly graph: Graph } | null>(null);
  const graph = last.current && isSameGraph(last.current.view, view) ? last.current.graph : createGraph(view);
  last.current = { view, graph };
  return graph;
}

export interface MarksOptions {
  readonly selected: string | null;
  readonly search: string;
  readonly found?: ReadonlySet<string>;
}

export function useMarks(model: NotebookModel, graph: Graph, { selected, search, found }: MarksOptions): NodeMarks {
  const forecast = useSubscribable(model.forecast)?.stages ?? noStages;
  return useMemo(
    () => markNodes(graph, { selected, search, forecast, ...(found && { found }) }),
    [graph, selected, search, found, forecast],
  );
}

const noStages: ReadonlyMap<string, "run" | "maybe"> = new Map();

/** A node to move to; a new object for each request. */
export interface FocusRequest {
  readonly id: string;
  /** False while the user types: the node comes into view, and the focus stays in the search box. */
  readonly takesFocus: boolean;
}

/**
 * Moves to the first match as the user types, through all of them on Enter, and to the stage that is asked for. `matches`: node ids in
 * the order of the view.
 */
export function useSearchFocus(
  matches: readonly string[],
  { search, focus }: GraphViewState,
): { readonly request: FocusRequest | null; readonly next: () => void } {
  const [request, setRequest] = useState<FocusRequest | null>(null);
  const first = search.trim() === "" ? undefined : matches[0];
  useEffect(() => {
    if (first !== undefined) setRequest({ id: first, takesFocus: false });
    // A graph that changes meanwhile does not move the view.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [search]);
  useEffect(() => {
    if (focus) setRequest({ id: nodeId("stage", focus.stage), takesFocus: true });
  }, [focus]);
  const next = (): void => {
    const at = request?.takesFocus ? matches.indexOf(request.id) + 1 : 0;
    const id = matches[at % matches.length];
    if (id !== undefined) setRequest({ id, takesFocus: true });
  };
  return { request, next };
}
