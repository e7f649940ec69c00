/** The record of what a cell prints of the pipeline itself, so that it is marked stale when that changes. Used by the public API. */
import { caveatsOf, type PlanRowView, type StageView } from "../../protocol";
import { findActivity } from "../state/activity";

/** Records that the cell has read `what`. `now`: a text that is equal as long as the cell would print the same; `shown`: what it printed. */
export function observeShown(what: string, now: () => string, shown: () => string | undefined = now): void {
  const { stage, observe } = findActivity();
  if (!stage) observe?.({ kind: "shown", what, text: shown() ?? now(), now });
}

/** What an explanation prints of a stage. */
export function explained(row: PlanRowView | StageView | undefined): string {
  return row ? JSON.stringify([row.status, row.reasons.map(({ text }) => text), caveatsOf(row)]) : "";
}

/** What a plan prints of its rows; that a result is stored and not loaded makes no difference. */
export function planned(rows: readonly (PlanRowView | StageView | undefined)[]): string {
  return JSON.stringify(
    rows.map((row) => row && [row.action === "load" ? "fresh" : row.action, row.reasons.map(({ text }) => text)]),
  );
}
