/** The schema of a parameter's values: its kind, its JSON Schema, the check, and the JSON form. Created once, at definition. */
import type * as ajvPackage from "ajv";
import type { Ajv, ErrorObject } from "ajv";
import type * as formatsPackage from "ajv-formats";
import { lazyModule } from "../async/lazy-module";
import type { Json, JsonObject, ParamKind } from "../protocol";
import { digitsIn, readDate, StagebookError, withNumbers } from "../protocol";
import { SHORTEST_SECRET } from "../secrets/secret-texts";
import { inOrder } from "./property-order";
import type { ParamOptions } from "./public/params";

/** How the values of one parameter are checked, and converted from and to JSON. */
export interface ParamSchema {
  readonly kind: ParamKind;
  /** JSON Schema (draft-07) of the JSON form. */
  readonly json: JsonObject;
  /** What is wrong with the value, as `must be <= 10`; null when it is valid. */
  check(value: unknown): string | null;
  encode(value: unknown): Json;
  /** The value for its JSON form, in order; `check` it afterwards. Throws `UnreadableValue` for text that means no value. */
  decode(json: Json): unknown;
  /**
   * JSON data with its properties in the order of the schema, or of the default where the schema names none: in which order they were
   * written, in a form, a file or a cell, makes no difference. Any other value unchanged.
   */
  order(value: unknown): unknown;
}

const loadAjv = lazyModule<typeof ajvPackage>("ajv");
const loadFormats = lazyModule<typeof formatsPackage>("ajv-formats");
let created: Ajv | undefined;

/** Created with the first parameter. */
function validator(): Ajv {
  if (created) return created;
  const { Ajv } = loadAjv();
  const ajv = new Ajv({ allErrors: true, strict: false });
  loadFormats().default(ajv);
  return (created = ajv);
}

/**
 * Reads default and options. `typed`: the JSON Schema of the parameter's type, which applies without options of its own. Throws
 * `param-options` for contradictory limits or an invalid schema.
 */
export function createParamSchema(
  name: string,
  initial: unknown,
  options: ParamOptions<unknown>,
  typed?: JsonObject,
): ParamSchema {
  checkOptionShapes(name, initial, options);
  const own = readSchema(options.schema) ?? (options.secret === true ? undefined : usableType(typed, initial, options));
  const kind = kindOf(initial, options, own?.json);
  const json = jsonSchema(kind, initial, options, own?.json);
  const validate = compile(name, json);
  const zodCheck = own?.check;
  const order = (value: unknown): unknown => (isJson(value) ? inOrder(value, json, initial) : value);
  return {
    kind,
    json,
    check: (value) => {
      if (kind === "other")
        return sameKind(initial, value) ? null : `must be ${article(classOf(initial))}, like its default`;
      if (kind === "date" && !isDate(value)) return 'must be a Date, for example new Date("2024-03-01")';
      if (kind === "bigint" && typeof value !== "bigint") return "must be a bigint, for example 10n";
      if (kind === "choice" && options.choices && !isChoice(options.choices, value))
        return `must be one of ${options.choices.map(choiceText).join(", ")}`;
      if (kind === "secret" && typeof value === "string" && value !== "" && value.length < SHORTEST_SECRET)
        return `has fewer than ${SHORTEST_SECRET} characters, so that it cannot be masked`;
      if (zodCheck) return zodCheck(value);
      const json = kind === "secret" ? (value as Json) : encode(kind, value);
      return validate(json) ? null : describe(validate.errors ?? []);
    },
    encode: (value) => encode(kind, value),
    decode: (json) => decodeValue(json, kind, options.choices, order),
    order,
  };
}

const optionNames = ["description", "unit", "min", "max", "step", "choices", "schema", "tracked", "group", "secret"];

