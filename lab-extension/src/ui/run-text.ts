/** A run that is over in words. Pure. Used by the list of runs and the banner. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Freshness, RunRowView, RunStatus } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";

/** More targets than these are counted. */
const NAMED = 3;

/** `strong, summary and 2 more`. */
export function runTitle({ targets }: RunRowView, trans: TranslationBundle): string {
  const named = targets.slice(0, NAMED).join(", ");
  const more = targets.length - NAMED;
  if (targets.length === 0) return trans.__("no stage");
  return more > 0 ? trans._n("%2 and %1 more", "%2 and %1 more", more, named) : named;
}

/** `succeeded · 2 stages ran · 1.2 s`. */
export function runOutcome({ status, executed, durationMs }: RunRowView, trans: TranslationBundle): string {
  return [
    statusText(status, trans),
    executed === 0 ? trans.__("no stage ran") : trans._n("%1 stage ran", "%1 stages ran", executed),
    formatDuration(durationMs),
  ].join(" · ");
}

/** The parameters that were set, as `name = value`. */
export function runParams({ params }: RunRowView): readonly string[] {
  return Object.entries(params).map(([name, text]) => `${name} = ${text}`);
}

/** The mark of a stage that ended so. */
export function runMark(status: RunStatus): Freshness {
  return status === "succeeded" ? "fresh" : status;
}

function statusText(status: RunStatus, trans: TranslationBundle): string {
  const words: { readonly [S in RunStatus]: string } = {
    succeeded: trans.__("succeeded"),
    failed: trans.__("failed"),
    cancelled: trans.__("stopped"),
  };
  return words[status];
}
