/** Messages of the panels for notebooks without a live kernel. Pure; used by the graph, stage and log panels. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { NotebookState } from "../../tokens";

/** The cell that loads Stagebook into a kernel. */
export const FIRST_CELL = 'import { param, show, stage } from "stagebook";';

/** A sentence. `code`, if any, replaces `%1` in it. */
export interface PanelText {
  readonly text: string;
  readonly code?: string;
}

/** Replaces a panel's content when no notebook is open. */
export function noNotebookText(trans: TranslationBundle): PanelText {
  return { text: trans.__("Open a notebook to see its pipeline.") };
}

/** Replaces a panel's content while the view is empty. */
export function emptyText(state: NotebookState, trans: TranslationBundle): PanelText {
  switch (state.connection) {
    case "absent":
      if (state.problem !== undefined) return { text: state.problem };
      // "%1" is its own argument, so that the placeholder survives translation and the code replaces it later.
      return { text: trans.__("Run a cell with %1 to start.", "%1"), code: FIRST_CELL };
    case "connecting":
      return { text: trans.__("Connecting to the kernel …") };
    case "live":
      return {
        text: trans.__("No stages yet. Define one in a cell: %1", "%1"),
        code: 'const a = stage("a", () => 1);',
      };
    case "past":
      return { text: trans.__("This run had no stages.") };
    default:
      return connectionText(state, trans) ?? { text: "" };
  }
}

/** Shown above the log while it is not the kernel's current state; null while it is. In the sidebar, the header shows this. */
export function connectionText(state: NotebookState, trans: TranslationBundle): PanelText | null {
  switch (state.connection) {
    case "absent":
      if (state.problem !== undefined) return { text: state.problem };
      return {
        text: trans.__("Restored from the last session. Run a cell with %1 to refresh.", "%1"),
        code: FIRST_CELL,
      };
    case "connecting":
      return { text: trans.__("Connecting to the kernel …") };
    case "lost":
      return { text: state.problem ?? trans.__("The kernel is not responding.") };
    case "incompatible":
      return {
        text:
          state.problem ??
          trans.__("The kernel uses a different version of Stagebook. Install the same version in both."),
      };
    case "past":
      return null;
    case "live":
      return state.remembered ? { text: trans.__("Connecting to the kernel …") } : null;
  }
}

/** True while the view is not the kernel's current state, so nothing can be run. */
export function isOutdated(state: NotebookState): boolean {
  return state.remembered || state.connection !== "live";
}

/** The class of a panel's content: a restored view is grayed out, a past run is not. */
export function panelClass(name: string, state: NotebookState): string {
  return isOutdated(state) && state.connection !== "past" ? `${name} stagebook-mod-outdated` : name;
}
