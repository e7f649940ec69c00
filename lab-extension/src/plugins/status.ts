/** The plugin of the status bar items: separate, so that it can be disabled alone. */
import { ILabShell } from "@jupyterlab/application";
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { COMMANDS } from "../command-ids";
import { StagebookTracker } from "../tokens";
import { LogStatusItem } from "../status/log-status-item";
import { StatusItem } from "../status/status-item";

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-stagebook:status",
  description: "Shows the number of up-to-date stages, and of new log lines, in the status bar.",
  autoStart: true,
  requires: [StagebookTracker],
  optional: [IStatusBar, ITranslator, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    tracker: StagebookTracker,
    bar: IStatusBar | null,
    translator: ITranslator | null,
    labShell: ILabShell | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyterlab-stagebook");
    const status = new StatusItem(tracker, trans, () => void app.commands.execute(COMMANDS.open));
    const log = new LogStatusItem(tracker, trans, () => void app.commands.execute(COMMANDS.showLog));
    bar?.registerStatusItem("jupyterlab-stagebook:status", { item: status, align: "left", rank: 100 });
    bar?.registerStatusItem("jupyterlab-stagebook:log", { item: log, align: "left", rank: 101 });
    if (bar || labShell) return;
    // Notebook has no status bar: it shows the states of a notebook beside its menus.
    for (const [id, item] of Object.entries({ "stagebook-status": status, "stagebook-log-status": log })) {
      item.id = id;
      item.addClass("stagebook-mod-menuArea");
      app.shell.add(item, "menu", { rank: 11_000 });
    }
  },
};
