/** Which mark each cell of a notebook carries. Pure. Called by NotebookCells and the command that tells why. */
import type { CellId, CellStatus } from "stagebook/protocol";
import type { NotebookState } from "../tokens";

/** A code cell as the page has it. */
export interface CodeCellFacts {
  readonly id: CellId;
  readonly empty: boolean;
  /** Its text was edited after it ran. */
  readonly edited: boolean;
}

export interface CellMark {
  readonly status: CellStatus;
  /** It is stale because its text was edited after it ran; there may be other reasons besides. */
  readonly edited: boolean;
  readonly reasons: readonly string[];
}

/** Null: no mark. */
export function findMark(state: NotebookState, cell: CodeCellFacts): CellMark | null {
  // A kernel without Stagebook has run none of what is remembered.
  if (state.connection === "absent" || (state.connection !== "live" && !state.remembered)) return null;
  const known = state.view.cells[cell.id];
  if (!known) return state.connection === "live" && !cell.empty ? { status: "new", edited: false, reasons: [] } : null;
  if (cell.edited && state.connection === "live" && known.status !== "running")
    return { status: "stale", edited: true, reasons: known.status === "stale" ? known.reasons : [] };
  return { status: known.status, edited: false, reasons: known.reasons };
}
