/** The text for a cell's mark: the tooltip of its prompt, and the dialog that explains it. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CellStatus } from "stagebook/protocol";
import type { CellMark } from "./cell-marks";

export function markHeading({ status, edited, caveats }: CellMark, trans: TranslationBundle): string {
  if (edited) return trans.__("Edited since last run");
  const headings: { readonly [S in CellStatus]: string } = {
    new: trans.__("Not yet run in this kernel"),
    fresh: caveats.length > 0 ? trans.__("Up to date, but may differ when computed again") : trans.__("Up to date"),
    stale: trans.__("Stale: running it again may change the result"),
    running: trans.__("Running"),
    failed: trans.__("Failed"),
  };
  return headings[status];
}

export function markTooltip(mark: CellMark, trans: TranslationBundle): string {
  return [markHeading(mark, trans), ...[...mark.reasons, ...mark.caveats].map((line) => `• ${line}`)].join("\n");
}
