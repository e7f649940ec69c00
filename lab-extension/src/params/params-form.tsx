/** The form over one notebook's parameters. Called by ParamsPanel. */
import type { JSX } from "react";
import { Notification } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import { FormComponent } from "@jupyterlab/ui-components";
import type { IFormComponentProps } from "@jupyterlab/ui-components";
import type { ReadonlyJSONObject } from "@lumino/coreutils";
import type { ObjectFieldTemplateProps, RJSFValidationError, UiSchema } from "@rjsf/utils";
import { customizeValidator } from "@rjsf/validator-ajv8";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import type { ParamView } from "stagebook/protocol";
import { useNotebookState } from "../stores/use-store";
import type { NotebookModel } from "../tokens";
import { errorText, findProblem, formSchema, toFormValue, toWireValue } from "./form-schema";
import type { FormValue } from "./form-schema";
import { controls } from "./param-controls";
import type { ParamFormContext } from "./param-controls";
import { draftsOf } from "./param-drafts";
import type { Drafts } from "./param-drafts";
import { ParamField, ReadOnlyParam } from "./param-row";

// 4.7 is a multiple of 0.1 to a person, and not in binary floating point.
const validator = customizeValidator({ ajvOptionsOverrides: { multipleOfPrecision: 8, strict: false } });
const ID_PREFIX = "stagebook-param";

type FormChange = Parameters<IFormComponentProps["onChange"]>[0];

export function ParamsForm({
  model,
  trans,
}: {
  readonly model: NotebookModel;
  readonly trans: TranslationBundle;
}): JSX.Element | null {
  const { view, connection } = useNotebookState(model);
  const drafts = draftsOf(model);
  const typed = useSyncExternalStore(drafts.subscribe, drafts.get);
  useEffect(() => drafts.settle(view.params), [drafts, view.params, typed]);

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
  return (
    <div className="stagebook-Params" data-remembered={disabled || undefined}>
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
        .filter((param) => param.kind === "other")
        .map((param) => (
          <ReadOnlyParam key={param.name} param={param} trans={trans} />
        ))}
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
