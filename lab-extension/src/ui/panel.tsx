/** The base class of the panels: shows the current notebook, and renders nothing while it is hidden. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import { Signal } from "@lumino/signaling";
import type { ReactElement } from "react";
import { Fragment } from "react";
import { useCurrent } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { noNotebookText } from "./texts/connection-text";
import { EmptyPanel } from "./panel-text";

export interface PanelOptions {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  /** The value of `data-stagebook` on the panel's root, for tests and scripts. */
  readonly name: string;
  /** The CSS class of this panel alone. */
  readonly className: string;
  /** The title of the section or tab, translated. */
  readonly label: string;
  /** The tooltip of the title, translated. */
  readonly caption: string;
}

export abstract class Panel extends ReactWidget {
  protected readonly tracker: StagebookTracker;
  protected readonly trans: TranslationBundle;

  constructor({ tracker, trans, name, className, label, caption }: PanelOptions) {
    super();
    this.tracker = tracker;
    this.trans = trans;
    this.node.dataset.stagebook = name;
    this.addClass("stagebook-Panel");
    this.addClass(className);
    this.title.label = label;
    this.title.caption = caption;
  }

  /**
   * The content for one notebook. Its components are created again for each notebook, so that nothing is carried over from
   * one to another. Must not call hooks itself: it is not a component.
   */
  protected abstract renderNotebook(model: NotebookModel): ReactElement | null;

  /** False while there is nothing to draw on. A panel that needs a size overrides it. */
  protected canRender(): boolean {
    return this.isVisible;
  }

  protected override render(): ReactElement | null {
    if (!this.canRender()) return null;
    return <CurrentNotebook tracker={this.tracker} trans={this.trans} render={(model) => this.renderNotebook(model)} />;
  }

  /** The height that the content needs, in CSS pixels; null while it is not known, or when the content fits any height. */
  get contentHeight(): number | null {
    return this.measuredHeight;
  }

  readonly contentHeightChanged = new Signal<this, void>(this);

  /** To be called by the content. */
  protected readonly setContentHeight = (height: number | null): void => {
    if (height === this.measuredHeight) return;
    this.measuredHeight = height;
    this.contentHeightChanged.emit();
  };

  private measuredHeight: number | null = null;

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }
}

interface CurrentNotebookProps {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly render: (model: NotebookModel) => ReactElement | null;
}

function CurrentNotebook({ tracker, trans, render }: CurrentNotebookProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  return <Fragment key={modelKey(model)}>{render(model)}</Fragment>;
}

/** A React key: the same number for the same model. A path would not do: a notebook can be renamed while it is open. */
function modelKey(model: NotebookModel): number {
  const known = keys.get(model);
  if (known !== undefined) return known;
  lastKey += 1;
  keys.set(model, lastKey);
  return lastKey;
}

const keys = new WeakMap<NotebookModel, number>();
let lastKey = 0;
