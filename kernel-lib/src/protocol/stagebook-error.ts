/** The one error class that users see. */

/** Where an error belongs. */
export interface ErrorLocation {
  readonly stage?: string;
  readonly cell?: string;
  readonly cause?: unknown;
}

/** How Node asks an object for its text; a plain symbol elsewhere. */
const inspect = Symbol.for("nodejs.util.inspect.custom");

/** Every misuse and every failure: `code`, what is wrong (`message`), where (`stage`, `cell`) and what to do (`advice`). */
export class StagebookError extends Error {
  override readonly name = "StagebookError";
  declare readonly stage?: string;
  declare readonly cell?: string;

  constructor(
    readonly code: string,
    message: string,
    readonly advice: string,
    place: ErrorLocation = {},
  ) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    if (place.stage !== undefined) this.stage = place.stage;
    if (place.cell !== undefined) this.cell = place.cell;
  }

  /** What is wrong, what to do, and the user's own error below: no frames of Stagebook or its host. */
  [inspect](): string {
    return [`${this.name}: ${this.message}`, `  ${this.advice} (${this.code})`, causeText(this.cause)]
      .filter((line) => line !== "")
      .join("\n");
  }
}

function causeText(cause: unknown): string {
  if (cause === undefined) return "";
  if (cause instanceof StagebookError) return cause[inspect]();
  return cause instanceof Error ? (cause.stack ?? cause.message) : `thrown: ${JSON.stringify(cause)}`;
}
