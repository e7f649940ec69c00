/** The choice of the stage that the stage panel shows. Pure; also used by the sidebar, which hides the panel when there is none. */
import type { StageView } from "stagebook/protocol";
import type { NotebookState } from "../tokens";

/** The selected stage; null if none is selected, or if it is gone. */
export function findShownStage({ view, selected }: Pick<NotebookState, "view" | "selected">): StageView | null {
  return selected !== null && Object.hasOwn(view.stages, selected) ? (view.stages[selected] ?? null) : null;
}
