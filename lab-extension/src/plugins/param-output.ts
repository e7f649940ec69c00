/** The plugin of `show(param)`: controls in the outputs of cells. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { INotebookTracker } from "@jupyterlab/notebook";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import type { Widget } from "@lumino/widgets";
import { PARAMS_MIME } from "stagebook/protocol";
import type { NotebookModels } from "../model/notebook-models";
import { ParamOutput } from "../params/param-output";
import { StagebookTracker } from "../tokens";
import type { NotebookModel } from "../tokens";
import { UserChoices } from "./preferences";

export const paramOutputPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-stagebook:param-output",
  description: "Shows parameters as controls in the outputs of cells.",
  autoStart: true,
  requires: [StagebookTracker, UserChoices, INotebookTracker, IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    models: NotebookModels,
    { preferences }: UserChoices,
    notebooks: INotebookTracker,
    outputs: IRenderMimeRegistry,
    translator: ITranslator | null,
  ) => {
    const trans = (translator ?? nullTranslator).load("jupyterlab-stagebook");
    const findModel = (output: Widget): Promise<NotebookModel> | null => {
      const panel = notebooks.find((candidate) => candidate.node.contains(output.node));
      return panel ? models.whenModel(panel) : null;
    };
    outputs.addFactory(
      {
        // It can only set parameters of the notebook's own kernel, by the user's hand.
        safe: true,
        mimeTypes: [PARAMS_MIME],
        // Before text and HTML.
        defaultRank: 10,
        createRenderer: () => new ParamOutput({ findModel, preferences, trans }),
      },
      10,
    );
  },
};
