/** The extension: makes a model for each notebook, and puts sidebar, log, commands and toolbar button in their places. */
import { ILabShell, ILayoutRestorer } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ICommandPalette, IToolbarWidgetRegistry, Notification } from "@jupyterlab/apputils";
import type { ISessionContext } from "@jupyterlab/apputils";
import { INotebookCellExecutor, INotebookTracker } from "@jupyterlab/notebook";
import type { NotebookPanel } from "@jupyterlab/notebook";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStateDB } from "@jupyterlab/statedb";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { createElement } from "react";
import type { CellId, RunId } from "stagebook/protocol";
import { AutoRunButton } from "./cells/auto-run-button";
import { AutoRunChoices } from "./model/auto-run-choices";
import { NotebookCells } from "./cells/notebook-cells";
import { RunStaleButton } from "./cells/run-stale-button";
import { ToolbarItem } from "./cells/toolbar-item";
import { COMMANDS } from "./command-ids";
import { addCommands } from "./plugins/commands";
import { PICTURE_FORMATS } from "./graph/canvas/export-picture";
import { stagebookIcon } from "./icons";
import { LogPanel } from "./log/log-panel";
import { PastRunModel } from "./model/past-run-model";
import { KernelSession } from "./session/kernel-session";
import { PanelPlacement } from "./sidebar/panel-placement";
import { Sidebar } from "./sidebar/sidebar";
import { animationFrame } from "./model/animation-frame";
import { browserMemory } from "./model/memory";
import { Preferences } from "./model/preferences";
import { NotebookModels } from "./model/notebook-models";
import { NotebookStore } from "./model/notebook-store";
import { notifyLongRuns } from "./status/run-notices";
import { statusPlugin } from "./plugins/status";
import { StagebookTracker } from "./tokens";

const DOMAIN = "jupyterlab-stagebook";
const TRACKER_ID = "jupyterlab-stagebook:tracker";
const PLUGIN_ID = "jupyterlab-stagebook:plugin";

/** Shared by the plugins of this package: the second one connects them with the settings. */
const preferences = new Preferences();
const autoRun = new AutoRunChoices(
  () => window.localStorage,
  () => preferences.get().autoRun,
);

const trackerPlugin: JupyterFrontEndPlugin<NotebookModels> = {
  id: TRACKER_ID,
  description: "Follows the notebooks and the Stagebook in their kernels, and marks cells.",
  autoStart: true,
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- this plugin makes the only instance
  provides: StagebookTracker,
  requires: [INotebookTracker, INotebookCellExecutor],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    executor: INotebookCellExecutor,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const sessions = new Map<ISessionContext, KernelSession>();
    const models = new NotebookModels(notebooks, async (panel) => {
      const remembered = await browserMemory.load(panel.context.path);
      const cells = new NotebookCells({
        panel,
        executor,
        translator: translator ?? nullTranslator,
        trans,
        activate: () => app.shell.activateById(panel.id),
        autoRun: {
          isOn: () => autoRun.isOn(panel.context.path),
          delayMs: () => preferences.get().autoRunDelayMs,
        },
      });
      const known = sessions.get(panel.sessionContext);
      const kernel = known ?? new KernelSession(panel.sessionContext, () => panel.context.path, trans);
      sessions.set(panel.sessionContext, kernel);
      if (!known) panel.sessionContext.disposed.connect(() => sessions.delete(panel.sessionContext));
      const store = new NotebookStore({
        page: cells,
        kernel,
        memory: browserMemory,
        frame: animationFrame,
        remembered,
      });
      cells.follow(store);
      const notices = notifyLongRuns(store, {
        preferences: preferences.get,
        isHidden: () => document.visibilityState === "hidden" || !panel.isVisible,
        notify: ({ kind, text }) => void Notification.emit(text, kind, { autoClose: false }),
        trans,
      });
      panel.context.pathChanged.connect(() => store.renamed());
      panel.disposed.connect(() => {
        notices.unsubscribe();
        cells.dispose();
      });
      known?.sync();
      return new PastRunModel(store, trans);
    });
    // A tab that is hidden may never be seen again.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") for (const model of models.all()) void model.save();
    });
    // The kernel need not go on sending to a page that is gone.
    window.addEventListener("pagehide", ({ persisted }) => {
      if (!persisted) for (const session of sessions.values()) session.dispose();
    });
    return models;
  },
};

/** Every command, and one with arguments as often as it has meanings. */
const paletteItems = Object.values(COMMANDS).flatMap<{ command: string; args: { format?: string } }>((command) =>
  command === COMMANDS.exportGraph
    ? PICTURE_FORMATS.map((format) => ({ command, args: { format } }))
    : { command, args: {} },
);

const plugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN_ID,
  description: "The sidebar, the log, the commands and the toolbar button.",
  autoStart: true,
  requires: [StagebookTracker, INotebookTracker, ILabShell, IStateDB, ISettingRegistry],
  optional: [ITranslator, ICommandPalette, IToolbarWidgetRegistry, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    models: NotebookModels,
    notebooks: INotebookTracker,
    shell: ILabShell,
    state: IStateDB,
    settings: ISettingRegistry,
    translator: ITranslator | null,
    palette: ICommandPalette | null,
    toolbars: IToolbarWidgetRegistry | null,
    restorer: ILayoutRestorer | null,
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const { commands } = app;
    const sidebar = new Sidebar({
      tracker: models,
      commands,
      translator: translator ?? nullTranslator,
      trans,
      state,
      preferences,
    });
    const log = new LogPanel(models, trans, commands);
    log.id = "stagebook-log";
    log.title.label = trans.__("Stagebook Log");
    log.title.icon = stagebookIcon;
    log.title.closable = true;

    const places = new PanelPlacement({ shell, sidebar, log, state, restorer });
    addCommands({
      commands,
      tracker: models,
      models: () => models.all(),
      trans,
      open: () => places.open(),
      showLog: (only) => {
        if (only.run !== null || only.stage !== null)
          log.showOnly({ run: only.run as RunId | null, stage: only.stage });
        places.showLog();
      },
      stageUnderMenu: () => app.contextMenuHitTest((node) => "stage" in node.dataset)?.dataset.stage ?? null,
      activeCell: () => {
        const cell = notebooks.activeCell;
        return cell?.model.type === "code" ? (cell.model.id as CellId) : null;
      },
      showRuns: () => {
        places.open();
        sidebar.showRuns();
      },
      autoRun,
      preferences,
      picture: () => sidebar.graph.picture,
    });
    for (const { command, args } of paletteItems) palette?.addItem({ command, args, category: trans.__("Stagebook") });
    toolbars?.addFactory<NotebookPanel>("Notebook", "stagebook-run-stale", (panel) => {
      const item = new ToolbarItem("stagebook-RunStale", (model) =>
        createElement(RunStaleButton, { model, commands, trans }),
      );
      void models.whenModel(panel).then((model) => item.follow(model));
      return item;
    });
    toolbars?.addFactory<NotebookPanel>("Notebook", "stagebook-auto-run", (panel) => {
      const item = new ToolbarItem("stagebook-AutoRun", (model) =>
        createElement(AutoRunButton, { model, choices: autoRun, commands, trans }),
      );
      void models.whenModel(panel).then((model) => item.follow(model));
      return item;
    });
    void Promise.all([settings.load(PLUGIN_ID), app.restored]).then(([loaded]) => {
      preferences.follow(loaded);
      const openAtStart = loaded.get("openAtStart").composite !== false;
      if (openAtStart) places.openOnFirstUse(notebooks, models);
    });
  },
};

export default [trackerPlugin, plugin, statusPlugin];
