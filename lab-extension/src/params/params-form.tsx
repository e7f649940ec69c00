/** The form over one notebook's parameters. Called by ParamsPanel. */
import type { JSX } from "react";
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { FormComponent } from "@jupyterlab/ui-components";
import type { IFormComponentProps } from "@jupyterlab/ui-components";
import type { ReadonlyJSONObject } from "@lumino/coreutils";
import type { ObjectFieldTemplateProps, RJSFValidationError, UiSchema } from "@rjsf/utils";
import { customizeValidator } from "@rjsf/validator-ajv8";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import type { ParamView } from "stagebook/protocol";
import { forecastText } from "../model/forecast";
import type { Preferences } from "../model/preferences";
import { useNotebookState } from "../model/use-store";
import { whatIfOf } from "../model/what-if";
import type { NotebookModel } from "../tokens";
import { errorText, findProblem, formSchema, toFormValue, toWireValue } from "./form-schema";
import type { FormValue } from "./form-schema";
import { cachedValuesOf } from "../model/cached-values";
import type { CachedValues } from "../model/cached-values";
import { controls } from "./param-controls";
import type { ParamFormContext } from "./param-controls";
import { draftsOf } from "../model/param-drafts";
import type { Drafts } from "../model/param-drafts";
import { ParamField, ReadOnlyParam } from "./param-row";
import { ApplyBar, ParamsToolbar } from "./params-toolbar";
import { openPresetMenu } from "./preset-menu";

// 4.7 is a multiple of 0.1 to a person, and not in binary floating point.
const validator = customizeValidator({ ajvOptionsOverrides: { multipleOfPrecision: 8, strict: false } });
const ID_PREFIX = "stagebook-param";

type FormChange = Parameters<IFormComponentProps["onChange"]>[0];

export interface ParamsFormProps {
  readonly model: NotebookModel;
  readonly preferences: Preferences;
  readonly trans: TranslationBundle;
}

