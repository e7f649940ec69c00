/** An item in a notebook's toolbar, rendered from the notebook's model: empty until the model exists. */
import type { ReactElement } from "react";
import { ReactWidget } from "@jupyterlab/ui-components";
import { MessageLoop } from "@lumino/messaging";
import type { Message } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import type { NotebookModel } from "../tokens";

export class ToolbarItem extends ReactWidget {
  private model: NotebookModel | null = null;

  constructor(
    className: string,
    private readonly renderModel: (model: NotebookModel) => ReactElement,
  ) {
    super();
    this.addClass(className);
  }

  /** `model` belongs to the panel of the toolbar. */
  setModel(model: NotebookModel): void {
    this.model = model;
    this.update();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.width.observe(this.node);
  }

  protected override onBeforeDetach(message: Message): void {
    this.width.disconnect();
    super.onBeforeDetach(message);
  }

  /** The toolbar measures its items only when it is resized, and this item is empty until the kernel has Stagebook. */
  private readonly width = new ResizeObserver(() => {
    const toolbar = this.parent;
    if (!toolbar) return;
    const { offsetWidth, offsetHeight } = toolbar.node;
    MessageLoop.postMessage(toolbar, new Widget.ResizeMessage(offsetWidth, offsetHeight));
  });

  protected override render(): ReactElement | null {
    return this.model && this.renderModel(this.model);
  }
}
