/** One NotebookModel per open notebook panel, and which of them the sidebar shows. Made by the plugin. */
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { PromiseDelegate } from "@lumino/coreutils";
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject } from "rxjs";
import type { Observable } from "rxjs";
import type { NotebookModel, StagebookTracker } from "../tokens";

/** A model with what its owner needs besides. */
export interface OwnedModel extends NotebookModel, IDisposable {
  /** Writes what is to be remembered. Never rejects. */
  save(): Promise<void>;
}

export class NotebookModels implements StagebookTracker {
  readonly current$: Observable<NotebookModel | null>;
  private readonly current = new BehaviorSubject<NotebookModel | null>(null);
  private readonly models = new Map<NotebookPanel, OwnedModel>();
  private readonly made = new Map<NotebookPanel, PromiseDelegate<NotebookModel>>();

  /** `create` is called once for each panel; the model is disposed with the panel. */
  constructor(
    private readonly notebooks: INotebookTracker,
    private readonly create: (panel: NotebookPanel) => Promise<OwnedModel>,
  ) {
    this.current$ = this.current.asObservable();
    notebooks.forEach((panel) => void this.add(panel));
    notebooks.widgetAdded.connect((_, panel) => void this.add(panel));
    notebooks.currentChanged.connect(() => this.update());
  }

  getCurrent(): NotebookModel | null {
    return this.current.value;
  }

  /** The panel's model, when it is made. Never settles for a panel that is closed before. */
  whenModel(panel: NotebookPanel): Promise<NotebookModel> {
    return this.delegateOf(panel).promise;
  }

  /** Every notebook's. */
  all(): readonly OwnedModel[] {
    return [...this.models.values()];
  }

  private async add(panel: NotebookPanel): Promise<void> {
    const model = await this.create(panel);
    if (panel.isDisposed) {
      model.dispose();
      return;
    }
    this.models.set(panel, model);
    this.delegateOf(panel).resolve(model);
    panel.disposed.connect(() => {
      this.models.delete(panel);
      this.made.delete(panel);
      model.dispose();
      this.update();
    });
    this.update();
  }

  private delegateOf(panel: NotebookPanel): PromiseDelegate<NotebookModel> {
    const delegate = this.made.get(panel) ?? new PromiseDelegate<NotebookModel>();
    this.made.set(panel, delegate);
    return delegate;
  }

  private update(): void {
    const panel = this.notebooks.currentWidget;
    const model = panel ? (this.models.get(panel) ?? null) : null;
    if (model !== this.current.value) this.current.next(model);
  }
}
