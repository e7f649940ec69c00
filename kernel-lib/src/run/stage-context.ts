/** The last argument of a stage function: log, progress, signal, random numbers, previous output. */
import type { CellId, Digest, EventBody, LogLevel, RunId } from "../protocol";
import type { Logger, Progress, StageContext, Values } from "../stage/face";
import { jsonFields } from "./log-fields";
import { createRandom } from "./random";

/** What the context of one body is made of. */
export interface ContextParts {
  readonly run: RunId;
  readonly stage: string;
  readonly cell: CellId | null;
  /** Asked for when the function wants it. */
  readonly signal: () => AbortSignal;
  /** Asked for at the first random number. */
  readonly seed: () => Digest;
  readonly logged: Readonly<Record<string, unknown>>;
  readonly emit: (event: EventBody) => void;
  readonly now: () => number;
  readonly previous: () => Promise<unknown>;
  readonly fileOut: (name: string) => string;
  /** Tells kernels that wait for the same work. */
  readonly report: (progress: { readonly done: number; readonly total?: number }) => void;
}

/** At most this often, in milliseconds, is progress told. */
const PROGRESS_EVERY_MS = 100;

export function createStageContext(parts: ContextParts): StageContext {
  return new BodyContext(parts);
}

class BodyContext implements StageContext {
  readonly #parts: ContextParts;
  readonly log: Logger;
  readonly progress: Progress;
  declare readonly signal: AbortSignal;
  readonly random: () => number;
  readonly fileOut: (name: string) => string;
  readonly run: StageContext["run"];

  constructor(parts: ContextParts) {
    this.#parts = parts;
    this.log = createLogger(parts);
    this.progress = createProgress(parts);
    this.random = createRandom(parts.seed);
    this.fileOut = parts.fileOut;
    this.run = { id: parts.run, stage: parts.stage, cell: parts.cell ?? "" };
    Object.defineProperty(this, "signal", BodyContext.signal);
  }

  readonly previous = async <T>(): Promise<T | undefined> => (await this.#parts.previous()) as T | undefined;

  /** A property of each context's own, so that `{ ...context }` has it too. One getter for all: V8 never forgets what one reaches. */
  private static readonly signal = {
    enumerable: true,
    get(this: BodyContext): AbortSignal {
      return this.#parts.signal();
    },
  };
}

function createLogger(parts: ContextParts): Logger {
  const line =
    (level: LogLevel) =>
    (message: string, fields: Values = {}) => {
      parts.emit({
        type: "log:written",
        record: {
          at: parts.now(),
          level,
          stage: parts.stage,
          cell: parts.cell,
          run: parts.run,
          message,
          fields: jsonFields({ ...parts.logged, ...fields }),
          source: "log",
        },
      });
    };
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

function createProgress(parts: ContextParts): Progress {
  let toldAt = -Infinity;
  const tell = (done: number, total?: number): void => {
    if (parts.now() - toldAt < PROGRESS_EVERY_MS && done !== total) return;
    toldAt = parts.now();
    parts.report(total === undefined ? { done } : { done, total });
    parts.emit({ type: "stage:progress", run: parts.run, stage: parts.stage, done, total: total ?? null });
  };
  function* counted<T>(items: Iterable<T>, total: number | undefined): Iterable<T> {
    let done = 0;
    for (const item of items) {
      yield item;
      tell(++done, total);
    }
  }
  async function* countedAsync<T>(items: AsyncIterable<T>, total: number | undefined): AsyncIterable<T> {
    let done = 0;
    for await (const item of items) {
      yield item;
      tell(++done, total);
    }
  }
  const progress = (first: unknown, total?: number): unknown => {
    if (typeof first === "number") {
      tell(first, total);
      return;
    }
    const size = total ?? (first as { length?: number; size?: number }).length ?? (first as { size?: number }).size;
    return Symbol.asyncIterator in Object(first)
      ? countedAsync(first as AsyncIterable<unknown>, size)
      : counted(first as Iterable<unknown>, size);
  };
  return progress as Progress;
}
