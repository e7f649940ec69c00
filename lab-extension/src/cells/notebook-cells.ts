/** The cells of one notebook panel, for the model: order, edits, execution, scrolling. Created by the tracker plugin, one per panel. */
import { Notification } from "@jupyterlab/apputils";
import { isCodeCellModel } from "@jupyterlab/cells";
import type { Cell } from "@jupyterlab/cells";
import type { INotebookCellExecutor, Notebook, NotebookPanel } from "@jupyterlab/notebook";
import type { ITranslator } from "@jupyterlab/translation";
import type { CellId } from "stagebook/protocol";
import type { NotebookPage } from "../model/notebook-page";
import { editOption } from "./stage-option";

/** After a cell that failed, tslab drops those that it receives for 200 ms. */
const TSLAB_DROPS_MS = 300;

export interface NotebookCellsOptions {
  readonly panel: NotebookPanel;
  readonly executor: INotebookCellExecutor;
  readonly translator: ITranslator;
  /** Brings the panel to the front. */
  readonly activate: () => void;
}

export class NotebookCells implements NotebookPage {
  private failedAt = -Infinity;

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
    await new Promise((resolve) => setTimeout(resolve, this.failedAt + TSLAB_DROPS_MS - performance.now()));
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
      this.failedAt = performance.now();
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
    const { panel, translator } = this.options;
    const notebook = panel.content;
    const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
    if (index < 0) {
      Notification.info(translator.load("jupyterlab-stagebook").__("This cell was deleted from the notebook."), {
        autoClose: 4000,
      });
      return false;
    }
    this.options.activate();
    // The next key is a command and is not typed into the cell: scrollToCell would enter edit mode.
    notebook.mode = "command";
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index, "smart");
    return true;
  }
}

/** The code cells in document order; from the model, because widgets are created later for cells out of view. */
export function codeCellsOf({ model }: Notebook): readonly CellId[] {
  return [...(model?.cells ?? [])].filter(isCodeCellModel).map(({ id }) => id as CellId);
}

export function idOf(cell: Cell): CellId {
  return cell.model.id as CellId;
}

/** True for a code cell whose text was edited after it ran. */
export function isEdited(cell: Cell): boolean {
  return isCodeCellModel(cell.model) && cell.model.isDirty;
}
