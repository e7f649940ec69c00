/** Notifications about the end of long runs that the user could not see. Set up by the plugin for every open notebook. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { map, pairwise } from "rxjs";
import type { Subscription } from "rxjs";
import type { RunId, RunView, View } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";
import type { PreferenceValues } from "../model/preferences";
import type { NotebookModel } from "../tokens";

export interface RunNotice {
  readonly run: RunId;
  readonly kind: "success" | "error" | "info";
  readonly text: string;
}

export interface RunNoticesOptions {
  readonly preferences: () => Pick<PreferenceValues, "notify" | "notifyAfterSeconds">;
  /** True while the notebook is not visible. */
  readonly isHidden: () => boolean;
  readonly notify: (notice: RunNotice) => void;
  readonly trans: TranslationBundle;
}

/** Active until unsubscribed. */
export function notifyLongRuns(model: Pick<NotebookModel, "path" | "live$">, options: RunNoticesOptions): Subscription {
  const { preferences, isHidden, notify, trans } = options;
  return model.live$
    .pipe(
      map(({ view }) => view),
      pairwise(),
    )
    .subscribe(([before, after]) => {
      const { notify: when, notifyAfterSeconds } = preferences();
      if (before === after || when === "never" || (when === "when hidden" && !isHidden())) return;
      for (const run of findFinishedRuns(before, after))
        if ((run.durationMs ?? 0) >= notifyAfterSeconds * 1000) notify(noticeOf(run, nameOf(model.path), trans));
    });
}

/** The runs that were in progress before and have ended. */
export function findFinishedRuns(before: View, after: View): readonly RunView[] {
  if (before.runs === after.runs) return [];
  const running = new Set(before.runs.filter(({ status }) => status === "running").map(({ id }) => id));
  return after.runs.filter(({ id, status }) => status !== "running" && running.has(id));
}

function noticeOf(run: RunView, notebook: string, trans: TranslationBundle): RunNotice {
  const time = formatDuration(run.durationMs ?? 0);
  if (run.status === "failed") {
    const text = trans.__("%1: the run failed after %2: %3", notebook, time, run.error?.message ?? "");
    return { run: run.id, kind: "error", text };
  }
  return run.status === "cancelled"
    ? { run: run.id, kind: "info", text: trans.__("%1: the run was cancelled after %2", notebook, time) }
    : { run: run.id, kind: "success", text: trans.__("%1: the run finished after %2", notebook, time) };
}

function nameOf(path: string): string {
  return path.split("/").at(-1) ?? path;
}
