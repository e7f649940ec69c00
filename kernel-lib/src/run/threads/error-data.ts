/** Errors as data, to be sent between threads: message, name, stack, own properties and cause. */
import { fieldOf, isError, isStagebookError, messageOf, StagebookError } from "../../protocol";
import { checkStorable } from "../../store/codecs/fidelity";
import { userStack } from "../error-view";

export type ErrorData =
  | {
      readonly kind: "error";
      readonly name: string;
      readonly message: string;
      readonly stack: string;
      /** Own properties that can be copied. */
      readonly fields: Readonly<Record<string, unknown>>;
      /** Of an AggregateError. */
      readonly parts?: readonly ErrorData[];
      readonly cause?: ErrorData;
    }
  | {
      readonly kind: "stagebook";
      readonly code: string;
      readonly message: string;
      readonly advice: string;
      readonly stage?: string;
      readonly cell?: string;
      readonly cause?: ErrorData;
    }
  /** Something else that was thrown. */
  | { readonly kind: "value"; readonly value: unknown };

const MAX_CAUSES = 10;
const MAX_PARTS = 20;

export function dataOfError(error: unknown, depth = 0): ErrorData {
  if (!isError(error)) return { kind: "value", value: isCopyable(error) ? error : messageOf(error) };
  const thrown = fieldOf(error, "cause");
  const cause = thrown !== undefined && depth < MAX_CAUSES ? { cause: dataOfError(thrown, depth + 1) } : {};
  if (isStagebookError(error)) {
    const { code, message, advice, stage, cell } = error;
    return { kind: "stagebook", code, message, advice, stage, cell, ...cause };
  }
  const name = fieldOf(error, "name");
  const message = fieldOf(error, "message");
  return {
    kind: "error",
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : messageOf(error),
    // Before it leaves the thread: only here can Stagebook's own frames be recognized.
    stack: userStack(error),
    fields: Object.fromEntries(ownFields(error)),
    ...partsOf(error, depth),
    ...cause,
  };
}

/** The own properties that can be copied. */
function ownFields(error: Error): readonly (readonly [string, unknown])[] {
  let names: readonly string[];
  try {
    names = Object.keys(error);
  } catch {
    // A proxy that refuses it.
    return [];
  }
  const fields = names.filter((name) => name !== "cause" && name !== "stack").map((name) => [name, fieldOf(error, name)] as const); // prettier-ignore
  return fields.filter(([, value]) => isCopyable(value));
}

function partsOf(error: Error, depth: number): { readonly parts?: readonly ErrorData[] } {
  const errors = fieldOf(error, "errors");
  return error instanceof AggregateError && Array.isArray(errors) && depth < MAX_CAUSES
    ? { parts: errors.slice(0, MAX_PARTS).map((part) => dataOfError(part, depth + 1)) }
    : {};
}

export function errorOfData(data: ErrorData): unknown {
  if (data.kind === "value") return data.value;
  const cause = data.cause && errorOfData(data.cause);
  if (data.kind === "stagebook") {
    const { code, message, advice, stage, cell } = data;
    return new StagebookError(code, message, advice, { stage, cell, cause });
  }
  const options = cause === undefined ? undefined : { cause };
  const Class = builtIn.find(({ name }) => name === data.name) ?? Error;
  const error = data.parts
    ? new AggregateError(data.parts.map(errorOfData), data.message, options)
    : new Class(data.message, options);
  if (error.name !== data.name) Object.defineProperty(error, "name", { value: data.name, configurable: true, writable: true }); // prettier-ignore
  error.stack = data.stack;
  return Object.assign(error, data.fields);
}

const builtIn = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

function isCopyable(value: unknown): boolean {
  try {
    // The properties of a table are no table on the other side.
    return !checkStorable(value).hasTables;
  } catch {
    // What cannot be copied stays behind.
    return false;
  }
}
