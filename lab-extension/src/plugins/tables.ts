/** The plugin of tables in outputs of cells: separate, so that it can be disabled alone. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { NotebookPanel } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { Widget } from "@lumino/widgets";
import type { NotebookModels } from "../model/notebook-models";
import { createTableFactory } from "../table/table-output";
import { StagebookTracker } from "../tokens";

export const tablesPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-stagebook:tables",
  description: "Sorts, filters and pages the tables that cells show.",
  autoStart: true,
  requires: [StagebookTracker, IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    models: NotebookModels,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyterlab-stagebook");
    rendermime.addFactory(
      createTableFactory({
        modelOf: async (widget) => {
          const panel = panelOf(widget);
          return panel && models.whenModel(panel);
        },
        trans,
      }),
    );
  },
};

/** An output may also have a tab of its own. */
function panelOf(widget: Widget): NotebookPanel | null {
  for (let each: Widget | null = widget; each; each = each.parent) if (each instanceof NotebookPanel) return each;
  return null;
}
