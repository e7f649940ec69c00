/**
 * An item in a notebook's toolbar, rendered from the notebook's model: empty until the model exists. Its label is shown only in room
 * that no other item needs, so that JupyterLab's own items stay in the toolbar.
 */
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
    this.addClass("stagebook-ToolbarItem");
    this.addClass(className);
  }

  /** `model` belongs to the panel of the toolbar. */
  setModel(model: NotebookModel): void {
    this.model = model;
    this.update();
  }

  /** In CSS pixels; the same whether it is shown or not. */
  get labelWidth(): number {
    const label = this.node.querySelector<HTMLElement>(".jp-ToolbarButtonComponent-label");
    return label ? label.offsetWidth + LABEL_MARGIN : 0;
  }

  /** The width of the item itself does not change: toolbars measure it only once. The label is in its margin. */
  setLabel(isShown: boolean): void {
    this.toggleClass(LABEL_CLASS, isShown);
    this.node.style.marginRight = isShown ? `${this.labelWidth}px` : "";
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.size.observe(this.node);
    const toolbar = this.parent?.node;
    if (!toolbar) return;
    this.room.observe(toolbar);
    const spacer = findSpacer(toolbar);
    if (spacer) this.room.observe(spacer);
  }

  protected override onBeforeDetach(message: Message): void {
    this.size.disconnect();
    this.room.disconnect();
    super.onBeforeDetach(message);
  }

  protected override onUpdateRequest(message: Message): void {
    super.onUpdateRequest(message);
    void this.renderPromise?.then(() => this.observeLabel());
  }

  private observeLabel(): void {
    const label = this.node.querySelector(".jp-ToolbarButtonComponent-label");
    if (label && this.isAttached) this.room.observe(label);
  }

  /** The toolbar measures its items only when it is resized, and this item is empty until the kernel has Stagebook. */
  private readonly size = new ResizeObserver(() => {
    this.observeLabel();
    const toolbar = this.parent;
    if (!toolbar) return;
    const { offsetWidth, offsetHeight } = toolbar.node;
    MessageLoop.postMessage(toolbar, new Widget.ResizeMessage(offsetWidth, offsetHeight));
  });

  private readonly room = new ResizeObserver(() => {
    if (this.parent) arrangeLabels(this.parent);
  });

  protected override render(): ReactElement | null {
    return this.model && this.renderModel(this.model);
  }
}

const LABEL_CLASS = "stagebook-mod-labeled";
/** Between icon and label, in CSS pixels; the same in style/cells.css. */
const LABEL_MARGIN = 4;
/** What stays free between the labels and the items at the right, in CSS pixels. */
const FREE = 12;

/** Shows the labels of all items if the toolbar has room for them on one line. */
function arrangeLabels(toolbar: Widget): void {
  const items = [...toolbar.children()].filter((item) => item instanceof ToolbarItem);
  const labels = items.reduce((sum, { labelWidth }) => sum + labelWidth, 0);
  // The list of items that did not fit has room for labels.
  const isList = toolbar.hasClass("jp-Toolbar-responsive-popup");
  const isShown = isList || (!hasOverflow(toolbar.node) && findRoom(toolbar) >= labels + FREE);
  for (const item of items) item.setLabel(isShown);
}

/** What the items leave of the toolbar's width, without their labels. */
function findRoom(toolbar: Widget): number {
  const spacer = findSpacer(toolbar.node);
  const widths = [...toolbar.children()].filter(({ node }) => node !== spacer).map(({ node }) => node.offsetWidth);
  return widths.reduce((room, width) => room - width, toolbar.node.clientWidth);
}

function findSpacer(toolbar: HTMLElement): HTMLElement | null {
  return toolbar.querySelector<HTMLElement>(":scope > .jp-Toolbar-spacer");
}

/** True while some items are behind the button `…`. */
function hasOverflow(toolbar: HTMLElement): boolean {
  return toolbar.querySelector(":scope > .jp-Toolbar-responsive-opener:not(.lm-mod-hidden)") !== null;
}
