/** The hooks over what the values in the form cost to run. Called by ParamsForm. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { useEffect } from "react";
import type { CachedValues } from "../model/params/cached-values";
import { forecastText } from "../model/params/forecast";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";

export interface ParamForecast {
  /** The parameter that was changed last. */
  readonly param: string;
  readonly text: string;
}

/** The forecast for all values in the form; null while none is being changed. */
export function useForecast(model: NotebookModel, trans: TranslationBundle): ParamForecast | null {
  const forecast = useSubscribable(model.forecast);
  const param = forecast?.params.at(-1);
  return forecast && param !== undefined ? { param, text: forecastText(forecast, trans) } : null;
}

/** The values under which every stage is cached; none while they are out of date. */
export function useCachedValues(model: NotebookModel): CachedValues {
  const { view } = useNotebookState(model);
  const { cachedValues } = model;
  const cached = useSubscribable(cachedValues);
  useEffect(() => void cachedValues.update(), [cachedValues, view.stages, view.runs]);
  return cachedValues.isCurrent(view.stages) ? cached : noValues;
}

const noValues: CachedValues = {};
