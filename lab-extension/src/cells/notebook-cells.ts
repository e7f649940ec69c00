/** The cells of one notebook panel, for the model: order, edits, execution, scrolling. Created by the tracker plugin, one per panel. */
import { isCodeCellModel } from "@jupyterlab/cells";
import type { Cell } from "@jupyterlab/cells";
import type { INotebookCellExecutor, NotebookPanel } from "@jupyterlab/notebook";
import type { ITranslator } from "@jupyterlab/translation";
import type { CellId } from "stagebook/protocol";
import type { NotebookPage } from "../model/notebook-page";
import { editOption } from "./stage-option";

export interface NotebookCellsOptions {
  readonly panel: NotebookPanel;
  readonly executor: INotebookCellExecutor;
  readonly translator: ITranslator;
  /** Brings the panel to the front. */
  readonly activate: () => void;
}

export class NotebookCells implements NotebookPage {
  constructor(private readonly options: NotebookCellsOptions) {}

  get path(): string {
    return this.options.panel.context.path;
  }

  order(): readonly CellId[] {
    return this.options.panel.content.widgets.map(idOf);
  }

  edited(): readonly CellId[] {
    return this.options.panel.content.widgets.filter(isEdited).map(idOf);
  }

  /** Leaves selection, focus and scroll position alone, unlike NotebookActions. */
  async execute(id: CellId): Promise<boolean> {
    const { panel, executor, translator } = this.options;
    const cell = panel.content.widgets.find((candidate) => candidate.model.id === id);
    const notebook = panel.content.model;
    if (!cell || !notebook) return true;
    try {
      return await executor.runCell({
        cell,
        notebook,
        notebookConfig: panel.content.notebookConfig,
        onCellExecuted: () => undefined,
        onCellExecutionScheduled: () => undefined,
        sessionContext: panel.sessionContext,
        translator,
      });
    } catch (cause) {
      // JupyterLab throws when the kernel's reply is not ok; the cell shows the error itself.
      console.debug("stagebook: cell failed", id, cause);
      return false;
    }
  }

  setStageOption(id: CellId, stage: string, code: string): boolean {
    const source = this.options.panel.content.widgets.find(({ model }) => model.id === id)?.model.sharedModel;
    const edit = source && editOption(source.getSource(), stage, code);
    if (!edit) return false;
    // One step of undo; others who edit the notebook see it as an edit.
    source.updateSource(edit.from, edit.to, edit.text);
    return true;
  }

  showCell(id: CellId): boolean {
    const notebook = this.options.panel.content;
    const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
    if (index < 0) return false;
    this.options.activate();
    // The next key is a command and is not typed into the cell: scrollToCell would enter edit mode.
    notebook.mode = "command";
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index, "smart");
    return true;
  }
}

export function idOf(cell: Cell): CellId {
  return cell.model.id as CellId;
}

/** True for a code cell whose text was edited after it ran. */
export function isEdited(cell: Cell): boolean {
  return isCodeCellModel(cell.model) && cell.model.isDirty;
}
