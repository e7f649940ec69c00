/** Texts about a past run. Pure; used by the list of runs and the banner. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Freshness, RunRowView, RunStatus } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";

/** Further targets are only counted. */
const MAX_NAMED = 3;

/** `strong, summary and 2 more`. */
export function runTitle({ targets }: RunRowView, trans: TranslationBundle): string {
  const named = targets.slice(0, MAX_NAMED).join(", ");
  const more = targets.length - MAX_NAMED;
  if (targets.length === 0) return trans.__("no stages");
  return more > 0 ? trans._n("%2 and %1 more", "%2 and %1 more", more, named) : named;
}

/** `succeeded · 2 stages ran · 1.2 s`. */
export function runOutcome({ status, executed, durationMs }: RunRowView, trans: TranslationBundle): string {
  return [
    statusText(status, trans),
    executed === 0 ? trans.__("no stages ran") : trans._n("%1 stage ran", "%1 stages ran", executed),
    formatDuration(durationMs),
  ].join(" · ");
}

/** The overridden parameters, as `name = value`. */
export function runParams({ params }: RunRowView): readonly string[] {
  return Object.entries(params).map(([name, text]) => `${name} = ${text}`);
}

/** The stage status whose mark stands for this outcome. */
export function runMark(status: RunStatus): Freshness {
  return status === "succeeded" ? "fresh" : status;
}

function statusText(status: RunStatus, trans: TranslationBundle): string {
  const words: { readonly [S in RunStatus]: string } = {
    succeeded: trans.__("succeeded"),
    failed: trans.__("failed"),
    cancelled: trans.__("cancelled"),
  };
  return words[status];
}
