/** The check of commands that come over the wire, by their JSON Schemas. */
import type * as ajvPackage from "ajv";
import type { Ajv, ErrorObject, ValidateFunction } from "ajv";
import { lazyModule } from "../../async/lazy-module";
import { commandSchemas, type Command, type CommandType } from "../../protocol";

const loadAjv = lazyModule<typeof ajvPackage>("ajv");
let ajv: Ajv | undefined;
const validators = new Map<CommandType, ValidateFunction>();

/** Reads a command from the wire. Returns the command, or a sentence that says which field is wrong and what is expected. */
export function decodeCommand(data: unknown): Command | string {
  const type = typeof data === "object" && data !== null ? (data as { readonly type?: unknown }).type : undefined;
  if (typeof type !== "string" || Array.isArray(data)) return "a command must be an object with a type";
  if (!isCommandType(type))
    return `unknown command "${type.slice(0, 40)}": expected one of ${Object.keys(commandSchemas).join(", ")}`;
  const validate = validatorOf(type);
  if (validate(data)) return data as Command;
  return problemOf(type, validate.errors?.[0]);
}

/** Compiled at the first command of its type, to keep the kernel's start short. */
function validatorOf(type: CommandType): ValidateFunction {
  const known = validators.get(type);
  if (known) return known;
  ajv ??= new (loadAjv().Ajv)({ strict: false });
  const validate = ajv.compile(commandSchemas[type]);
  validators.set(type, validate);
  return validate;
}

/** `log: before must be a number of lines`. */
function problemOf(type: CommandType, error: ErrorObject | undefined): string {
  const missing = (error?.params as { readonly missingProperty?: string } | undefined)?.missingProperty;
  const field = missing ?? error?.instancePath.split("/")[1] ?? "";
  const properties: { readonly [name: string]: { readonly title: string } } = commandSchemas[type].properties;
  return `${type}: ${field} must be ${properties[field]?.title ?? "valid"}`;
}

function isCommandType(type: string): type is CommandType {
  return Object.hasOwn(commandSchemas, type);
}
