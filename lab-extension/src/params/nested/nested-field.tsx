/** The control of a nested value: an object, a list, a union, several choices. A custom field of FormComponent, used by ParamFields. */
import type { FieldProps } from "@rjsf/utils";
import type { JSX } from "react";
import { useMemo } from "react";
import type { Json } from "stagebook/protocol";
import { shapeOf } from "../../model/params/value-shape";
import type { ParamFormContext } from "../param-controls";
import { NestedValue } from "./nested-value";

export function NestedField(props: FieldProps<unknown, object, ParamFormContext>): JSX.Element | null {
  const { name, formContext, formData, idSchema, disabled = false, onChange } = props;
  const schema = formContext?.params[name]?.schema;
  const shape = useMemo(() => (schema ? shapeOf(schema) : null), [schema]);
  if (!shape || !formContext) return null;
  return (
    <div id={idSchema.$id} data-param={name} className="stagebook-Nested" aria-describedby={`${idSchema.$id}__about`}>
      <NestedValue
        shape={shape}
        value={formData as Json}
        label={name}
        disabled={disabled}
        trans={formContext.trans}
        onChange={onChange}
      />
    </div>
  );
}
