/** The output of `show(param)` in a cell. Created by the plugin of the same name, for JupyterLab's renderer of outputs. */
import type { IRenderMime } from "@jupyterlab/rendermime-interfaces";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import type { Widget } from "@lumino/widgets";
import type { ReactElement } from "react";
import { PARAMS_MIME, paramText } from "stagebook/protocol";
import type { ParamView, ShownParams } from "stagebook/protocol";
import type { Preferences } from "../model/preferences";
import type { NotebookModel } from "../tokens";
import { InlineParams } from "./inline-params";

export interface ParamOutputOptions {
  /** The model of the notebook that the output belongs to; null for an output outside of notebooks. */
  readonly findModel: (output: Widget) => Promise<NotebookModel> | null;
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
}

export class ParamOutput extends ReactWidget implements IRenderMime.IRenderer {
  private shown: readonly ParamView[] = [];
  private model: NotebookModel | null = null;

  constructor(private readonly options: ParamOutputOptions) {
    super();
    this.addClass("stagebook-ParamOutput");
    // Its controls use the keys that are shortcuts in a notebook.
    this.node.dataset.lmSuppressShortcuts = "true";
  }

  renderModel({ data }: IRenderMime.IMimeModel): Promise<void> {
    const { params } = data[PARAMS_MIME] as unknown as ShownParams;
    this.shown = params;
    this.update();
    return Promise.resolve();
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    void this.options.findModel(this)?.then((model) => {
      this.model = model;
      if (!this.isDisposed) this.update();
    });
  }

  protected override render(): ReactElement {
    const { preferences, trans } = this.options;
    if (this.model)
      return <InlineParams model={this.model} shown={this.shown} preferences={preferences} trans={trans} />;
    return <pre>{this.shown.map(paramText).join("\n")}</pre>;
  }
}
