/**
 * The cells of one notebook panel: marks them, shows them, executes the stale ones. Made by the plugin, one per panel;
 * the only place that touches JupyterLab's cells.
 */
import { Notification } from "@jupyterlab/apputils";
import { isCodeCellModel } from "@jupyterlab/cells";
import type { Cell } from "@jupyterlab/cells";
import type { INotebookCellExecutor, NotebookPanel } from "@jupyterlab/notebook";
import type { ITranslator, TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import type { Subscription } from "rxjs";
import type { CellId } from "stagebook/protocol";
import { animationFrame } from "../model/animation-frame";
import type { NotebookPage } from "../model/notebook-store";
import type { LiveModel } from "../tokens";
import { AutoRun } from "./auto-run";
import type { AutoRunPort } from "./auto-run";
import { findMark } from "./cell-marks";
import type { CellMark } from "./cell-marks";
import { markTooltip } from "./cell-text";
import { runStaleCells } from "./run-stale";
import type { StaleCellsOutcome } from "./run-stale";

export interface NotebookCellsOptions {
  readonly panel: NotebookPanel;
  readonly executor: INotebookCellExecutor;
  readonly translator: ITranslator;
  readonly trans: TranslationBundle;
  /** Brings the panel to the front. */
  readonly activate: () => void;
  readonly autoRun: Pick<AutoRunPort, "isOn" | "delayMs">;
}

/** A model that also learns what only the page knows. */
export interface FollowedModel extends LiveModel {
  setEdited(cells: readonly CellId[]): void;
}

export class NotebookCells implements NotebookPage, IDisposable {
  isDisposed = false;
  private marks: Subscription | null = null;
  private readonly marked = new Map<CellId, string>();
  private running: { readonly done: Promise<boolean>; readonly above: CellId | undefined } | null = null;
  private model: FollowedModel | null = null;
  private readonly autoRun: AutoRun;

  constructor(private readonly options: NotebookCellsOptions) {
    this.autoRun = new AutoRun({
      ...options.autoRun,
      run: () => this.runUnasked(),
    });
  }

  get path(): string {
    return this.options.panel.context.path;
  }

  /** Keeps the marks of all cells as the model says, and tells it which were edited, until disposed. */
  follow(model: FollowedModel): void {
    this.model = model;
    const update = (): void => this.markAll(model);
    this.marks = model.state$.subscribe(update);
    const { panel } = this.options;
    let cancel: (() => void) | null = null;
    // A cell tells that its text changed before it says that it is dirty.
    const soon = (): void => {
      cancel ??= animationFrame(() => {
        cancel = null;
        update();
      });
    };
    // Cells come with the file, and with every insertion, move and undo.
    panel.content.modelContentChanged.connect(soon);
    panel.content.cellInViewportChanged.connect(soon);
    this.marks.add(() => {
      cancel?.();
      panel.content.modelContentChanged.disconnect(soon);
      panel.content.cellInViewportChanged.disconnect(soon);
    });
  }

  showCell(id: CellId): boolean {
    const notebook = this.options.panel.content;
    const index = notebook.widgets.findIndex((cell) => cell.model.id === id);
    if (index < 0) return false;
    this.options.activate();
    // The next key is a command, not typed into the cell: scrollToCell would begin to edit it.
    notebook.mode = "command";
    notebook.deselectAll();
    notebook.activeCellIndex = index;
    void notebook.scrollToItem(index, "smart");
    return true;
  }

  /** A second call while an equal one is under way is the same one; another one follows it. */
  async runStale(model: LiveModel, above?: CellId): Promise<boolean> {
    while (this.running && this.running.above !== above) await this.running.done.catch(() => false);
    this.running ??= {
      above,
      done: this.runStaleOnce(model, above).finally(() => {
        this.running = null;
      }),
    };
    return this.running.done;
  }

  paramsChanged(): void {
    this.autoRun.changed();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.autoRun.cancel();
    this.marks?.unsubscribe();
  }

  private async runStaleOnce(model: LiveModel, above?: CellId): Promise<boolean> {
    const order = (): readonly CellId[] => cellsAbove(this.options.panel.content.widgets.map(idOf), above);
    const outcome = await runStaleCells({
      runStages: () =>
        model.send<"run-stale">({ type: "run-stale", ...(above === undefined ? {} : { cells: order() }) }),
      order,
      edited: () => this.edited().filter((cell) => cell in model.getState().view.cells && order().includes(cell)),
      execute: (cell) => this.execute(cell),
    });
    this.report(outcome, model);
    return outcome.status === "succeeded";
  }

  /** A refusal is told, as it is after a click. */
  private async runUnasked(): Promise<void> {
    try {
      if (this.model) await this.runStale(this.model);
    } catch (error) {
      Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 6000 });
    }
  }

  /** Leaves selection, focus and scroll position alone, unlike NotebookActions. */
  private async execute(id: CellId): Promise<boolean> {
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

  private report(outcome: StaleCellsOutcome, model: LiveModel): void {
    const { trans } = this.options;
    const show = (id: CellId | null | undefined): { actions: Notification.IAction[] } => ({
      actions: id ? [{ label: trans.__("Show cell"), callback: () => void model.showCell(id) }] : [],
    });
    switch (outcome.status) {
      case "succeeded":
        return;
      case "cancelled":
        Notification.info(trans.__("Run stale: stopped."), { autoClose: 4000 });
        return;
      case "stage-failed": {
        const { runs, stages } = model.getState().view;
        const error = runs.at(-1)?.error ?? Object.values(stages).find((stage) => stage.status === "failed")?.error;
        // The count before the message: JupyterLab cuts off what is long.
        const rest =
          outcome.notRun > 0
            ? ` (${trans._n("%1 stage is still stale", "%1 stages are still stale", outcome.notRun)})`
            : "";
        const what = error?.stage
          ? `${trans.__('Run stale: stage "%1" failed', error.stage)}${rest}: ${error.message}`
          : `${trans.__("Run stale: a stage failed. The log says why.")}${rest}`;
        Notification.error(what, { autoClose: 8000, ...show(error?.cell) });
        return;
      }
      case "cell-failed":
        Notification.error(
          outcome.notRun > 0
            ? trans._n(
                "Run stale: a cell failed, %1 other stale cell was not run.",
                "Run stale: a cell failed, %1 other stale cells were not run.",
                outcome.notRun,
              )
            : trans.__("Run stale: a cell failed."),
          { autoClose: 8000, ...show(outcome.cell) },
        );
    }
  }

  private edited(): readonly CellId[] {
    return this.options.panel.content.widgets.filter(isEdited).map(idOf);
  }

  private markAll(model: FollowedModel): void {
    const { content } = this.options.panel;
    if (content.isDisposed) return;
    model.setEdited(this.edited());
    const state = model.getState();
    for (const cell of content.widgets) {
      if (!isCodeCellModel(cell.model)) continue;
      const facts = { id: idOf(cell), empty: cell.model.sharedModel.getSource().trim() === "", edited: isEdited(cell) };
      const mark = findMark(state, facts);
      this.mark(cell, mark, state.remembered);
    }
  }

  private mark(cell: Cell, mark: CellMark | null, remembered: boolean): void {
    const prompt = cell.inputArea?.promptNode ?? null;
    const text = mark ? `${mark.status}|${mark.edited}|${mark.reasons.join("|")}|${remembered}|${prompt !== null}` : "";
    if ((this.marked.get(idOf(cell)) ?? "") === text && cell.node.dataset.stagebookStatus === mark?.status) return;
    this.marked.set(idOf(cell), text);
    if (mark) cell.node.dataset.stagebookStatus = mark.status;
    else delete cell.node.dataset.stagebookStatus;
    cell.node.toggleAttribute("data-stagebook-edited", mark?.edited === true);
    cell.node.toggleAttribute("data-stagebook-remembered", mark !== null && remembered);
    // A cell out of view has no prompt until it is scrolled to; cellInViewportChanged marks it then.
    if (prompt) prompt.title = mark ? markTooltip(mark, this.options.trans) : "";
  }
}

/** All of them without `above`; none when it is gone. */
function cellsAbove(order: readonly CellId[], above: CellId | undefined): readonly CellId[] {
  return above === undefined ? order : order.slice(0, Math.max(0, order.indexOf(above)));
}

function idOf(cell: Cell): CellId {
  return cell.model.id as CellId;
}

function isEdited(cell: Cell): boolean {
  return isCodeCellModel(cell.model) && cell.model.isDirty;
}
