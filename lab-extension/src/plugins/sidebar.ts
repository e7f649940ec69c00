/** The plugin of the panels: the sidebar, the log, the commands and the items in the notebook's toolbar. */
import { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IToolbarWidgetRegistry } from "@jupyterlab/apputils";
import { ILauncher } from "@jupyterlab/launcher";
import { INotebookTracker } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { CommandRegistry } from "@lumino/commands";
import { createElement } from "react";
import type { ReactElement } from "react";
import type { CellId, RunId } from "stagebook/protocol";
import { AutoRunButton } from "../cells/auto-run-button";
import { RunStaleButton } from "../cells/run-stale-button";
import { ToolbarItem } from "../cells/toolbar-item";
import { COMMANDS } from "../command-ids";
import { PICTURE_FORMATS } from "../graph/canvas/export-picture";
import type { GraphPanelOptions } from "../graph/graph-panel";
import { GraphPanel } from "../graph/graph-panel";
import { browserLayouts, LayoutCache } from "../graph/layout/layout-cache";
import { LayoutQueue } from "../graph/layout/layout-queue";
import { stagebookIcon } from "../icons";
import { LogPanel } from "../log/log-panel";
import type { NotebookModels } from "../model/notebook-models";
import { PanelPlacement } from "../sidebar/panel-placement";
import { Sidebar } from "../sidebar/sidebar";
import { browserWindowState } from "../sidebar/window-state";
import { addLauncherCard, addStartCommands } from "../start/start-commands";
import { OwnCells } from "../start/own-cells";
import { TourOffer } from "../start/tour-offer";
import { StagebookTracker } from "../tokens";
import type { NotebookModel } from "../tokens";
import { addCommands } from "./commands";
import { UserChoices } from "./preferences";

export const sidebarPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-stagebook:plugin",
  description: "The sidebar, the log, the commands and the toolbar buttons.",
  autoStart: true,
  requires: [StagebookTracker, UserChoices, INotebookTracker, IStateDB],
  optional: [ILabShell, ITranslator, ICommandPalette, IToolbarWidgetRegistry, ILayoutRestorer, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    models: NotebookModels,
    choices: UserChoices,
    notebooks: INotebookTracker,
    stateDb: IStateDB,
    labShell: ILabShell | null,
    optionalTranslator: ITranslator | null,
    palette: ICommandPalette | null,
    toolbars: IToolbarWidgetRegistry | null,
    restorer: ILayoutRestorer | null,
    launcher: ILauncher | null,
  ) => {
    const translator = optionalTranslator ?? nullTranslator;
    const trans = translator.load("jupyterlab-stagebook");
    const { commands } = app;
    const { preferences, autoRun } = choices;
    const layouts = new LayoutQueue(new LayoutCache(browserLayouts));
    const state = labShell ? stateDb : browserWindowState;
    const restored = Promise.all([app.restored, labShell?.restored]).then(() => undefined);
    const tourOffer = new TourOffer(browserWindowState);
    const sidebar = new Sidebar({
      tracker: models,
      commands,
      translator,
      trans,
      state,
      preferences,
      layouts,
      restored,
      tourOffer,
      ownCells: new OwnCells(notebooks),
    });
    const log = createLogPanel(models, trans, commands);
    const graph = createGraphTab({ tracker: models, trans, commands, preferences, layouts });
    const placement = new PanelPlacement({ shell: app.shell, labShell, sidebar, log, graph, state, restorer });
    addCommands({
      commands,
      tracker: models,
      models: () => models.all(),
      trans,
      open: () => placement.open(),
      showLog: ({ run, stage }) => {
        if (run !== null || stage !== null) log.showOnly({ run: run as RunId | null, stage });
        placement.showLog();
      },
      stageUnderMenu: () => app.contextMenuHitTest((node) => "stage" in node.dataset)?.dataset.stage ?? null,
      activeCell: () => {
        const cell = notebooks.activeCell;
        return cell?.model.type === "code" ? (cell.model.id as CellId) : null;
      },
      showRuns: () => {
        placement.open();
        sidebar.showRuns();
      },
      autoRun,
      preferences,
      layouts,
      openGraph: () => placement.openGraph(),
    });
    addStartCommands({
      commands,
      notebooks,
      services: app.serviceManager,
      tourOffer,
      open: () => placement.open(),
      trans,
    });
    if (launcher) addLauncherCard(launcher, translator);
    if (palette) fillPalette(palette, trans);
    if (toolbars) addToolbarItems(toolbars, { models, choices, commands, trans });
    void Promise.all([choices.loaded, app.restored]).then(() => {
      if (preferences.get().openAtStart) placement.openOnFirstUse(notebooks, models);
    });
  },
};

function createLogPanel(models: NotebookModels, trans: TranslationBundle, commands: CommandRegistry): LogPanel {
  const log = new LogPanel(models, trans, commands);
  log.id = "stagebook-log";
  log.title.icon = stagebookIcon;
  log.title.closable = true;
  return log;
}

function createGraphTab(options: Omit<GraphPanelOptions, "place">): GraphPanel {
  const graph = new GraphPanel({ ...options, place: "tab" });
  graph.id = "stagebook-graph";
  graph.title.icon = stagebookIcon;
  graph.title.closable = true;
  return graph;
}

/** Every command once; the export once per format. */
function fillPalette(palette: ICommandPalette, trans: TranslationBundle): void {
  const category = trans.__("Stagebook");
  for (const command of Object.values(COMMANDS)) {
    if (command === COMMANDS.exportGraph)
      for (const format of PICTURE_FORMATS) palette.addItem({ command, args: { format }, category });
    else palette.addItem({ command, args: {}, category });
  }
}

interface ToolbarOptions {
  readonly models: NotebookModels;
  readonly choices: UserChoices;
  readonly commands: CommandRegistry;
  readonly trans: TranslationBundle;
}

function addToolbarItems(toolbars: IToolbarWidgetRegistry, options: ToolbarOptions): void {
  const { models, choices, commands, trans } = options;
  const add = (name: string, className: string, render: (model: NotebookModel) => ReactElement): void => {
    toolbars.addFactory<NotebookPanel>("Notebook", name, (panel) => {
      const item = new ToolbarItem(className, render);
      void models.whenModel(panel).then((model) => item.setModel(model));
      return item;
    });
  };
  add("stagebook-run-stale", "stagebook-RunStale", (model) =>
    createElement(RunStaleButton, { model, commands, trans }),
  );
  add("stagebook-auto-run", "stagebook-AutoRun", (model) =>
    createElement(AutoRunButton, { model, choices: choices.autoRun, commands, trans }),
  );
}
