/** The models of all open notebooks, and which of them the sidebar shows. Created by the tracker plugin. */
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { PromiseDelegate } from "@lumino/coreutils";
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject } from "rxjs";
import type { Observable } from "rxjs";
import type * as tokens from "../tokens";
import type { Frame } from "./animation-frame";
import type { KnownNotebooks, NotebookOnServer } from "./memory/known-notebooks";
import type { Memory } from "./memory/memory";
import { NotebookModel } from "./notebook-model";
import type { NotebookModelOptions } from "./notebook-model";

/** What the model of one notebook panel works with. */
export type NotebookPorts = Pick<NotebookModelOptions, "page" | "kernel" | "reportStaleRun" | "runLimit">;

export interface NotebookModelsOptions {
  readonly notebooks: INotebookTracker;
  readonly known: Pick<KnownNotebooks, "keyOf" | "changed">;
  readonly memory: Memory;
  readonly frame: Frame;
  readonly trans: TranslationBundle;
  /** Called once per panel, before its model is created. */
  readonly connect: (panel: NotebookPanel) => NotebookPorts;
  /** Starts what reacts to the new model outside of the panels. The result is disposed before the model. */
  readonly follow: (panel: NotebookPanel, model: NotebookModel) => IDisposable;
}

export class NotebookModels implements tokens.StagebookTracker {
  readonly current$: Observable<tokens.NotebookModel | null>;
  private readonly current = new BehaviorSubject<tokens.NotebookModel | null>(null);
  private readonly models = new Map<NotebookPanel, NotebookModel>();
  private readonly delegates = new Map<NotebookPanel, PromiseDelegate<tokens.NotebookModel>>();

  constructor(private readonly options: NotebookModelsOptions) {
    const { notebooks } = options;
    this.current$ = this.current.asObservable();
    notebooks.forEach((panel) => void this.add(panel));
    notebooks.widgetAdded.connect((_, panel) => void this.add(panel));
    notebooks.currentChanged.connect(() => this.updateCurrent());
  }

  getCurrent(): tokens.NotebookModel | null {
    return this.current.value;
  }

  /** Resolves to the panel's model as soon as it exists. Never settles for a panel that is closed before. */
  whenModel(panel: NotebookPanel): Promise<tokens.NotebookModel> {
    return this.delegateOf(panel).promise;
  }

  /** The models of all open notebooks. */
  all(): readonly NotebookModel[] {
    return [...this.models.values()];
  }

  private async add(panel: NotebookPanel): Promise<void> {
    const { known, memory, frame, trans, connect, follow } = this.options;
    // The cells of the notebook say which one it is.
    await panel.context.ready;
    const key = panel.isDisposed ? "" : await known.keyOf(notebookIn(panel));
    const remembered = panel.isDisposed ? null : await memory.load(key);
    if (panel.isDisposed) {
      this.delegates.delete(panel);
      return;
    }
    const model = new NotebookModel({ ...connect(panel), key, memory, frame, remembered, trans });
    const followers = follow(panel, model);
    this.models.set(panel, model);
    this.delegateOf(panel).resolve(model);
    panel.context.pathChanged.connect(() => {
      model.renamed();
      void known.changed(key, notebookIn(panel));
    });
    panel.context.saveState.connect((_, state) => {
      if (state === "completed") void known.changed(key, notebookIn(panel));
    });
    panel.disposed.connect(() => {
      this.models.delete(panel);
      this.delegates.delete(panel);
      followers.dispose();
      model.dispose();
      this.updateCurrent();
    });
    this.updateCurrent();
  }

  private delegateOf(panel: NotebookPanel): PromiseDelegate<tokens.NotebookModel> {
    const delegate = this.delegates.get(panel) ?? new PromiseDelegate<tokens.NotebookModel>();
    this.delegates.set(panel, delegate);
    return delegate;
  }

  private updateCurrent(): void {
    const panel = this.options.notebooks.currentWidget;
    const model = panel ? (this.models.get(panel) ?? null) : null;
    if (model !== this.current.value) this.current.next(model);
  }
}

function notebookIn({ context, content }: NotebookPanel): NotebookOnServer {
  const { model } = content;
  // Before nbformat 4.5 a file has no ids of cells: JupyterLab makes new ones each time that it opens it.
  const hasIds = model !== null && (model.nbformat > 4 || model.nbformatMinor >= 5);
  const cells = [...(model?.cells ?? [])].map(({ id, sharedModel }) => ({
    source: sharedModel.getSource(),
    ...(hasIds && { id }),
  }));
  return { path: context.path, cells };
}
