/** The plugin of `show(pipeline)`: separate, so that it can be disabled alone. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from "@jupyterlab/application";
import { IRenderMimeRegistry } from "@jupyterlab/rendermime";
import { ITranslator, nullTranslator } from "@jupyterlab/translation";
import { createGraphFactory } from "../graph/graph-output";

export const graphOutputPlugin: JupyterFrontEndPlugin<void> = {
  id: "jupyterlab-stagebook:graph-output",
  description: "Draws the pipeline in the outputs of cells.",
  autoStart: true,
  requires: [IRenderMimeRegistry],
  optional: [ITranslator],
  activate: (_: JupyterFrontEnd, outputs: IRenderMimeRegistry, translator: ITranslator | null) => {
    outputs.addFactory(createGraphFactory((translator ?? nullTranslator).load("jupyterlab-stagebook")), 10);
  },
};
