/** The pipeline's graph in the sidebar. Created by the plugin that composes the sidebar. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import type { Widget } from "@lumino/widgets";
import type { ReactElement } from "react";
import { useCurrent } from "../stores/use-store";
import type { StagebookTracker } from "../tokens";
import { noNotebookText } from "./connection-text";
import { DagView } from "./dag-view";
import { LayoutQueue } from "./layout-queue";
import { modelKey } from "./model-key";
import { EmptyPanel } from "./panel-text";

export class DagPanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    readonly commands: CommandRegistry,
  ) {
    super();
    this.node.dataset.stagebook = "dag";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-DagPanel");
    this.title.label = trans.__("Graph");
    this.title.caption = trans.__("The stages, and what feeds them");
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.layouts.dispose();
    super.dispose();
  }

  /** Nothing while hidden or without a size: React Flow cannot fit a graph into 0 × 0. */
  protected override render(): ReactElement | null {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!this.isVisible || width === 0 || height === 0) return null;
    return (
      <CurrentDag tracker={this.tracker} layouts={this.layouts} trans={this.trans} width={width} height={height} />
    );
  }

  protected override onResize(_message: Widget.ResizeMessage): void {
    this.update();
  }

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }

  private readonly layouts = new LayoutQueue();
}

interface CurrentDagProps {
  readonly tracker: StagebookTracker;
  readonly layouts: LayoutQueue;
  readonly trans: TranslationBundle;
  readonly width: number;
  readonly height: number;
}

function CurrentDag({ tracker, layouts, trans, width, height }: CurrentDagProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(trans)} />;
  // A notebook has its own picture: the view onto one is not carried over to another.
  return <DagView key={modelKey(model)} model={model} layouts={layouts} trans={trans} width={width} height={height} />;
}
