/** The panel of the pipeline's graph. Created by Sidebar. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { Menu } from "@lumino/widgets";
import type { Widget } from "@lumino/widgets";
import type { ReactElement } from "react";
import { COMMANDS } from "../command-ids";
import type { Preferences } from "../model/preferences";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { Panel } from "../ui/panel";
import { PICTURE_FORMATS } from "./canvas/export-picture";
import type { Picture } from "./canvas/picture";
import { GraphView } from "./graph-view";
import { browserLayouts, LayoutCache } from "./layout/layout-cache";
import { LayoutQueue } from "./layout/layout-queue";

export class GraphPanel extends Panel {
  constructor(
    tracker: StagebookTracker,
    trans: TranslationBundle,
    private readonly commands: CommandRegistry,
    private readonly preferences: Preferences,
  ) {
    super({
      tracker,
      trans,
      name: "dag",
      className: "stagebook-GraphPanel",
      label: trans.__("Graph"),
      caption: trans.__("The stages and their inputs"),
    });
  }

  /** What is drawn now; null while nothing is. */
  get picture(): Picture | null {
    return this.drawn;
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.menu?.dispose();
    this.layouts.dispose();
    super.dispose();
  }

  /** React Flow cannot fit a graph into 0 × 0 pixels. */
  protected override canRender(): boolean {
    return super.canRender() && this.node.clientWidth > 0 && this.node.clientHeight > 0;
  }

  protected override renderNotebook(model: NotebookModel): ReactElement {
    return (
      <GraphView
        model={model}
        layouts={this.layouts}
        preferences={this.preferences}
        trans={this.trans}
        width={this.node.clientWidth}
        height={this.node.clientHeight}
        onMenu={this.openMenu}
        onDrawn={this.onDrawn}
      />
    );
  }

  protected override onResize(_message: Widget.ResizeMessage): void {
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

/** The menu of the commands for the whole graph. */
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
