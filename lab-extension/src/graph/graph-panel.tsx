/** The panel of the pipeline's graph: in the sidebar, and in a tab of the main area. Created by Sidebar and by the plugin. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import type { Message } from "@lumino/messaging";
import { Menu } from "@lumino/widgets";
import type { Widget } from "@lumino/widgets";
import type { ReactElement } from "react";
import { COMMANDS } from "../command-ids";
import type { Preferences } from "../model/preferences";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { notifyFailure } from "../ui/notify";
import { Panel } from "../ui/panel";
import { PICTURE_FORMATS } from "./canvas/export-picture";
import type { GraphToolbarActions } from "./graph-toolbar";
import { GraphView } from "./graph-view";
import type { LayoutQueue } from "./layout/layout-queue";
import type { GraphViewState } from "./use-graph";

export interface GraphPanelOptions {
  readonly tracker: StagebookTracker;
  readonly trans: TranslationBundle;
  readonly commands: CommandRegistry;
  readonly preferences: Preferences;
  readonly layouts: LayoutQueue;
  /** In the sidebar the user chooses between list and drawing; a tab shows the drawing. */
  readonly place: "sidebar" | "tab";
}

export class GraphPanel extends Panel {
  constructor(private readonly options: GraphPanelOptions) {
    const { tracker, trans, preferences, place } = options;
    super({
      tracker,
      trans,
      name: place === "sidebar" ? "dag" : "graph",
      className: "stagebook-GraphPanel",
      label: trans.__("Graph"),
      caption: trans.__("The stages and their inputs"),
    });
    this.unsubscribe = preferences.subscribe(() => this.update());
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.unsubscribe();
    this.menu?.dispose();
    super.dispose();
  }

  /** Moves the focus to a stage. */
  focusStage(stage: string): void {
    this.focus = { stage };
    this.update();
  }

  /** A drawing needs a size. */
  protected override canRender(): boolean {
    return super.canRender() && this.node.clientWidth > 0 && this.node.clientHeight > 0;
  }

  protected override renderNotebook(model: NotebookModel): ReactElement {
    const { layouts, preferences } = this.options;
    return (
      <GraphView
        model={model}
        layouts={layouts}
        preferences={preferences}
        trans={this.trans}
        width={this.node.clientWidth}
        height={this.node.clientHeight}
        isList={this.isList}
        actions={this.actions}
        focus={this.focus}
        onHeight={this.setContentHeight}
      />
    );
  }

  protected override onResize(_message: Widget.ResizeMessage): void {
    this.update();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.querySelector<HTMLElement>("input[type=search]")?.focus();
  }

  private get isList(): boolean {
    return this.options.place === "sidebar" && this.options.preferences.get().graphView === "list";
  }

  private get actions(): GraphToolbarActions {
    const { place } = this.options;
    if (place === "tab") return { switchView: null, openTab: null, openMenu: this.openMenu };
    return {
      switchView: { to: this.isList ? "graph" : "list", run: () => this.execute(COMMANDS.graphView) },
      openTab: () => this.execute(COMMANDS.openGraph),
      openMenu: this.openMenu,
    };
  }

  private execute(command: string): void {
    this.options.commands.execute(command).catch(notifyFailure);
  }

  private readonly openMenu = (button: HTMLElement): void => {
    this.menu ??= createMenu(this.options.commands);
    const { right, bottom } = button.getBoundingClientRect();
    this.menu.open(right, bottom, { horizontalAlignment: "right" });
  };

  private readonly unsubscribe: () => void;
  private focus: GraphViewState["focus"] = null;
  private menu: Menu | null = null;
}

/** The menu of the commands for the whole graph. */
function createMenu(commands: CommandRegistry): Menu {
  const menu = new Menu({ commands });
  menu.addItem({ command: COMMANDS.graphView });
  menu.addItem({ command: COMMANDS.openGraph });
  menu.addItem({ command: COMMANDS.graphDirection });
  menu.addItem({ type: "separator" });
  menu.addItem({ command: COMMANDS.collapseGroups });
  menu.addItem({ command: COMMANDS.expandGroups });
  menu.addItem({ type: "separator" });
  for (const format of PICTURE_FORMATS) menu.addItem({ command: COMMANDS.exportGraph, args: { format } });
  return menu;
}
