/** The JSON Schema of the parameter form, and the conversion of values to and from its controls. Pure. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { RJSFSchema, RJSFValidationError } from "@rjsf/utils";
import { inexactnessOf, inexactNumberIn, messageOf, readDate } from "stagebook/protocol";
import type { InexactNumber, Json, JsonObject, ParamView } from "stagebook/protocol";
import type { FormValue } from "../model/params/param-drafts";
import { choices } from "../model/params/param-schema";
import { isNested, withoutRefs } from "../model/params/value-shape";
import { validator } from "./validator";

/** An object with one property for each parameter that can be edited. */
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
    // A schema without any keyword has no control.
    case "json":
      return isNested(param) ? { description: "" } : { type: "string" };
    // The text is checked by findProblem, the value by the kernel.
    case "date":
    case "bigint":
    case "secret":
    case "other":
      return { type: "string" };
    case "choice":
      return { enum: [...choices(param)] } as RJSFSchema;
    default: {
      // Label and description come from the parameter itself. A default would be filled into an emptied control.
      const { title: _title, description: _description, default: _default, ...schema } = param.schema;
      return schema;
    }
  }
}

/** The value of a parameter's control for a value from the kernel. */
export function toFormValue(param: ParamView, value: Json): FormValue {
  if (isNested(param)) return value;
  if (param.kind === "secret") return "";
  if (param.kind === "json") return JSON.stringify(value, null, 2);
  if (param.kind === "date" && typeof value === "string") {
    const [day = "", time = ""] = value.replace(/Z$/, "").split("T");
    return hasTime(param) ? `${day}T${time.replace(/\.000$/, "")}` : day;
  }
  return value;
}

/** The value to send for the value of a control. Only for values in which `findProblem` finds no problem. */
export function toWireValue(param: ParamView, value: FormValue): Json {
  if (param.kind === "json" && !isNested(param)) return JSON.parse(textIn(value)) as Json;
  if (param.kind === "date") {
    const date = readDate(textIn(value));
    return "iso" in date ? date.iso : textIn(value);
  }
  return param.kind === "bigint" ? textIn(value).trim() : (value ?? null);
}

/** True for a date whose value or default is not midnight UTC: its control also shows the time. */
export function hasTime(param: ParamView): boolean {
  const isMidnight = (value: Json): boolean => typeof value !== "string" || !/T(?!00:00:00(\.0+)?Z?$)/.test(value);
  return !isMidnight(param.value) || !isMidnight(param.default);
}

/** The problem with a value that the schema of the form does not check: a text, or a nested value; null when there is none. */
export function findProblem(param: ParamView, value: FormValue, trans: TranslationBundle): string | null {
  if (isNested(param)) return nestedProblem(param, value, trans);
  const text = textIn(value);
  switch (param.kind) {
    case "json":
      try {
        JSON.parse(text);
      } catch (cause) {
        return trans.__("not valid JSON: %1", messageOf(cause));
      }
      return inexactProblem(inexactNumberIn(text));
    case "number":
    case "integer":
      // The control keeps as text what a number would not keep.
      return typeof value === "string" ? inexactProblem(inexactnessOf(value)) : null;
    case "bigint":
      return /^\s*[+-]?\d+n?\s*$/.test(text) ? null : trans.__("enter a whole number");
    case "date": {
      if (text === "") return trans.__("enter a date");
      const date = readDate(text);
      return "problem" in date ? `${text} ${date.problem}` : null;
    }
    default:
      return null;
  }
}

const inexactProblem = (inexact: InexactNumber | null): string | null => inexact && `${inexact.text} ${inexact.reason}`;

/** What a number field holds: a number, or the text of one that a number would not keep, which is refused. */
export function numberTyped(text: string): number | string | undefined {
  if (text === "") return undefined;
  return inexactnessOf(text) ? text : Number(text);
}

/** `tags.1 enter a value`: the first problem, the kernel checks them all. */
function nestedProblem({ schema }: ParamView, value: FormValue, trans: TranslationBundle): string | null {
  const errors = validator.rawValidation<NestedError>(withoutRefs(schema) ?? {}, value).errors ?? [];
  // Of a union the errors of every member come first.
  const error = errors.find(({ keyword }) => keyword === "oneOf" || keyword === "anyOf") ?? errors[0];
  if (!error) return null;
  const { keyword, instancePath, params, message } = error;
  const at = instancePath.slice(1).replaceAll("/", ".");
  const missing = keyword === "required" ? textIn(params.missingProperty) : "";
  const where = [at, missing].filter(Boolean).join(".");
  const isUnion = keyword === "oneOf" || keyword === "anyOf";
  const typed = keyword === "type" ? valueAt(value, instancePath) : undefined;
  const inexact = typeof typed === "string" ? inexactProblem(inexactnessOf(typed)) : null;
  const text =
    inexact ??
    (isUnion ? trans.__("is not complete") : errorText({ name: keyword, params, message, stack: "" }, trans));
  return where === "" ? text : `${where} ${text}`;
}

function valueAt(value: FormValue, pointer: string): unknown {
  const steps = pointer.split("/").slice(1).map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~")); // prettier-ignore
  return steps.reduce<unknown>((at, step) => (at as { readonly [name: string]: unknown } | undefined)?.[step], value);
}

/** An error of Ajv. */
interface NestedError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: JsonObject;
  readonly message?: string;
}

/** A validation error of Ajv as text that fits below a control. */
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
      return trans.__("enter a value");
    case "type":
      return params.type === "integer"
        ? trans.__("must be a whole number")
        : trans.__("must be a %1", textIn(params.type));
    case "minLength":
      return trans._n("must have at least %1 character", "must have at least %1 characters", Number(params.limit));
    case "maxLength":
      return trans._n("must have at most %1 character", "must have at most %1 characters", Number(params.limit));
    case "pattern":
      return trans.__("must match %1", textIn(params.pattern));
    default:
      return error.message ?? trans.__("is not valid");
  }
}

/** The value of a control or a schema as text: a string unchanged, a missing value as an empty string. */
function textIn(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
