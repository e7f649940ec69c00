/** The one error class that users see. */

/** Where an error belongs. */
export interface ErrorPlace {
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
    place: ErrorPlace = {},
  ) {
    super(message, place.cause === undefined ? undefined : { cause: place.cause });
    if (place.stage !== undefined) this.stage = place.stage;
    if (place.cell !== undefined) this.cell = place.cell;
  }

  /** What is wrong, what to do, and the user's own error below: no frames of Stagebook or its host. */
  [inspect](): string {
    const cause = this.cause instanceof StagebookError ? this.cause[inspect]() : this.cause instanceof Error ? (this.cause.stack ?? String(this.cause)) : this.cause === undefined ? "" : `thrown: ${String(this.cause)}`;
    return [`${this.name}: ${this.message}`, `  ${this.advice} (${this.code})`, cause].filter(Boolean).join("\n");
  }
}
