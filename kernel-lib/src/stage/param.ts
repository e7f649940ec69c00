/** The definition of a parameter as the engine uses it, and its current value. */
import type { CellId, Json, JsonObject, ParamView } from "../protocol";
import { StagebookError } from "../protocol";
import { MASK } from "../protocol";
import { checkName } from "./definition";
import { methodText } from "./handle-names";
import type { ParamOptions } from "./public/params";
import { createParamSchema, UnreadableValue, type ParamSchema } from "./param-schema";

const INVALID_ADVICE = "The value was not changed. Pass a valid one.";

export interface ParamDefinition {
  readonly name: string;
  readonly cell: CellId | null;
  readonly initial: unknown;
  readonly schema: ParamSchema;
  readonly tracked: boolean;
  /** Its value is shown nowhere. */
  readonly secret: boolean;
  readonly description?: string;
  readonly unit?: string;
  readonly group?: string;
}

/** What the source says about a parameter beside its options, which take precedence. */
export interface DeclaredParam {
  /** JSON Schema of its type. */
  readonly schema?: JsonObject;
  /** The doc comment above it. */
  readonly description?: string;
}

/** A parameter and what its current value follows from. Without `set` and `override` the default applies. */
export interface ParamState {
  readonly definition: ParamDefinition;
  /** Set in the sidebar or by code, and saved. */
  readonly set?: { readonly value: unknown };
  /** Of the command line: takes precedence in this process, and is not saved. */
  readonly override?: { readonly value: unknown };
}

/** Reads the arguments of `param(…)`. Throws `name`, `param-options`, and `param-value` for a default outside its own limits. */
export function createParamDefinition(
  args: readonly unknown[],
  cell: CellId | null,
  declared: DeclaredParam = {},
): ParamDefinition {
  const name = checkName(args[0], "parameter");
  const options = (args[2] ?? {}) as ParamOptions<unknown>;
  const initial = args[1];
  if (initial === undefined)
    throw new StagebookError("param-value", `parameter "${name}" has no default`, `Write param("${name}", 10).`);
  const schema = createParamSchema(name, initial, options, declared.schema);
  const definition: ParamDefinition = {
    name,
    cell,
    initial,
    schema,
    tracked: options.tracked ?? true,
    secret: options.secret ?? false,
    description: options.description ?? declared.description,
    unit: options.unit,
    group: options.group,
  };
  const problem = schema.check(initial);
  if (problem !== null)
    throw new StagebookError(
      "param-value",
      `parameter "${name}": its default ${definition.secret ? "" : `${shortText(initial)} `}${problem}`,
      "Change the default, or the limits.",
    );
  return definition;
}

/** Throws `param-value` with the parameter's name, the value and what is expected. */
export function checkValue(definition: ParamDefinition, value: unknown): void {
  const problem = definition.schema.check(value);
  if (problem === null) return;
  throw new StagebookError(
    "param-value",
    `parameter "${definition.name}": ${valueText(definition, value)} ${problem}`,
    INVALID_ADVICE,
  );
}

/** The value for its JSON form, as the page or the command line sends it. Throws `param-value`; limits are checked by `checkValue`. */
export function decodeValue(definition: ParamDefinition, json: Json): unknown {
  const { name, schema } = definition;
  if (schema.kind === "other")
    throw new StagebookError(
      "param-value",
      `parameter "${name}" holds a value that only code can set`,
      `Write ${methodText("param", name, "set(…)")} in a cell.`,
    );
  try {
    return schema.decode(json);
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    throw new StagebookError("param-value", `parameter "${name}": ${error.message}`, INVALID_ADVICE);
  }
}

/** The current value. */
export function valueOf(state: ParamState): unknown {
  return (state.override ?? state.set ?? { value: state.definition.initial }).value;
}

/** The parameter as the page shows it. `textOf` writes a value as human-readable text. */
export function viewOfParam(
  state: ParamState,
  textOf: (value: unknown) => string,
  equal: (a: unknown, b: unknown) => boolean,
): ParamView {
  const { definition } = state;
  const value = valueOf(state);
  const shown = definition.secret ? secretText : textOf;
  return {
    name: definition.name,
    kind: definition.schema.kind,
    cell: definition.cell,
    schema: definition.schema.json,
    value: definition.schema.encode(value),
    default: definition.schema.encode(definition.initial),
    text: shown(value),
    defaultText: shown(definition.initial),
    overridden: (state.override ?? state.set) !== undefined && !equal(value, definition.initial),
    tracked: definition.tracked,
    ...(definition.description === undefined ? {} : { description: definition.description }),
    ...(definition.unit === undefined ? {} : { unit: definition.unit }),
    ...(definition.group === undefined ? {} : { group: definition.group }),
  };
}

/** The text of a secret: whether there is one. */
export const secretText = (value: unknown): string => (value === "" ? "not set" : MASK);

const valueText = ({ secret }: ParamDefinition, value: unknown): string => (secret ? "its value" : shortText(value));

function shortText(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "the list" : "the value";
  return String(value);
}
