/** Texts about a stage: its status, the reasons for it, and its last result. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { caveatsOf, throughputOf, type Freshness, type Reason, type StageView } from "stagebook/protocol";
import { formatCount, formatDuration } from "stagebook/protocol";
import { resultText } from "stagebook/drawing";

/** The word for a status. */
export function statusWord(status: Freshness, trans: TranslationBundle): string {
  const words: { readonly [S in Freshness]: string } = {
    new: trans.__("new"),
    fresh: trans.__("fresh"),
    stale: trans.__("stale"),
    pending: trans.__("pending"),
    running: trans.__("running"),
    failed: trans.__("failed"),
    cancelled: trans.__("cancelled"),
    blocked: trans.__("blocked"),
  };
  return words[status];
}

/** A stage's status and its reasons in one line: `stale: minMagnitude 4.5 → 5`. */
export function explainStatus(stage: StageView, trans: TranslationBundle): string {
  const causes = statusCauses(stage, trans);
  const word = statusWord(stage.status, trans);
  return causes.length === 0 ? word : `${word}: ${causes.join("; ")}`;
}

/** The tooltip of a stage: description, status with reasons, last result and estimated duration. */
export function describeStage(stage: StageView, trans: TranslationBundle): string {
  const lines = [stage.name, stage.description, explainStatus(stage, trans)];
  if (stage.result) lines.push(trans.__("last: %1", resultText(stage) ?? ""));
  if (stage.estimateMs !== undefined && (stage.action === "run" || stage.action === "maybe"))
    lines.push(estimateText(stage.estimateMs, trans));
  lines.push(...caveatsOf(stage));
  return lines.filter((line) => line).join("\n");
}

/** `name: before → after` where both are known, otherwise the kernel's text. */
export function reasonText(reason: Reason): string {
  if (reason.before === undefined || reason.after === undefined) return reason.text;
  return `${reason.name}: ${reason.before} → ${reason.after}`;
}

/** Completed share from 0 to 1; null while the total is unknown; undefined if no progress was reported. */
export function progressShare(stage: StageView): number | null | undefined {
  if (stage.status !== "running" || !stage.progress) return undefined;
  const { done, total } = stage.progress;
  if (total === null || total <= 0) return null;
  return Math.min(1, Math.max(0, done / total));
}

function statusCauses(stage: StageView, trans: TranslationBundle): readonly string[] {
  if (stage.status === "failed" && stage.error) return [stage.error.message];
  if (stage.status === "running") return progressText(stage, trans);
  const causes = stage.reasons.map((reason) => reason.text);
  if (causes.length > 0 || stage.waitsFor.length === 0) return causes;
  return [trans.__("waiting for %1", stage.waitsFor.join(", "))];
}

function progressText(stage: StageView, trans: TranslationBundle): readonly string[] {
  const { progress, elsewhere } = stage;
  const { perSecond, leftMs } = throughputOf(stage);
  const texts = elsewhere
    ? [trans.__("running in another kernel, process %1 on %2", elsewhere.pid, elsewhere.host)]
    : [];
  if (progress) texts.push(progress.total === null ? String(progress.done) : `${progress.done}/${progress.total}`);
  if (perSecond !== undefined) texts.push(trans.__("%1/s", formatCount(Number(perSecond.toPrecision(2)))));
  if (leftMs !== undefined) texts.push(trans.__("about %1 left", formatDuration(leftMs)));
  return texts;
}

/** How long a stage takes, from an estimate in milliseconds. */
export function estimateText(estimateMs: number, trans: TranslationBundle): string {
  const duration = formatDuration(estimateMs);
  return estimateMs < 1 ? trans.__("takes %1", duration) : trans.__("takes about %1", duration);
}
