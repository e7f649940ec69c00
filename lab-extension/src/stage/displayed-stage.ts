/** The choice of the stage that the stage panel displays. Pure. */
import type { Freshness, StageView, View } from "stagebook/protocol";

/** The selected stage; without one, the first stage of the most urgent status; null if no stage needs attention. */
export function findDisplayedStage(view: View, selected: string | null): StageView | null {
  const stage = selected !== null && Object.hasOwn(view.stages, selected) ? view.stages[selected] : undefined;
  if (stage) return stage;
  const stages = Object.values(view.stages);
  for (const status of byUrgency) {
    const found = stages.find((stage) => stage.status === status);
    if (found) return found;
  }
  return null;
}

const byUrgency: readonly Freshness[] = ["failed", "running", "stale", "blocked", "cancelled"];
