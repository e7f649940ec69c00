/** Parameters as controls in the output of a cell: the rows of the form, for a few of them. Rendered by ParamOutput. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JSX } from "react";
import { useId } from "react";
import type { ParamView } from "stagebook/protocol";
import type { Preferences } from "../model/preferences";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import { createFormContext } from "./form-context";
import { ParamFields } from "./param-fields";
import { useDrafts } from "./use-drafts";
import { useCachedValues, useForecast } from "./use-forecast";

export interface InlineParamsProps {
  readonly model: NotebookModel;
  /** Their state when the output was created: shown until the kernel sends the current one. */
  readonly shown: readonly ParamView[];
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
}

export function InlineParams({ model, shown, preferences, trans }: InlineParamsProps): JSX.Element {
  const { view, connection } = useNotebookState(model);
  const { typed } = useDrafts(model, preferences);
  const forecast = useForecast(model, trans);
  const cached = useCachedValues(model);
  const folded = useSubscribable(model.foldedParams);
  const idPrefix = `stagebook-inline-${useId().replaceAll(":", "")}`;
  const disabled = connection !== "live";
  // A parameter whose definition is gone can only be read.
  const params = shown.map(
    (param): ParamView => view.params[param.name] ?? (disabled ? param : { ...param, kind: "other" }),
  );
  const context = createFormContext({ model, params, typed, forecast, cached, search: "", folded, disabled, trans });
  return (
    <div className="stagebook-Params stagebook-InlineParams" data-remembered={disabled || undefined}>
      <ParamFields params={params} drafts={model.drafts} typed={typed} context={context} idPrefix={idPrefix} />
    </div>
  );
}
