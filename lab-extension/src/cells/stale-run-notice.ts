/** The notification about how `Run stale` ended. Called for each such run through NotebookModel. */
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CellId, View } from "stagebook/protocol";
import type { StaleCellsOutcome } from "../model/run-stale";
import { describeFailure } from "./stale-run-text";

export interface StaleRunNoticeOptions {
  /** The kernel's state after the run. */
  readonly view: View;
  readonly showCell: (cell: CellId) => void;
  readonly trans: TranslationBundle;
}

/** Nothing for success: the marks and the sidebar show it. */
export function notifyStaleRun(outcome: StaleCellsOutcome, { view, showCell, trans }: StaleRunNoticeOptions): void {
  switch (outcome.status) {
    case "succeeded":
      return;
    case "cancelled":
      Notification.info(trans.__("Run stale: stopped."), { autoClose: 4000 });
      return;
    case "failed": {
      const { text, cell } = describeFailure(outcome, view, trans);
      Notification.error(text, {
        autoClose: 8000,
        actions: cell ? [{ label: trans.__("Show cell"), callback: () => showCell(cell) }] : [],
      });
    }
  }
}
