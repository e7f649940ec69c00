/** The text of the notification about what failed in `Run stale`. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CellId, View } from "stagebook/protocol";
import type { StaleCellsOutcome } from "../model/run-stale";

/** One text for all failures. `cell`: where the first one is. */
export function describeFailure(
  { failedStages, failedCells, notRun }: StaleCellsOutcome,
  { stages }: View,
  trans: TranslationBundle,
): { readonly text: string; readonly cell: CellId | undefined } {
  const [stage] = failedStages;
  // A cell that awaits a failed stage fails with it: that is one failure.
  const own = failedCells.filter((cell) => !failedStages.some((name) => stages[name]?.error?.cell === cell));
  const others = failedStages.length + own.length - 1;
  // The counts come before the message: JupyterLab truncates long text.
  const counts = [
    ...(others > 0 ? [trans._n("%1 more failure", "%1 more failures", others)] : []),
    ...(notRun > 0 ? [trans._n("%1 stage is still stale", "%1 stages are still stale", notRun)] : []),
  ];
  const rest = counts.length > 0 ? ` (${counts.join(", ")})` : "";
  if (stage === undefined) return { text: `${trans.__("Run stale: a cell failed")}${rest}.`, cell: failedCells[0] };
  const error = stages[stage]?.error;
  const message = error ? `: ${error.message}` : trans.__(". See the log for details.");
  return { text: `${trans.__('Run stale: stage "%1" failed', stage)}${rest}${message}`, cell: error?.cell };
}
