/** The last argument of a stage function: log, progress, signal, random numbers, previous output. */
import type { Digest, LogLevel } from "../../protocol";
import type { Logger, Progress, StageContext } from "../../stage/public/context";
import type { Values } from "../../stage/public/inputs";
import { createRandom } from "./random";
import { lineWriter, type StageLines } from "./stage-lines";

/** What the context of one body is made of. */
export interface ContextParts {
  readonly lines: StageLines;
  /** Asked for when the function wants it. */
  readonly signal: () => AbortSignal;
  /** Asked for at the first random number. */
  readonly seed: () => Digest;
  readonly previous: () => Promise<unknown>;
  readonly fileOut: (name: string) => string;
  /** Tells kernels that wait for the same work. */
  readonly report: (progress: { readonly done: number; readonly total?: number }) => void;
}

/** At most this often, in milliseconds, is progress told. */
const PROGRESS_EVERY_MS = 100;

export function createStageContext(parts: ContextParts): StageContext {
  const { run, stage, cell } = parts.lines;
  const context = {
    log: createLogger(parts.lines),
    progress: createProgress(parts),
    random: createRandom(parts.seed),
    previous: async <T>() => (await parts.previous()) as T | undefined,
    fileOut: parts.fileOut,
    run: { id: run, stage, cell: cell ?? "" },
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

function createLogger(lines: StageLines): Logger {
  const write = lineWriter(lines, "log");
  const line =
    (level: LogLevel) =>
    (message: string, fields?: Values): void =>
      write(level, message, fields);
  return { debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error") };
}

function createProgress({ lines, report }: ContextParts): Progress {
  let toldAt = -Infinity;
  const tell = (done: number, total?: number): void => {
    if (lines.now() - toldAt < PROGRESS_EVERY_MS && done !== total) return;
    toldAt = lines.now();
    report(total === undefined ? { done } : { done, total });
    lines.emit({ type: "stage:progress", run: lines.run, stage: lines.stage, done, total: total ?? null });
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
