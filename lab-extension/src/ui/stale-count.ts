/** The amount of work of `Run stale`, and the labels of its buttons. Pure; used by the toolbar button, the sidebar's header and the command. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { NotebookState } from "../tokens";

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

/** `Run stale (3 + up to 2)`. */
export function staleLabel({ stages, maybe, cells }: StaleCount, trans: TranslationBundle): string {
  if (maybe > 0)
    return stages > 0 ? trans.__("Run stale (%1 + up to %2)", stages, maybe) : trans.__("Run stale (up to %1)", maybe);
  if (stages > 0) return trans.__("Run stale (%1)", stages);
  if (cells > 0) return trans._n("Run stale (%1 cell)", "Run stale (%1 cells)", cells);
  return trans.__("Run stale");
}

/** `Run stale (5)`: about the same width for any amount of work, because toolbars measure their items only once. */
export function staleShortLabel({ stages, maybe, cells }: StaleCount, trans: TranslationBundle): string {
  const count = stages + maybe > 0 ? stages + maybe : cells;
  return count > 0 ? trans.__("Run stale (%1)", count) : trans.__("Run stale");
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
