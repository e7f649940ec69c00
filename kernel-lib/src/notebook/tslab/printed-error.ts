/** How tslab prints what a cell throws: with the user's own frames only, and an interrupt as one line. */
import { inspect } from "node:util";
import { errorsBehind, fieldOf, isError, stackOf, traceOf } from "../../protocol";
import { trimStack, userFrames } from "../../run/error-view";

/** All that an interrupted cell prints. */
export const INTERRUPTED = "Interrupted";

/** Whether what a cell printed ends with that. */
export function isInterrupted(printed: string): boolean {
  return printed.trimEnd().split("\n").at(-1) === INTERRUPTED;
}

/** What is thrown to tslab, which prints it, in place of what the cell threw. */
export function printedError(thrown: unknown): unknown {
  if (!isError(thrown)) return thrown;
  if (isInterruption(thrown)) return new PrintedError(INTERRUPTED);
  trimStack(thrown);
  // Node prints the property `stack`, which cannot be set where the error is frozen.
  return errorsBehind(thrown).every(hasShownStack) ? thrown : new PrintedError(userFrames(traceOf(thrown)));
}

/** The one error object that tslab rejects an awaiting cell with is printed as one line, too. */
export function printInterruptionShort(interruption: Error): void {
  Object.defineProperty(interruption, inspect.custom, { value: () => INTERRUPTED, configurable: true });
}

class PrintedError extends Error {
  constructor(private readonly text: string) {
    super(text);
  }

  [inspect.custom](): string {
    return this.text;
  }
}

/** What Node throws for Ctrl-C in synchronous code. */
export function isInterruption(error: unknown): boolean {
  return isError(error) && fieldOf(error, "code") === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
}

function hasShownStack(error: Error): boolean {
  try {
    return error.stack === stackOf(error);
  } catch {
    // A getter or a proxy that throws.
    return false;
  }
}
