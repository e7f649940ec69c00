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
  const context = {
    log: createLogger(parts),
    progress: createProgress(parts),
    random: createRandom(parts.seed),
    previous: async <T>() => (await parts.previous()) as T | undefined,
    fileOut: parts.fileOut,
    run: { id: parts.run, stage: parts.stage, cell: parts.cell ?? "" },
    [signalOf]: parts.signal,
  };
  Object.defineProperty(context, signalOf, { enumerable: false });
  return Object.defineProperty(context, "signal", signal) as unknown as StageContext;
}

const signalOf = Symbol("signal");

/** One getter for all contexts: V8 makes a hidden class for each getter, and keeps what it reaches. */
const signal = {
  enumerable: true,
  configurable: true,
  get(this: { readonly [signalOf]: () => AbortSignal }): AbortSignal {
    return this[signalOf]();
  },
  set(this: object, value: unknown): void {
    Object.defineProperty(this, "signal", { value, enumerable: true, configurable: true, writable: true });
  },
};

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