export function ParamsForm({ model, preferences, trans }: ParamsFormProps): JSX.Element | null {
  const { view, connection } = useNotebookState(model);
  const isPast = connection === "past";
  const drafts = draftsOf(model);
  const allTyped = useSyncExternalStore(drafts.subscribe, drafts.get);
  useEffect(() => {
    if (!isPast) drafts.settle(view.params);
  }, [drafts, view.params, allTyped, isPast]);
  // What is typed belongs to now.
  const typed = isPast ? noDrafts : allTyped;
  const isHeld = useSyncExternalStore(preferences.subscribe, preferences.get).applyParams === "on button";
  useEffect(() => drafts.hold(isHeld), [drafts, isHeld]);
  const forecast = useForecast(model, trans);
  const freeValues = cachedValuesOf(model);
  const free = useSyncExternalStore(freeValues.subscribe, freeValues.get);
  useEffect(() => void freeValues.update(), [freeValues, view.stages, view.runs]);
  const [search, setSearch] = useState("");

  const params = useMemo(() => Object.values(view.params), [view.params]);
  const shape = JSON.stringify(params.map(({ name, kind, schema }) => [name, kind, schema]));
  // The form is built anew only when a parameter's declaration changes, not with each value.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const schema = useMemo(() => formSchema(params), [shape]);
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const uiSchema = useMemo(() => formUi(params), [shape]);
  const formData = useMemo(() => formValues(params, typed), [params, typed]);
  const disabled = connection !== "live";

  const reset = (names: readonly string[]): void => {
    for (const name of names) drafts.drop(name);
    const overridden = names.filter((name) => view.params[name]?.overridden);
    if (overridden.length === 0) return;
    model.send({ type: "reset-params", names: overridden }).catch((error: unknown) => {
      Notification.error(error instanceof Error ? error.message : String(error), { autoClose: 5000 });
    });
  };
  const context: ParamFormContext = {
    params: view.params,
    rejected: Object.fromEntries(
      Object.entries(typed).flatMap(([name, { message }]) => (message === undefined ? [] : [[name, message]])),
    ),
    drafted: new Set(Object.keys(typed)),
    disabled,
    reset: (name) => reset([name]),
    forecasts: forecast && !isHeld ? { [forecast.param]: forecast.text } : {},
    hidden: new Set(params.filter((param) => !isFound(param, search)).map((param) => param.name)),
    free: freeValues.isCurrent(view.stages) ? free : noFreeValues,
    attend: (name) => {
      if (!disabled) void freeValues.attend(name);
    },
    leave: (name) => freeValues.leave(name),
    grip: (name) => {
      drafts.grip(name);
      // Wherever the pointer is by then.
      const release = (): void => {
        for (const type of ["pointerup", "pointercancel"]) window.removeEventListener(type, release);
        drafts.release(name);
      };
      for (const type of ["pointerup", "pointercancel"]) window.addEventListener(type, release);
    },
    trans,
  };

  /** Values that differ from what was shown were typed just now. */
  const onChange = (change: FormChange): void => {
    const next = (change.formData ?? {}) as { readonly [name: string]: FormValue };
    for (const param of params) {
      if (param.kind === "other") continue;
      const value = next[param.name];
      if (value === formData[param.name] || JSON.stringify(value) === JSON.stringify(formData[param.name])) continue;
      const errors = change.errorSchema?.[param.name] as { readonly __errors?: readonly string[] } | undefined;
      const valid = !errors?.__errors?.length && findProblem(param, value, trans) === null;
      drafts.type(param, value, valid ? () => toWireValue(param, value) : null);
    }
  };

  if (params.length === 0) return null;
  const changed = params.filter((param) => param.overridden || param.name in typed);
  const hidesAll = context.hidden.size === params.length;
  return (
    <div className="stagebook-Params" data-remembered={(disabled && !isPast) || undefined}>
      <ParamsToolbar
        search={search}
        onSearch={setSearch}
        onPresets={(button) => void openPresetMenu(model, button, trans)}
        trans={trans}
      />
      {/* Always there, so that a screen reader says what changes in it. */}
      <div className="stagebook-Params-said" role="status">
        {hidesAll ? trans.__("No parameter is found.") : forecast?.text}
      </div>
      {hidesAll && <p className="stagebook-Params-none">{trans.__("No parameter is found.")}</p>}
      <FormComponent
        schema={schema}
        uiSchema={uiSchema as IFormComponentProps["uiSchema"]}
        formData={formData as ReadonlyJSONObject}
        formContext={context}
        validator={validator as IFormComponentProps["validator"]}
        templates={templates as IFormComponentProps["templates"]}
        idPrefix={ID_PREFIX}
        disabled={disabled}
        liveValidate
        noHtml5Validate
        showErrorList={false}
        transformErrors={(errors: RJSFValidationError[]) =>
          errors.map((error) => ({ ...error, message: errorText(error, trans) }))
        }
        customValidate={(values, errors) => {
          for (const param of params) {
            const problem =
              param.kind === "json" || param.kind === "date"
                ? findProblem(param, (values as typeof formData)[param.name], trans)
                : null;
            const field = (
              errors as unknown as { readonly [name: string]: { addError(text: string): void } | undefined }
            )[param.name];
            if (problem !== null) field?.addError(problem);
          }
          return errors;
        }}
        onChange={onChange}
        onSubmit={() => drafts.flush()}
      />
      {params
        .filter((param) => param.kind === "other" && !context.hidden.has(param.name))
        .map((param) => (
          <ReadOnlyParam key={param.name} param={param} trans={trans} />
        ))}
      {isHeld && (
        <ApplyBar
          count={Object.values(typed).filter(({ phase }) => phase === "typing" || phase === "rejected").length}
          forecast={forecast?.text ?? ""}
          disabled={disabled}
          onApply={() => drafts.flush()}
          onDiscard={() => drafts.drop()}
          trans={trans}
        />
      )}
      <div className="stagebook-Params-foot">
        <button
          type="button"
          className="stagebook-Params-resetAll"
          disabled={disabled || changed.length === 0}
          onClick={() => reset(changed.map((param) => param.name))}
        >
          {trans.__("Reset all")}
        </button>
      </div>
    </div>
  );
}

/** What the values in the form would run, with the parameter that was changed last; null while nothing is changed. */
function useForecast(
  model: NotebookModel,
  trans: TranslationBundle,
): { readonly param: string; readonly text: string } | null {
  const whatIf = whatIfOf(model);
  const forecast = useSyncExternalStore(whatIf.subscribe, whatIf.get);
  const param = forecast?.params.at(-1);
  return forecast && param !== undefined ? { param, text: forecastText(forecast, trans) } : null;
}

/** Every word of the search is in the name or the description. */
function isFound({ name, description = "" }: ParamView, search: string): boolean {
  const text = `${name} ${description}`.toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/u)
    .every((word) => text.includes(word));
}

const noFreeValues: CachedValues = {};
const noDrafts: Drafts = {};

const templates = {
  FieldTemplate: ParamField,
  ObjectFieldTemplate: ({ properties }: ObjectFieldTemplateProps) => (
    <>{properties.map((property) => property.content)}</>
  ),
};

function formUi(params: readonly ParamView[]): UiSchema {
  const fields = params.flatMap((param) =>
    param.kind === "other" ? [] : [[param.name, { "ui:widget": controls[param.kind] }] as const],
  );
  return { ...Object.fromEntries(fields), "ui:order": [...fields.map(([name]) => name), "*"] } as UiSchema;
}

/** What is typed goes before what the kernel has. */
function formValues(params: readonly ParamView[], typed: Drafts): { readonly [name: string]: FormValue } {
  return Object.fromEntries(
    params
      .filter((param) => param.kind !== "other")
      .map((param) => {
        const draft = typed[param.name];
        return [param.name, draft ? draft.value : toFormValue(param, param.value)];
      }),
  );
}
