/** The texts of the status bar items. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { throughputOf, type StageView } from "stagebook/protocol";
import { formatDuration } from "stagebook/protocol";
import type { UnreadCount } from "../model/log/unread-lines";
import type { NotebookState } from "../tokens";
import { countStale, staleStatus } from "../ui/texts/stale-count";

export interface StatusText {
  /** `3/7 stages · 4 stale · about 12 s left`. */
  readonly label: string;
  readonly caption: string;
}

/** Null without a live kernel or without stages. `now`: epoch milliseconds. */
export function statusText(state: NotebookState, now: number, trans: TranslationBundle): StatusText | null {
  const stages = Object.values(state.view.stages);
  if (state.connection !== "live" || stages.length === 0) return null;
  const fresh = stages.filter((stage) => stage.status === "fresh").length;
  const count = trans._n("%2/%3 stage", "%2/%3 stages", stages.length, fresh, stages.length);
  const failed = stages.filter((stage) => stage.status === "failed").length;
  const running = stages.filter((stage) => stage.status === "running").map((stage) => stage.name);
  const isRunning = state.view.runs.some((run) => run.status === "running");
  const stale = isRunning ? null : staleStatus(countStale(state), trans);
  const leftMs = isRunning ? findLeftMs(stages, now) : undefined;
  const parts = [
    count,
    ...(stale === null ? [] : [stale]),
    ...(failed > 0 ? [trans._n("%1 failed", "%1 failed", failed)] : []),
    // A stage that already takes longer than its estimate has no time left.
    ...(leftMs === undefined || leftMs < 1 ? [] : [trans.__("about %1 left", formatDuration(leftMs))]),
  ];
  const caption = trans._n(
    "%2 of %3 stage is up to date",
    "%2 of %3 stages are up to date",
    stages.length,
    fresh,
    stages.length,
  );
  return {
    label: parts.join(" · "),
    caption: running.length > 0 ? `${caption}\n${trans.__("running: %1", running.slice(0, 10).join(", "))}` : caption,
  };
}

/** Of the log's item: `Log (12)`, with a sign if there are warnings or errors among them. */
export function unreadText({ lines, problems }: UnreadCount, trans: TranslationBundle): StatusText {
  if (lines === 0) return { label: trans.__("Log"), caption: trans.__("Show the Stagebook log") };
  const count = trans._n("%1 new line in the Stagebook log", "%1 new lines in the Stagebook log", lines);
  return {
    label: problems > 0 ? trans.__("⚠ Log (%1)", lines) : trans.__("Log (%1)", lines),
    caption: problems > 0 ? `${count}, ${trans._n("%1 warning or error", "%1 warnings and errors", problems)}` : count,
  };
}

/** The remaining time if stages run one after another; undefined unless it is known for all running stages. */
function findLeftMs(stages: readonly StageView[], now: number): number | undefined {
  const left = stages.filter((stage) => stage.status === "running").map((stage) => leftOf(stage, now));
  if (left.length === 0 || left.includes(undefined)) return undefined;
  const waiting = stages.filter((stage) => stage.status !== "running" && stage.action === "run");
  return [...left, ...waiting.map((stage) => stage.estimateMs)].reduce<number>((sum, ms) => sum + (ms ?? 0), 0);
}

/** From its progress, or else from its earlier durations. */
function leftOf(stage: StageView, now: number): number | undefined {
  const { leftMs } = throughputOf(stage);
  if (leftMs !== undefined && stage.progress) return Math.max(0, leftMs - (now - stage.progress.at));
  if (stage.estimateMs === undefined || stage.startedAt === undefined) return undefined;
  return Math.max(0, stage.estimateMs - (now - stage.startedAt));
}
