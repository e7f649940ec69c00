/** The error class that users see. */
import { isError, traceOf } from "./text/thrown";

/** Where an error occurred. */
export interface ErrorLocation {
  readonly stage?: string;
  readonly cell?: string;
  /** The error of the user's code, or of the system, behind it. */
  readonly cause?: unknown;
}

/** Node's custom inspection; in a browser it is just a symbol. */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** Every misuse and every failure: `code`, what is wrong (`message`), where (`stage`, `cell`) and what to do (`advice`). */
export class StagebookError extends Error {
  /** Always `StagebookError`. */
  override readonly name = "StagebookError";
  /** The stage that it is about; absent when it is about none. */
  declare readonly stage?: string;
  /** The id of the cell that defines the stage; absent outside a notebook. */
  declare readonly cell?: string;
  /** Identifies the kind of error for programs, in kebab-case; listed in `docs/reference/errors.md`. */
  readonly code: string;
  /** What to do about it, in one or two sentences. */
  readonly advice: string;

  constructor(code: string, message: string, advice: string, location: ErrorLocation = {}) {
    super(message, location.cause === undefined ? undefined : { cause: location.cause });
    this.code = code;
    this.advice = advice;
    if (location.stage !== undefined) this.stage = location.stage;
    if (location.cell !== undefined) this.cell = location.cell;
  }

  /**
   * The message, the advice, and below them the user's own error: no frames of Stagebook or its host.
   *
   * @hidden
   */
  [inspect](): string {
    return [`${this.name}: ${this.message}`, `  ${this.advice} (${this.code})`, causeText(this.cause)]
      .filter((line) => line !== "")
      .join("\n");
  }
}

/** Whether it is an error of Stagebook's own; false for objects that throw when they are inspected. */
export function isStagebookError(thrown: unknown): thrown is StagebookError {
  return isError(thrown) && thrown instanceof StagebookError;
}

function causeText(cause: unknown): string {
  if (cause === undefined) return "";
  return isStagebookError(cause) ? cause[inspect]() : traceOf(cause);
}
