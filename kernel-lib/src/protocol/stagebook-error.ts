/** The one error class that users see. */

/** Where an error belongs. */
export interface ErrorPlace {
  readonly stage?: string;
  readonly cell?: string;
  readonly cause?: unknown;
}

/** Every misuse and every failure: `code`, what is wrong (`message`), where (`stage`, `cell`) and what to do (`advice`). */
export class StagebookError extends Error {
  override readonly name = "StagebookError";
  readonly stage?: string;
  readonly cell?: string;

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
}
