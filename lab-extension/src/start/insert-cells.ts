/** Puts new code cells into a notebook, as one step of undo. Used by the commands of `start/`. */
import type { NotebookPanel } from "@jupyterlab/notebook";
import { isCodeCellModel } from "@jupyterlab/cells";

/** The texts of all code cells. */
export function codeSources({ content }: NotebookPanel): readonly string[] {
  return [...(content.model?.cells ?? [])].filter(isCodeCellModel).map(({ sharedModel }) => sharedModel.getSource());
}

/** Below the selected cell, or in its place while it is empty. The last of the new cells is selected then. */
export function insertBelow({ content }: NotebookPanel, sources: readonly string[]): void {
  const { model, activeCell, activeCellIndex } = content;
  if (!model || model.readOnly || sources.length === 0) return;
  const isEmpty = activeCell?.model.type === "code" && activeCell.model.sharedModel.getSource().trim() === "";
  const first = activeCell === null ? 0 : activeCellIndex + (isEmpty ? 0 : 1);
  const cells = sources.map((source) => ({ cell_type: "code" as const, source, metadata: { trusted: true } }));
  model.sharedModel.transact(() => {
    if (isEmpty) model.sharedModel.deleteCell(first);
    model.sharedModel.insertCells(first, cells);
  });
  content.mode = "command";
  content.deselectAll();
  content.activeCellIndex = first + cells.length - 1;
  void content.scrollToItem(content.activeCellIndex, "smart");
}
