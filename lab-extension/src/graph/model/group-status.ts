/** The statuses of the stages in a group. Pure; used by the graph and by the list. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Freshness, StageView } from "stagebook/protocol";
import { statusWord } from "../../ui/texts/stage-text";

export interface StatusCount {
  readonly status: Freshness;
  readonly count: number;
}

/** By urgency. */
const byUrgency: readonly Freshness[] = [
  "failed",
  "running",
  "blocked",
  "cancelled",
  "stale",
  "new",
  "pending",
  "fresh",
];

/** Number of stages per status, most urgent first. */
export function countStatuses(stages: readonly StageView[]): readonly StatusCount[] {
  return byUrgency
    .map((status) => ({ status, count: stages.filter((stage) => stage.status === status).length }))
    .filter(({ count }) => count > 0);
}

/** `etl/: 2 stale, 3 fresh` */
export function describeGroup(name: string, counts: readonly StatusCount[], trans: TranslationBundle): string {
  return `${name}/: ${counts.map(({ status, count }) => `${count} ${statusWord(status, trans)}`).join(", ")}`;
}
