/** The pipeline's graph in the sidebar. Created by the plugin that composes the sidebar. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import { Menu } from "@lumino/widgets";
import type { Widget } from "@lumino/widgets";
import type { ReactElement } from "react";
import { COMMANDS } from "../command-ids";
import type { Preferences } from "../model/preferences";
import { useCurrent } from "../model/use-store";
import type { StagebookTracker } from "../tokens";
import { noNotebookText } from "../ui/connection-text";
import { GraphView } from "./graph-view";
import type { GraphViewProps } from "./graph-view";
import { PICTURE_FORMATS } from "./canvas/export-picture";
import { browserLayouts, LayoutCache } from "./layout/layout-cache";
import { LayoutQueue } from "./layout/layout-queue";
import { modelKey } from "../ui/model-key";
import { EmptyPanel } from "../ui/panel-text";
import type { Picture } from "./canvas/picture";

export class GraphPanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly commands: CommandRegistry,
    private readonly preferences: Preferences,
  ) {
    super();
    this.node.dataset.stagebook = "dag";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-GraphPanel");
    this.title.label = trans.__("Graph");
    this.title.caption = trans.__("The stages, and what feeds them");
  }

  /** What is drawn now; null while there is nothing to draw. */
  get picture(): Picture | null {
    return this.drawn;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.menu?.dispose();
    this.layouts.dispose();
    super.dispose();
  }

  /** Nothing while hidden or without a size: React Flow cannot fit a graph into 0 × 0. */
  protected override render(): ReactElement | null {
    const { clientWidth: width, clientHeight: height } = this.node;
    if (!this.isVisible || width === 0 || height === 0) return null;
    return (
      <CurrentGraph
        tracker={this.tracker}
        layouts={this.layouts}
        preferences={this.preferences}
        trans={this.trans}
        width={width}
        height={height}
        onMenu={this.openMenu}
        onDrawn={this.onDrawn}
      />
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

  private readonly onDrawn = (picture: Picture | null): void => {
    this.drawn = picture;
  };

  private readonly openMenu = (button: HTMLElement): void => {
    this.menu ??= createMenu(this.commands);
    const { right, bottom } = button.getBoundingClientRect();
    this.menu.open(right, bottom, { horizontalAlignment: "right" });
  };

  private readonly layouts = new LayoutQueue(new LayoutCache(browserLayouts));
  private drawn: Picture | null = null;
  private menu: Menu | null = null;
}

/** What concerns the graph as a whole. */
function createMenu(commands: CommandRegistry): Menu {
  const menu = new Menu({ commands });
  menu.addItem({ command: COMMANDS.graphDirection });
  menu.addItem({ type: "separator" });
  menu.addItem({ command: COMMANDS.collapseGroups });
  menu.addItem({ command: COMMANDS.expandGroups });
  menu.addItem({ type: "separator" });
  for (const format of PICTURE_FORMATS) menu.addItem({ command: COMMANDS.exportGraph, args: { format } });
  return menu;
}

interface CurrentGraphProps extends Omit<GraphViewProps, "model"> {
  readonly tracker: StagebookTracker;
}

function CurrentGraph({ tracker, ...props }: CurrentGraphProps): ReactElement {
  const model = useCurrent(tracker);
  if (!model) return <EmptyPanel text={noNotebookText(props.trans)} />;
  // A notebook has its own picture: the view onto one is not carried over to another.
  return <GraphView key={modelKey(model)} model={model} {...props} />;
}
