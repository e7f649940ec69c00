/** Texts of stages, plans and explanations as they are printed. */
import {
  caveatsOf,
  caveatTexts,
  formatDuration,
  notRepeatable,
  type PlanRowView,
  type Reason,
  type StageView,
} from "../protocol";
import { callText } from "../stage/handle-names";
import type { Explanation, Freshness, Plan, PlanRow } from "../stage/public/plans";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** A stage in one line, for the page and the prompt. */
export function statusText(stage: StageView): string {
  const reasons = stage.reasons.map((reason) => reason.text).join("; ");
  const status =
    stage.status === "running"
      ? "running"
      : stage.error
        ? `failed: ${stage.error.message}`
        : reasons === "" || stage.status === "fresh"
          ? stage.status
          : `${stage.status}: ${reasons}`;
  const last = stage.result ? ` · last ${formatDuration(stage.result.durationMs)}, ${stage.result.summary}` : "";
  const caveats = caveatsOf(stage).map((text) => ` · ${text}`);
  const call = callText(stage.name);
  return `${status}${last}${caveats.join("")} · to ${stage.status === "fresh" ? "see its value" : "run it"}: ${call}`;
}

/** The line of a handle whose stage no longer exists. */
export function removedText(name: string): string {
  return `${name} · removed: its cell no longer defines it`;
}

/** A row as the public API returns it. */
export function planRow(row: PlanRowView): PlanRow {
  const volatile = notRepeatable(row);
  return {
    stage: row.stage,
    action: row.action,
    reasons: row.reasons.map((reason) => reason.text),
    ...(row.waitsFor.length ? { waitsFor: row.waitsFor } : {}),
    ...(row.estimateMs === undefined ? {} : { estimateMs: row.estimateMs }),
    ...(row.untracked.length ? { untracked: row.untracked } : {}),
    ...(volatile.length ? { notRepeatable: volatile } : {}),
  };
}

/** A plan that prints as a table. */
export class PlanText implements Plan {
  constructor(readonly rows: readonly PlanRow[]) {}

  [inspect](): string {
    if (this.rows.length === 0) return "plan: no stages";
    const width = Math.max(...this.rows.map((row) => row.stage.length));
    return this.rows
      .map((row) =>
        `${row.action.padEnd(7)} ${row.stage.padEnd(width)}  ${[...row.reasons, ...caveatTexts(row.untracked ?? [], row.notRepeatable ?? [])].join("; ")}${row.estimateMs === undefined || row.estimateMs < 1 ? "" : ` (about ${formatDuration(row.estimateMs)})`}`.trimEnd(),
      )
      .join("\n");
  }
}

/** An explanation that prints as a sentence. */
export class ExplanationText implements Explanation {
  constructor(
    readonly stage: string,
    readonly status: Freshness,
    readonly causes: readonly Reason[],
    readonly caveats: readonly string[] = [],
  ) {}

  get reasons(): readonly string[] {
    return this.causes.map(({ text }) => text);
  }

  toString(): string {
    const why = this.reasons.length === 0 ? "" : `: ${this.reasons.join("; ")}`;
    return [`${this.stage} is ${this.status}${why}`, ...this.caveats].join("; ");
  }

  [inspect](): string {
    return this.toString();
  }
}
