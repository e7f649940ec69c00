/** The amount of work of `Run stale`, in the words that all places share. Pure; used by the toolbar button, the sidebar's header, the status bar and the command. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { NotebookState } from "../../tokens";

export interface StaleCount {
  /** Stages that would certainly run. */
  readonly stages: number;
  /** Stages that would run if the result of an upstream stage changes. */
  readonly maybe: number;
  readonly cells: number;
}

export function countStale({ view, edited = [] }: Pick<NotebookState, "view" | "edited">): StaleCount {
  // What failed, and what depends on it, is left alone until something that it depends on changes.
  const waiting = Object.values(view.stages).filter(
    ({ status }) => status !== "running" && status !== "failed" && status !== "blocked",
  );
  const stale = Object.values(view.cells).filter((cell) => cell.status === "stale" && cell.blocked !== true);
  return {
    stages: waiting.filter((stage) => stage.action === "run").length,
    maybe: waiting.filter((stage) => stage.action === "maybe").length,
    cells: new Set([...stale.map((cell) => cell.id), ...edited.filter((cell) => cell in view.cells)]).size,
  };
}

export function isAnyStale({ stages, maybe, cells }: StaleCount): boolean {
  return stages + maybe + cells > 0;
}

/** The number in every label: stages that would or might run; without any, the stale cells. 0 if nothing is stale. */
export function staleNumber({ stages, maybe, cells }: StaleCount): number {
  return stages + maybe > 0 ? stages + maybe : cells;
}

/** `Run stale (3)`, for the toolbar, the sidebar and the palette: the tooltip says what is behind the number. */
export function staleLabel(count: StaleCount, trans: TranslationBundle): string {
  return isAnyStale(count) ? trans.__("Run stale (%1)", staleNumber(count)) : trans.__("Run stale");
}

/** `3 stale`, for the status bar; null if nothing is. */
export function staleStatus(count: StaleCount, trans: TranslationBundle): string | null {
  return isAnyStale(count) ? trans.__("%1 stale", staleNumber(count)) : null;
}

export function staleCaption(count: StaleCount, trans: TranslationBundle): string {
  if (!isAnyStale(count)) return trans.__("Nothing is stale");
  const parts = [
    ...(count.stages > 0 ? [trans._n("%1 stage", "%1 stages", count.stages)] : []),
    ...(count.maybe > 0 ? [trans._n("up to %1 more stage", "up to %1 more stages", count.maybe)] : []),
    ...(count.cells > 0 ? [trans._n("%1 cell", "%1 cells", count.cells)] : []),
  ];
  return trans.__("Run only what is stale: %1", parts.join(", "));
}