function checkOptionShapes(name: string, initial: unknown, options: ParamOptions<unknown>): void {
  const bad = (what: string, advice: string): never => {
    throw new StagebookError("param-options", `parameter "${name}": ${what}`, advice);
  };
  if (typeof options !== "object" || options === null || Array.isArray(options))
    return bad("its options are not an object", `Write param("${name}", 10, { min: 0, max: 100 }).`);
  for (const key of Object.keys(options))
    if (!optionNames.includes(key)) bad(`unknown option "${key}"`, `Options are ${optionNames.join(", ")}.`);
  for (const limit of ["min", "max", "step"] as const) {
    const value: unknown = options[limit];
    if (value === undefined) continue;
    if (typeof value !== "number" || Number.isNaN(value)) bad(`${limit} is not a number`, `Write ${limit}: 10.`);
    if (typeof initial !== "number")
      bad(`${limit} requires a number, and the default is ${article(classOf(initial))}`, `Remove ${limit}.`);
  }
  if (options.step !== undefined && options.step <= 0) bad("step is not positive", "Write a step greater than 0.");
  if (options.min !== undefined && options.max !== undefined && options.min > options.max)
    bad(`min ${options.min} is greater than max ${options.max}`, "Swap them.");
  if (options.choices !== undefined && (!Array.isArray(options.choices) || options.choices.length === 0))
    bad("choices is not a list of values", 'Write choices: ["a", "b"].');
  if (options.group !== undefined && (typeof options.group !== "string" || options.group.trim() === ""))
    bad("group is not a name", 'Write group: "etl".');
  if (options.tracked !== undefined && typeof options.tracked !== "boolean")
    bad("tracked is not true or false", "Write tracked: false to keep it out of keys.");
  if (options.secret !== undefined && typeof options.secret !== "boolean")
    bad("secret is not true or false", "Write secret: true.");
  if (options.secret === true && typeof initial !== "string")
    bad(`a secret is a text, and the default is ${article(classOf(initial))}`, `Write param("${name}", "", { secret: true }).`); // prettier-ignore
  if (options.secret === true && options.choices !== undefined)
    bad("a secret has no choices: the list would show it", "Remove choices.");
}

/** A schema passed as an option, as JSON Schema and as a check. */
interface UserSchema {
  readonly json?: JsonObject;
  readonly check?: (value: unknown) => string | null;
}

interface ZodLike {
  safeParse(value: unknown): {
    success: boolean;
    error?: { issues: readonly { path: readonly PropertyKey[]; message: string }[] };
  };
  toJSONSchema?(options: { target: string; io: string; unrepresentable: string }): JsonObject;
}

/** Reads the option `schema`: zod is recognized by its safeParse, everything else is JSON Schema (as TypeBox is). */
function readSchema(schema: unknown): UserSchema | undefined {
  if (schema === undefined) return undefined;
  if (isZod(schema))
    return {
      // `any`: a bigint or a date is not JSON, and the parameter has a form for it.
      json: schema.toJSONSchema?.({ target: "draft-7", io: "input", unrepresentable: "any" }),
      check: (value) => {
        const parsed = schema.safeParse(value);
        if (parsed.success) return null;
        return (
          (parsed.error?.issues ?? [])
            .map((issue) => (issue.path.length ? `${issue.path.join(".")}: ${issue.message}` : issue.message))
            .join("; ") || "does not fit its schema"
        );
      },
    };
  return { json: JSON.parse(JSON.stringify(schema)) as JsonObject };
}

/** The type as a schema, where it says more than the default does. A default that its type does not allow, through `any`, is kept. */
function usableType(
  typed: JsonObject | undefined,
  initial: unknown,
  { choices }: ParamOptions<unknown>,
): UserSchema | undefined {
  if (typed === undefined || choices || !isJson(initial) || "const" in typed) return undefined;
  const isPlain = ["string", "number", "boolean"].includes(typed.type as string) || Object.keys(typed).length === 0;
  return isPlain || !validator().validate(typed, initial) ? undefined : { json: typed };
}

const isZod = (schema: unknown): schema is ZodLike =>
  typeof schema === "object" && schema !== null && "safeParse" in schema && typeof schema.safeParse === "function";

function kindOf(initial: unknown, options: ParamOptions<unknown>, schema: JsonObject | undefined): ParamKind {
  if (options.secret === true) return "secret";
  if (options.choices) return options.choices.every(hasWireForm) ? "choice" : "other";
  if (initial instanceof Date) return "date";
  if (schema) {
    if (Array.isArray(schema.enum)) return "choice";
    const type = schema.type;
    if (type === "number" || type === "integer" || type === "boolean" || type === "string") return type;
    if (isJson(initial)) return "json";
  }
  if (typeof initial === "number")
    return options.step !== undefined && Number.isInteger(options.step) && Number.isInteger(initial)
      ? "integer"
      : "number";
  if (typeof initial === "boolean") return "boolean";
  if (typeof initial === "string") return "string";
  if (typeof initial === "bigint") return "bigint";
  return isJson(initial) ? "json" : "other";
}

