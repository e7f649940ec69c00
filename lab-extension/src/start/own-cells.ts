/** Whether the notebook in front has cells that use Stagebook: then the sidebar asks to run those, and has no example to insert. */
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import { Subscribable } from "../model/subscribable";
import { codeSources } from "./insert-cells";

export class OwnCells extends Subscribable<boolean> {
  constructor(private readonly notebooks: INotebookTracker) {
    super(false);
    notebooks.widgetAdded.connect((_, panel) => this.follow(panel));
    notebooks.forEach((panel) => this.follow(panel));
    notebooks.currentChanged.connect(this.update);
  }

  private follow(panel: NotebookPanel): void {
    void panel.context.ready.then(() => {
      if (panel.isDisposed) return;
      panel.content.model?.contentChanged.connect(this.update);
      this.update();
    });
  }

  private readonly update = (): void => {
    const panel = this.notebooks.currentWidget;
    this.publish(panel !== null && codeSources(panel).some((source) => USES_STAGEBOOK.test(source)));
  };
}

const USES_STAGEBOOK = /\bfrom\s*["']stagebook["']|\b(?:import|require)\s*\(\s*["']stagebook["']/;
