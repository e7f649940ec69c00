/** The mark on each cell of a notebook. Pure. Called by CellMarker and the command that explains a cell's status. */
import type { CellId, CellStatus } from "stagebook/protocol";
import type { NotebookState } from "../tokens";

/** A code cell in the page. */
export interface CodeCellFacts {
  readonly id: CellId;
  readonly isEmpty: boolean;
  /** Its text was edited after it ran. */
  readonly isEdited: boolean;
}

export interface CellMark {
  readonly status: CellStatus;
  /** It is stale because its text was edited after it ran; there may be other reasons as well. */
  readonly edited: boolean;
  readonly reasons: readonly string[];
  /** Why its output may be wrong although the cell is fresh. */
  readonly caveats: readonly string[];
}

/** Null: no mark. */
export function findMark(state: NotebookState, cell: CodeCellFacts): CellMark | null {
  // A kernel without Stagebook has run none of the remembered cells.
  if (state.connection === "absent" || (state.connection !== "live" && !state.remembered)) return null;
  const view = state.view.cells[cell.id];
  if (!view)
    return state.connection === "live" && !cell.isEmpty
      ? { status: "new", edited: false, reasons: [], caveats: [] }
      : null;
  if (cell.isEdited && state.connection === "live" && view.status !== "running")
    return { status: "stale", edited: true, reasons: view.status === "stale" ? view.reasons : [], caveats: [] };
  return { status: view.status, edited: false, reasons: view.reasons, caveats: view.caveats ?? [] };
}
