/** The plugin of the status bar items: separate, so that it can be disabled alone. */
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
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: StagebookTracker,
    bar: IStatusBar | null,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyterlab-stagebook");
    bar?.registerStatusItem("jupyterlab-stagebook:status", {
      item: new StatusItem(tracker, trans, () => void app.commands.execute(COMMANDS.open)),
      align: "left",
      rank: 100,
    });
    bar?.registerStatusItem("jupyterlab-stagebook:log", {
      item: new LogStatusItem(tracker, trans, () => void app.commands.execute(COMMANDS.showLog)),
      align: "left",
      rank: 101,
    });
  },
};
