/** Which stage the stage panel shows. Pure. */
import type { Freshness, StageView, View } from "stagebook/protocol";

/** The selected one; without one, the first that needs attention, worst first; null when all is well. */
export function findDisplayedStage(view: View, selected: string | null): StageView | null {
  const chosen = selected !== null && Object.hasOwn(view.stages, selected) ? view.stages[selected] : undefined;
  if (chosen) return chosen;
  const stages = Object.values(view.stages);
  for (const status of attention) {
    const found = stages.find((stage) => stage.status === status);
    if (found) return found;
  }
  return null;
}

const attention: readonly Freshness[] = ["failed", "running", "stale", "blocked", "cancelled"];
