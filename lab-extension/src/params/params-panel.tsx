/** The parameters in the sidebar. Created by Sidebar. */
import type { JSX } from "react";
import type { TranslationBundle } from "@jupyterlab/translation";
import { ReactWidget } from "@jupyterlab/ui-components";
import type { Message } from "@lumino/messaging";
import type { Preferences } from "../model/preferences";
import { useCurrent, useNotebookState } from "../model/use-store";
import type { NotebookModel, StagebookTracker } from "../tokens";
import { ParamsForm } from "./params-form";

export class ParamsPanel extends ReactWidget {
  constructor(
    private readonly tracker: StagebookTracker,
    private readonly trans: TranslationBundle,
    private readonly preferences: Preferences,
  ) {
    super();
    this.node.dataset.stagebook = "params";
    this.addClass("stagebook-Panel");
    this.addClass("stagebook-ParamsPanel");
    this.title.label = trans.__("Parameters");
    this.title.caption = trans.__("The notebook's parameters; a change makes stale what depends on it");
  }

  protected override render(): JSX.Element | null {
    if (!this.isVisible) return null;
    return <CurrentParams tracker={this.tracker} preferences={this.preferences} trans={this.trans} />;
  }

  protected override onAfterShow(_message: Message): void {
    this.update();
  }

  protected override onAfterHide(_message: Message): void {
    this.update();
  }
}

interface ParamsProps {
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
}

function CurrentParams({
  tracker,
  ...props
}: ParamsProps & { readonly tracker: StagebookTracker }): JSX.Element | null {
  const model = useCurrent(tracker);
  return model && <NotebookParams key={model.path} model={model} {...props} />;
}

function NotebookParams({ model, preferences, trans }: ParamsProps & { readonly model: NotebookModel }): JSX.Element {
  const { view, connection } = useNotebookState(model);
  if (Object.keys(view.params).length > 0) return <ParamsForm model={model} preferences={preferences} trans={trans} />;
  return (
    <div className="stagebook-Empty" role="status">
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
