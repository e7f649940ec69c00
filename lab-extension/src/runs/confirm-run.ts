/** The dialog before a run that is expected to take more machine time than the user's limit. */
import { Dialog, showDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { RunCostView } from "stagebook/protocol";
import { costLines } from "./run-cost-text";

/** Resolves to false when the user declines. */
export async function confirmRun(cost: RunCostView, limitMs: number, trans: TranslationBundle): Promise<boolean> {
  const { button } = await showDialog({
    title: trans._n("Run %1 stage?", "Run %1 stages?", cost.stages),
    body: costLines(cost, limitMs, trans).join("\n"),
    buttons: [Dialog.cancelButton({ label: trans.__("Cancel") }), Dialog.okButton({ label: trans.__("Run") })],
  });
  return button.accept;
}
