/** The controls of the parameters that can be edited, as JupyterLab's FormComponent. Rendered by ParamsForm. */
import { FormComponent } from "@jupyterlab/ui-components";
import type { IFormComponentProps } from "@jupyterlab/ui-components";
import type { ReadonlyJSONObject } from "@lumino/coreutils";
import type { RJSFValidationError } from "@rjsf/utils";
import type { JSX } from "react";
import { useMemo } from "react";
import type { ParamView } from "stagebook/protocol";
import type { Drafts, FormValue, ParamDrafts } from "../model/params/param-drafts";
import { errorText, findProblem, toFormValue, toWireValue } from "./form-schema";
import type { ParamFormContext } from "./param-controls";
import { ParamGroups } from "./param-groups";
import { ParamField } from "./param-row";
import { useParamSchema } from "./use-param-schema";
import { validator } from "./validator";

export interface ParamFieldsProps {
  readonly params: readonly ParamView[];
  readonly drafts: ParamDrafts;
  /** The drafts to show. */
  readonly typed: Drafts;
  readonly context: ParamFormContext;
  /** Begins the ids of the controls: another one for each form in the window. */
  readonly idPrefix: string;
}

export function ParamFields({ params, drafts, typed, context, idPrefix }: ParamFieldsProps): JSX.Element {
  const { schema, uiSchema } = useParamSchema(params);
  const values = useMemo(() => formValues(params, typed), [params, typed]);
  return (
    <FormComponent
      schema={schema}
      uiSchema={uiSchema as IFormComponentProps["uiSchema"]}
      formData={values as ReadonlyJSONObject}
      formContext={context}
      validator={validator as IFormComponentProps["validator"]}
      templates={templates as IFormComponentProps["templates"]}
      idPrefix={idPrefix}
      disabled={context.disabled}
      liveValidate
      noHtml5Validate
      showErrorList={false}
      transformErrors={(errors: RJSFValidationError[]) =>
        errors.map((error) => ({
          ...error,
          message: errorText(error, context.trans),
          property: pathOf(error.property ?? "", params),
        }))
      }
      customValidate={(edited, errors) => {
        addTextErrors(params, edited ?? {}, errors, context);
        return errors;
      }}
      onChange={(change) => typeChanges(params, values, change, { drafts, context })}
      onSubmit={() => drafts.flush()}
    />
  );
}

/** The parameter of an error as a path that FormComponent reads, which would take `etl/limit` and `a.b` apart. */
function pathOf(property: string, params: readonly ParamView[]): string {
  const pointer = property.replace(/^\./, "").replaceAll("~1", "/").replaceAll("~0", "~");
  const name = params.find((param) => param.name === property || param.name === pointer)?.name;
  return name === undefined ? property : `[${JSON.stringify(name)}]`;
}

type FormChange = Parameters<IFormComponentProps["onChange"]>[0];
/** By parameter name. */
type FormValues = { readonly [name: string]: FormValue };
type FieldErrors = { readonly [name: string]: { addError(text: string): void } | undefined };

const templates = {
  FieldTemplate: ParamField,
  ObjectFieldTemplate: ParamGroups,
};

/** What the user typed takes precedence over the kernel's value. */
function formValues(params: readonly ParamView[], typed: Drafts): FormValues {
  return Object.fromEntries(
    params
      .filter((param) => param.kind !== "other")
      .map((param) => {
        const draft = typed[param.name];
        return [param.name, draft ? draft.value : toFormValue(param, param.value)];
      }),
  );
}

/** Adds the problems with the texts of values, which the schema cannot describe. */
function addTextErrors(
  params: readonly ParamView[],
  values: FormValues,
  errors: FieldErrors,
  { trans }: ParamFormContext,
): void {
  for (const param of params) {
    if (
      param.kind === "other" ||
      param.kind === "secret" ||
      param.kind === "choice" ||
      param.kind === "boolean" ||
      param.kind === "string"
    )
      continue;
    const problem = findProblem(param, values[param.name], trans);
    if (problem !== null) errors[param.name]?.addError(problem);
  }
}

/** Makes drafts of the values that differ from the shown ones: the user has just typed them. */
function typeChanges(
  params: readonly ParamView[],
  values: FormValues,
  change: FormChange,
  { drafts, context }: Pick<ParamFieldsProps, "drafts" | "context">,
): void {
  const edited = (change.formData ?? {}) as FormValues;
  for (const param of params) {
    if (param.kind === "other") continue;
    const value = edited[param.name];
    const before = values[param.name];
    if (value === before || JSON.stringify(value) === JSON.stringify(before)) continue;
    const errors = change.errorSchema?.[param.name] as { readonly __errors?: readonly string[] } | undefined;
    const isValid = !errors?.__errors?.length && findProblem(param, value, context.trans) === null;
    drafts.type(param, value, isValid ? () => toWireValue(param, value) : null);
  }
}
