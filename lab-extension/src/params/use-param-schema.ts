/** The hook that creates the schema of the form. Called by ParamFields. */
import type { RJSFSchema, UiSchema } from "@rjsf/utils";
import { useMemo } from "react";
import type { ParamView } from "stagebook/protocol";
import { formSchema } from "./form-schema";
import { isNested } from "../model/params/value-shape";
import { NestedField } from "./nested/nested-field";
import { controls } from "./param-controls";

export interface ParamSchema {
  readonly schema: RJSFSchema;
  readonly uiSchema: UiSchema;
}

/** The same object until the declaration of a parameter changes: FormComponent rebuilds all controls for another one. */
export function useParamSchema(params: readonly ParamView[]): ParamSchema {
  const declarations = JSON.stringify(params.map(({ name, kind, schema }) => [name, kind, schema]));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- values and texts are not part of the schema
  return useMemo(() => ({ schema: formSchema(params), uiSchema: createUiSchema(params) }), [declarations]);
}

function createUiSchema(params: readonly ParamView[]): UiSchema {
  const fields = params.flatMap((param) =>
    param.kind === "other"
      ? []
      : [[param.name, isNested(param) ? { "ui:field": NestedField } : { "ui:widget": controls[param.kind] }] as const],
  );
  return { ...Object.fromEntries(fields), "ui:order": [...fields.map(([name]) => name), "*"] } as UiSchema;
}
