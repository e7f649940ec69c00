/** A cell's mark in words: the tooltip of its prompt, and the answer to why. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CellStatus } from "stagebook/protocol";
import type { CellMark } from "./cell-marks";

export function markHeading({ status, edited }: CellMark, trans: TranslationBundle): string {
  if (edited) return trans.__("Edited since it ran");
  const headings: { readonly [S in CellStatus]: string } = {
    new: trans.__("Not run in this kernel yet"),
    fresh: trans.__("Up to date"),
    stale: trans.__("Stale: running it again may give another result"),
    running: trans.__("Running"),
    failed: trans.__("Failed"),
  };
  return headings[status];
}

export function markTooltip(mark: CellMark, trans: TranslationBundle): string {
  return [markHeading(mark, trans), ...mark.reasons.map((reason) => `• ${reason}`)].join("\n");
}
