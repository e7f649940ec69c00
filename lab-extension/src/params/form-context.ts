/** The form context, created from the state of one notebook and its form. Called by ParamsForm with each render. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { ParamView } from "stagebook/protocol";
import type { CachedValues } from "../model/params/cached-values";
import type { Drafts } from "../model/params/param-drafts";
import type { NotebookModel } from "../tokens";
import { notifyFailure } from "../ui/notify";
import type { ParamFormContext } from "./param-controls";
import type { ParamForecast } from "./use-forecast";

export interface FormState {
  readonly model: NotebookModel;
  readonly params: readonly ParamView[];
  readonly typed: Drafts;
  /** Null when none is shown next to a parameter. */
  readonly forecast: ParamForecast | null;
  readonly cached: CachedValues;
  readonly search: string;
  readonly folded: ReadonlySet<string>;
  readonly disabled: boolean;
  readonly trans: TranslationBundle;
}

export function createFormContext(state: FormState): ParamFormContext {
  const { model, params, typed, forecast, cached, search, folded, disabled, trans } = state;
  return {
    params: Object.fromEntries(params.map((param) => [param.name, param])),
    rejected: Object.fromEntries(
      Object.entries(typed).flatMap(([name, { message }]) => (message === undefined ? [] : [[name, message]])),
    ),
    drafted: new Set(Object.keys(typed)),
    disabled,
    reset: (name) => resetParams(model, [name]),
    forecasts: forecast ? { [forecast.param]: forecast.text } : {},
    hidden: new Set(params.filter((param) => !matches(param, search)).map(({ name }) => name)),
    cached,
    activate: (name) => {
      if (!disabled) void model.cachedValues.activate(name);
    },
    deactivate: (name) => model.cachedValues.deactivate(name),
    startDrag: (name) => startDrag(model, name),
    folded,
    foldGroup: (group, isFolded) => model.foldedParams.set(group, isFolded),
    trans,
  };
}

/** Drops what was typed, and restores the defaults in the kernel. */
export function resetParams(model: NotebookModel, names: readonly string[]): void {
  for (const name of names) model.drafts.drop(name);
  const { params } = model.getState().view;
  const overridden = names.filter((name) => params[name]?.overridden);
  if (overridden.length === 0) return;
  model.send({ type: "reset-params", names: overridden }).catch(notifyFailure);
}

/** Until the pointer is released, wherever it is by then. */
function startDrag({ drafts }: NotebookModel, name: string): void {
  drafts.startDrag(name);
  const release = (): void => {
    for (const type of ["pointerup", "pointercancel"]) window.removeEventListener(type, release);
    drafts.endDrag(name);
  };
  for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, release);
}

/** True when the name or the description contains every word of the search. */
function matches({ name, description = "" }: ParamView, search: string): boolean {
  const text = `${name} ${description}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}
