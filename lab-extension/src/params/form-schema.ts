/** The form of the parameters: what FormComponent is given, and how values go in and out. Pure. Called by ParamsForm. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { RJSFSchema, RJSFValidationError } from "@rjsf/utils";
import type { Json, JsonObject, ParamView } from "stagebook/protocol";

/** What a control holds: a date is `2026-01-31` or `2026-01-31T12:30:00`, other structures are their JSON text. */
export type FormValue = Json | undefined;

/** One object with a property for each parameter that can be edited. */
export function formSchema(params: readonly ParamView[]): RJSFSchema {
  const editable = params.filter((param) => param.kind !== "other");
  return {
    type: "object",
    properties: Object.fromEntries(editable.map((param) => [param.name, fieldSchema(param)])),
    required: editable.map((param) => param.name),
  };
}

function fieldSchema(param: ParamView): RJSFSchema {
  switch (param.kind) {
    // Their text is checked by parseJson and the browser's date control, and the value by the kernel.
    case "json":
    case "date":
    case "other":
      return { type: "string" };
    case "choice":
      return { enum: [...choices(param)] } as RJSFSchema;
    default: {
      // Label and description come from the parameter itself; a default would be filled in for an emptied control.
      const { title: _title, description: _description, default: _default, ...schema } = param.schema;
      return schema;
    }
  }
}

export function choices(param: ParamView): readonly Json[] {
  return Array.isArray(param.schema.enum) ? (param.schema.enum as readonly Json[]) : [];
}

/** What the control of a parameter shows for a value from the wire. */
export function toFormValue(param: ParamView, value: Json): FormValue {
  if (param.kind === "json") return JSON.stringify(value, null, 2);
  if (param.kind === "date" && typeof value === "string")
    return hasTime(param) ? value.slice(0, 19) : value.slice(0, 10);
  return value;
}

/** The value to send for what the control holds. Only for what `findProblem` finds nothing wrong with. */
export function toWireValue(param: ParamView, value: FormValue): Json {
  if (param.kind === "json") return JSON.parse(textIn(value)) as Json;
  if (param.kind === "date")
    return new Date(`${textIn(value)}${hasTime(param) ? "Z" : "T00:00:00.000Z"}`).toISOString();
  return value ?? null;
}

/** True for a date whose value or default is not midnight UTC: its control has a time too. */
export function hasTime(param: ParamView): boolean {
  const isMidnight = (value: Json): boolean => typeof value !== "string" || !/T(?!00:00:00(\.0+)?Z?$)/.test(value);
  return !isMidnight(param.value) || !isMidnight(param.default);
}

/** What is wrong with a text that no JSON Schema can check; null when nothing is. */
export function findProblem(param: ParamView, value: FormValue, trans: TranslationBundle): string | null {
  if (param.kind === "json") {
    try {
      JSON.parse(textIn(value));
      return null;
    } catch (cause) {
      return trans.__("no valid JSON: %1", cause instanceof Error ? cause.message : String(cause));
    }
  }
  if (param.kind === "date" && Number.isNaN(Date.parse(textIn(value)))) return trans.__("a date is needed");
  return null;
}

/** Ajv's findings in words that fit under a control. */
export function errorText(error: RJSFValidationError, trans: TranslationBundle): string {
  const params = (error.params ?? {}) as JsonObject;
  const limit = textIn(params.limit);
  switch (error.name) {
    case "minimum":
      return trans.__("must be %1 or more", limit);
    case "maximum":
      return trans.__("must be %1 or less", limit);
    case "exclusiveMinimum":
      return trans.__("must be more than %1", limit);
    case "exclusiveMaximum":
      return trans.__("must be less than %1", limit);
    case "multipleOf":
      return trans.__("must be a multiple of %1", textIn(params.multipleOf));
    case "required":
      return trans.__("a value is needed");
    case "type":
      return params.type === "integer"
        ? trans.__("must be a whole number")
        : trans.__("must be a %1", textIn(params.type));
    case "minLength":
      return trans._n("needs at least %1 character", "needs at least %1 characters", Number(params.limit));
    case "maxLength":
      return trans._n("must have at most %1 character", "must have at most %1 characters", Number(params.limit));
    case "pattern":
      return trans.__("must match %1", textIn(params.pattern));
    default:
      return error.message ?? trans.__("does not fit");
  }
}

/** Lowest, highest and step of a number's control; a slider needs both ends. */
export interface NumberRange {
  readonly min?: number;
  readonly max?: number;
  readonly step: number;
}

export function numberRange(param: ParamView): NumberRange {
  const read = (key: string): number | undefined => {
    const value = param.schema[key];
    return typeof value === "number" ? value : undefined;
  };
  const min = read("minimum") ?? read("exclusiveMinimum");
  const max = read("maximum") ?? read("exclusiveMaximum");
  const step =
    read("x-step") ??
    read("multipleOf") ??
    (param.kind === "integer" ? 1 : finestStep([min, max, param.default, param.value]));
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }), step };
}

/** One in the last decimal place that is in use: 0.1 for a default of 4.5. */
function finestStep(values: readonly (Json | undefined)[]): number {
  const places = values.map((value) =>
    typeof value === "number" ? (/\.(\d+)$/.exec(textIn(value))?.[1]?.length ?? 0) : 0,
  );
  return Number(`1e-${Math.min(6, Math.max(...places))}`);
}

/** What a control or a schema holds, as text: a text as it is, nothing as an empty one. */
function textIn(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
