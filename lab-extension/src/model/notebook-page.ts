/**
 * The notebook document in the page, as the model needs it. It knows nothing of the model. Implemented by NotebookCells over
 * JupyterLab's notebook panel, and by tests.
 */
import type { CellId } from "stagebook/protocol";

export interface NotebookPage {
  /** Relative to the server's root. */
  readonly path: string;
  /** All cells in document order. */
  order(): readonly CellId[];
  /** The code cells that were edited after they ran. */
  edited(): readonly CellId[];
  /** Executes one cell. Resolves to false when it failed. */
  execute(cell: CellId): Promise<boolean>;
  /** Writes an option, `name: value`, into the definition of a stage in the cell. False when there is none that can be edited. */
  setStageOption(cell: CellId, stage: string, code: string): boolean;
  /** Scrolls the cell into view and selects it. False when the notebook has no such cell. */
  showCell(cell: CellId): boolean;
}
