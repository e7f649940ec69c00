/** The notification about how `Run stale` ended. Called for each such run through NotebookModel. */
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CellId, View } from "stagebook/protocol";
import type { StaleCellsOutcome } from "../model/run-stale";

export interface StaleRunNoticeOptions {
  /** The kernel's state after the run. */
  readonly view: View;
  readonly showCell: (cell: CellId) => void;
  readonly trans: TranslationBundle;
}

/** Nothing for success: the marks and the sidebar show it. */
export function notifyStaleRun(outcome: StaleCellsOutcome, { view, showCell, trans }: StaleRunNoticeOptions): void {
  const showAction = (id: CellId | null | undefined): { actions: Notification.IAction[] } => ({
    actions: id ? [{ label: trans.__("Show cell"), callback: () => showCell(id) }] : [],
  });
  switch (outcome.status) {
    case "succeeded":
      return;
    case "cancelled":
      Notification.info(trans.__("Run stale: stopped."), { autoClose: 4000 });
      return;
    case "stage-failed": {
      const { text, cell } = describeStageFailure(view, outcome.notRun, trans);
      Notification.error(text, { autoClose: 8000, ...showAction(cell) });
      return;
    }
    case "cell-failed":
      Notification.error(describeCellFailure(outcome.notRun, trans), { autoClose: 8000, ...showAction(outcome.cell) });
  }
}

function describeStageFailure(
  { runs, stages }: View,
  notRun: number,
  trans: TranslationBundle,
): { readonly text: string; readonly cell: CellId | null | undefined } {
  const error = runs.at(-1)?.error ?? Object.values(stages).find((stage) => stage.status === "failed")?.error;
  // The count comes before the message: JupyterLab truncates long text.
  const rest = notRun > 0 ? ` (${trans._n("%1 stage is still stale", "%1 stages are still stale", notRun)})` : "";
  const text = error?.stage
    ? `${trans.__('Run stale: stage "%1" failed', error.stage)}${rest}: ${error.message}`
    : `${trans.__("Run stale: a stage failed. See the log for details.")}${rest}`;
  return { text, cell: error?.cell };
}

function describeCellFailure(notRun: number, trans: TranslationBundle): string {
  if (notRun === 0) return trans.__("Run stale: a cell failed.");
  return trans._n(
    "Run stale: a cell failed, %1 other stale cell was not run.",
    "Run stale: a cell failed, %1 other stale cells were not run.",
    notRun,
  );
}
