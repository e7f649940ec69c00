/** The marks on the cells of one notebook panel, drawn from the model's state. Created by the tracker plugin, one per panel. */
import { isCodeCellModel } from "@jupyterlab/cells";
import type { Cell } from "@jupyterlab/cells";
import type { NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import type { Subscription } from "rxjs";
import type { CellId } from "stagebook/protocol";
import { animationFrame } from "../model/animation-frame";
import type { NotebookModel } from "../model/notebook-model";
import type { NotebookState } from "../tokens";
import { findMark } from "./cell-marks";
import type { CellMark } from "./cell-marks";
import { markTooltip } from "./cell-text";
import { codeCellsOf, idOf, isEdited } from "./notebook-cells";

/** Also reports to the model which cells were edited, which only the page knows. */
export class CellMarker implements IDisposable {
  isDisposed = false;
  private readonly subscription: Subscription;
  private readonly marked = new Map<CellId, string>();
  private state: NotebookState | null = null;
  private cancelFrame: (() => void) | null = null;

  constructor(
    private readonly panel: NotebookPanel,
    private readonly model: Pick<NotebookModel, "live$" | "setEdited" | "setCells">,
    private readonly trans: TranslationBundle,
  ) {
    // Cells are added by loading the file, and by every insertion, move and undo.
    panel.content.modelContentChanged.connect(this.scheduleUpdate, this);
    panel.content.cellInViewportChanged.connect(this.scheduleUpdate, this);
    this.subscription = model.live$.subscribe((state) => {
      this.state = state;
      this.update();
    });
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.subscription.unsubscribe();
    this.cancelFrame?.();
    this.panel.content.modelContentChanged.disconnect(this.scheduleUpdate, this);
    this.panel.content.cellInViewportChanged.disconnect(this.scheduleUpdate, this);
  }

  /** With the next frame: a cell emits the change of its text before it becomes dirty. */
  private scheduleUpdate(): void {
    this.cancelFrame ??= animationFrame(() => {
      this.cancelFrame = null;
      this.update();
    });
  }

  private update(): void {
    const { content } = this.panel;
    const { state } = this;
    if (content.isDisposed || !state) return;
    this.model.setEdited(content.widgets.filter(isEdited).map(idOf));
    if (this.panel.context.isReady) this.model.setCells(codeCellsOf(content));
    for (const cell of content.widgets) {
      if (!isCodeCellModel(cell.model)) continue;
      const isEmpty = cell.model.sharedModel.getSource().trim() === "";
      const mark = findMark(state, { id: idOf(cell), isEmpty, isEdited: isEdited(cell) });
      this.mark(cell, mark, state.remembered);
    }
  }

  private mark(cell: Cell, mark: CellMark | null, remembered: boolean): void {
    const prompt = cell.inputArea?.promptNode ?? null;
    const text = mark
      ? `${mark.status}|${mark.edited}|${[...mark.reasons, ...mark.caveats].join("|")}|${remembered}|${prompt !== null}`
      : "";
    if ((this.marked.get(idOf(cell)) ?? "") === text && cell.node.dataset.stagebookStatus === mark?.status) return;
    this.marked.set(idOf(cell), text);
    if (mark) cell.node.dataset.stagebookStatus = mark.status;
    else delete cell.node.dataset.stagebookStatus;
    cell.node.toggleAttribute("data-stagebook-caveats", mark !== null && mark.caveats.length > 0);
    cell.node.toggleAttribute("data-stagebook-edited", mark?.edited === true);
    cell.node.toggleAttribute("data-stagebook-remembered", mark !== null && remembered);
    // A cell out of view has no prompt until it is scrolled to; cellInViewportChanged marks it then.
    if (prompt) prompt.title = mark ? markTooltip(mark, this.trans) : "";
  }
}
