/** Errors as data, to be sent between threads: message, name, stack, own properties and cause. */
import { StagebookError } from "../../protocol";
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

export function dataOfError(error: unknown, depth = 0): ErrorData {
  if (!(error instanceof Error)) return { kind: "value", value: isCopyable(error) ? error : String(error) };
  const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
  const cause = hasCause ? { cause: dataOfError(error.cause, depth + 1) } : {};
  if (error instanceof StagebookError) {
    const { code, message, advice, stage, cell } = error;
    return { kind: "stagebook", code, message, advice, stage, cell, ...cause };
  }
  const fields = Object.entries(error).filter(
    ([key, value]) => key !== "cause" && key !== "stack" && isCopyable(value),
  );
  return {
    kind: "error",
    name: error.name,
    message: error.message,
    // Before it leaves the thread: only here can Stagebook's own frames be recognized.
    stack: userStack(error),
    fields: Object.fromEntries(fields),
    ...cause,
  };
}

export function errorOfData(data: ErrorData): unknown {
  if (data.kind === "value") return data.value;
  const cause = data.cause && errorOfData(data.cause);
  if (data.kind === "stagebook") {
    const { code, message, advice, stage, cell } = data;
    return new StagebookError(code, message, advice, { stage, cell, cause });
  }
  const Class = builtIn.find(({ name }) => name === data.name) ?? Error;
  const error = new Class(data.message, cause === undefined ? undefined : { cause });
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
