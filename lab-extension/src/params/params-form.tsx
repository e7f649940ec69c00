/** The form for the parameters of one notebook. Rendered by ParamsPanel. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { JSX, RefObject } from "react";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Preferences } from "../model/preferences";
import { useNotebookState, useSubscribable } from "../model/use-store";
import type { NotebookModel } from "../tokens";
import { createFormContext, resetParams } from "./form-context";
import { ParamFields } from "./param-fields";
import { ApplyBar, ParamsToolbar, SearchStatus } from "./params-toolbar";
import { openPresetMenu } from "./preset-menu";
import { useDrafts } from "./use-drafts";
import { useCachedValues, useForecast } from "./use-forecast";

export interface ParamsFormProps {
  readonly model: NotebookModel;
  readonly preferences: Preferences;
  /** Called with the height of the form, in CSS pixels. */
  readonly onHeight: (height: number) => void;
  readonly trans: TranslationBundle;
}

/** The notebook must have at least one parameter. */
export function ParamsForm({ model, preferences, onHeight, trans }: ParamsFormProps): JSX.Element {
  const { view, connection } = useNotebookState(model);
  const { typed, isPaused } = useDrafts(model, preferences);
  const forecast = useForecast(model, trans);
  const cached = useCachedValues(model);
  const [search, setSearch] = useState("");
  const params = useMemo(() => Object.values(view.params), [view.params]);
  const folded = useSubscribable(model.foldedParams);
  const disabled = connection !== "live";
  // With the Apply button, the forecast is shown next to the button.
  const rowForecast = isPaused ? null : forecast;
  const context = createFormContext({
    model,
    params,
    typed,
    forecast: rowForecast,
    cached,
    search,
    folded,
    disabled,
    trans,
  });
  const changed = params.filter((param) => param.overridden || param.name in typed).map(({ name }) => name);
  const form = useContentHeight(onHeight);
  return (
    <div ref={form} className="stagebook-Params" data-remembered={(disabled && connection !== "past") || undefined}>
      <ParamsToolbar
        search={search}
        onSearch={setSearch}
        onPresets={(button) => void openPresetMenu(model, button, trans)}
        onReset={disabled || changed.length === 0 ? null : () => resetParams(model, changed)}
        trans={trans}
      />
      <SearchStatus isEmpty={context.hidden.size === params.length} forecast={forecast?.text} trans={trans} />
      <ParamFields params={params} drafts={model.drafts} typed={typed} context={context} idPrefix="stagebook-param" />
      {isPaused && (
        <ApplyBar
          count={Object.values(typed).filter(({ phase }) => phase === "typing" || phase === "rejected").length}
          forecast={forecast?.text ?? ""}
          disabled={disabled}
          onApply={() => model.drafts.flush()}
          onDiscard={() => model.drafts.drop()}
          trans={trans}
        />
      )}
    </div>
  );
}

/** The element whose height is reported, now and whenever it changes. */
export function useContentHeight(onHeight: (height: number) => void): RefObject<HTMLDivElement> {
  const form = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = form.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => onHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [onHeight]);
  return form;
}
