/** The panel of the notebook's parameters. Created by Sidebar. */
import type { JSX } from "react";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Preferences } from "../model/preferences";
import { useNotebookState } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { Panel } from "../ui/panel";
import type { ParamsFormProps } from "./params-form";
import { ParamsForm, useContentHeight } from "./params-form";

export class ParamsPanel extends Panel {
  constructor(
    tracker: StagebookTracker,
    trans: TranslationBundle,
    private readonly preferences: Preferences,
  ) {
    super({
      tracker,
      trans,
      name: "params",
      className: "stagebook-ParamsPanel",
      label: trans.__("Parameters"),
      caption: trans.__("Parameters of the notebook. Changing one makes the stages that depend on it stale."),
    });
  }

  protected override renderNotebook(model: NotebookModel): JSX.Element {
    return (
      <NotebookParams
        model={model}
        preferences={this.preferences}
        onHeight={this.setContentHeight}
        trans={this.trans}
      />
    );
  }
}

function NotebookParams(props: ParamsFormProps): JSX.Element {
  const { model } = props;
  const { view } = useNotebookState(model);
  return Object.keys(view.params).length > 0 ? <ParamsForm {...props} /> : <NoParams {...props} />;
}

function NoParams({ model, onHeight, trans }: ParamsFormProps): JSX.Element {
  const { connection } = useNotebookState(model);
  const note = useContentHeight(onHeight);
  return (
    <div ref={note} className="stagebook-Empty stagebook-Params-none" role="status">
      <p>
        {connection === "live" ? (
          <>
            {trans.__("No parameters yet. Define one in a cell:")} <code>const limit = param("limit", 4.5);</code>
          </>
        ) : (
          trans.__("The parameters of the notebook appear here.")
        )}
      </p>
    </div>
  );
}
