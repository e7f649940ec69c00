/** What a panel says when it has no live kernel to show. Pure; used by the DAG, stage and log panels. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { NotebookState } from "../tokens";

/** The cell that makes Stagebook known to a kernel. */
export const FIRST_CELL = 'import { stage } from "stagebook";';

/** A sentence; `code`, when there, stands where `%1` is. */
export interface PanelText {
  readonly text: string;
  readonly code?: string;
}

/** Shown in place of a panel's content when no notebook is open. */
export function noNotebookText(trans: TranslationBundle): PanelText {
  return { text: trans.__("Open a notebook to see its pipeline.") };
}

/** Shown in place of the content while the view has nothing in it. */
export function emptyText(state: NotebookState, trans: TranslationBundle): PanelText {
  switch (state.connection) {
    case "absent":
      // The translator leaves a %1 that has no argument, for the code to take its place.
      return { text: trans.__("Run a cell with %1 to begin.", "%1"), code: FIRST_CELL };
    case "connecting":
      return { text: trans.__("Asking the kernel …") };
    case "live":
      return {
        text: trans.__("No stages yet. Define one in a cell: %1", "%1"),
        code: 'const a = stage("a", () => 1);',
      };
    case "past":
      return { text: trans.__("There was no stage then.") };
    default:
      return connectionText(state, trans) ?? { text: "" };
  }
}

/** Shown above the log while it is not the kernel's present state; null when it is. In the sidebar the header says so. */
export function connectionText(state: NotebookState, trans: TranslationBundle): PanelText | null {
  switch (state.connection) {
    case "absent":
      return {
        text: trans.__("Remembered from the last session. Run a cell with %1 to refresh it.", "%1"),
        code: FIRST_CELL,
      };
    case "connecting":
      return { text: trans.__("Asking the kernel …") };
    case "lost":
      return { text: state.problem ?? trans.__("The kernel does not answer.") };
    case "incompatible":
      return {
        text:
          state.problem ?? trans.__("The kernel has another version of Stagebook. Install the same version in both."),
      };
    case "past":
      return null;
    case "live":
      return state.remembered ? { text: trans.__("Asking the kernel …") } : null;
  }
}

/** True while what is shown is not the kernel's present state: nothing can be run. */
export function isOutdated(state: NotebookState): boolean {
  return state.remembered || state.connection !== "live";
}

/** The class of a panel: what is remembered is drawn greyed, what is looked at on purpose is not. */
export function panelClass(name: string, state: NotebookState): string {
  return isOutdated(state) && state.connection !== "past" ? `${name} stagebook-mod-outdated` : name;
}