function jsonSchema(
  kind: ParamKind,
  initial: unknown,
  options: ParamOptions<unknown>,
  own: JsonObject | undefined,
): JsonObject {
  const about: Record<string, Json> = {};
  if (options.description !== undefined) about.description = options.description;
  const limits: Record<string, Json> = {};
  if (options.min !== undefined) limits.minimum = options.min;
  if (options.max !== undefined) limits.maximum = options.max;
  // Not `multipleOf`: 0.1 has no exact multiples, so a step only affects the control.
  if (options.step !== undefined) limits["x-step"] = options.step;
  if (options.choices && kind === "choice")
    return { ...(own ?? {}), enum: options.choices.map((choice) => encode(kind, choice)), ...about };
  if (own && kind === "secret") return { ...withoutValues(own), ...about };
  if (own && !("enum" in own && options.choices)) return { ...own, ...limits, ...about };
  switch (kind) {
    case "number":
    case "integer":
    case "boolean":
    case "string":
      return { type: kind, ...limits, ...about };
    case "date":
      return { type: "string", format: "date-time", ...about };
    case "secret":
      return { type: "string", ...about };
    case "bigint":
      return { type: "string", pattern: "^-?[0-9]+$", ...about };
    case "json":
      return {
        ...(Array.isArray(initial)
          ? { type: "array" }
          : initial !== null && typeof initial === "object"
            ? { type: "object" }
            : {}),
        ...about,
      };
    default:
      return about;
  }
}

/** The schema of a secret is shown: without the keywords that hold values. */
function withoutValues(schema: JsonObject): JsonObject {
  const { default: _default, const: _const, enum: _enum, examples: _examples, ...rest } = schema;
  return rest;
}

function compile(name: string, schema: JsonObject) {
  try {
    return validator().compile(schema);
  } catch (cause) {
    throw new StagebookError(
      "param-options",
      `parameter "${name}": its schema is not valid JSON Schema: ${(cause as Error).message}`,
      "Pass JSON Schema, TypeBox or zod.",
      { cause },
    );
  }
}

function describe(errors: readonly ErrorObject[]): string {
  const texts = errors.map((error) => {
    const at = error.instancePath.slice(1).replaceAll("/", ".");
    const what =
      error.keyword === "enum"
        ? `must be one of ${((error.params as { allowedValues: unknown[] }).allowedValues ?? []).map((value) => JSON.stringify(value)).join(", ")}`
        : (error.message ?? "does not fit");
    return at ? `${at} ${what}` : what;
  });
  return [...new Set(texts)].join("; ");
}

function encode(kind: ParamKind, value: unknown): Json {
  if (kind === "other" || kind === "secret") return null;
  if (value instanceof Date) return isDate(value) ? value.toISOString() : null;
  if (typeof value === "bigint") return String(value);
  return value as Json;
}

function decodeValue(
  json: Json,
  kind: ParamKind,
  choices: readonly unknown[] | undefined,
  order: (value: unknown) => unknown,
): unknown {
  const text = digitsIn(json) ?? (typeof json === "string" ? json.trim() : undefined);
  const plain = (): Json =>
    withNumbers(json, ({ text: digits, reason }) => {
      throw new UnreadableValue(`${digits} ${reason}`);
    });
  if (kind === "choice") return choices?.find((choice) => !isJson(choice) && encode(kind, choice) === text) ?? order(plain()); // prettier-ignore
  if (kind === "date" && text !== undefined) {
    const date = readDate(text);
    if ("problem" in date) throw new UnreadableValue(`${JSON.stringify(text)} ${date.problem}`);
    return new Date(date.iso);
  }
  if (kind === "bigint") {
    if (text !== undefined && /^[+-]?\d+n?$/.test(text)) return BigInt(text.replace(/^\+|n$/g, ""));
    if (Number.isSafeInteger(json)) return BigInt(json as number);
  }
  return order(plain());
}

/** Why a value that was typed is not what was meant. */
export class UnreadableValue extends Error {}

const isDate = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime());

/** Values of a choice, which JSON holds itself or as text. */
const hasWireForm = (value: unknown): boolean => isJson(value) || typeof value === "bigint" || isDate(value);

/** Of choices that JSON does not hold itself, by value: `2n` is not `"2"`. The schema checks the others. */
function isChoice(choices: readonly unknown[], value: unknown): boolean {
  if (choices.every(isJson)) return true;
  const form = JSON.stringify(encode("choice", value));
  return choices.some((each) => sameKind(each, value) && JSON.stringify(encode("choice", each)) === form);
}

const choiceText = (choice: unknown): string =>
  typeof choice === "bigint" ? `${choice}n` : JSON.stringify(encode("choice", choice));

/** True for values that JSON represents exactly. */
export function isJson(value: unknown): value is Json {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return Object.values(value).every(isJson);
}

function sameKind(a: unknown, b: unknown): boolean {
  return typeof a === typeof b && classOf(a) === classOf(b);
}

function classOf(value: unknown): string {
  if (value === null || typeof value !== "object") return value === null ? "null" : typeof value;
  return (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ?? "object";
}

const article = (noun: string): string => (/^[aeiou]/i.test(noun) ? `an ${noun}` : `a ${noun}`);
