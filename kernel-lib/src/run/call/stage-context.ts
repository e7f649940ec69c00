/** The last argument of a stage function: log, progress, signal, random numbers, previous output. */
import type { LogLevel } from "../../protocol";
import type { Logger, Progress, StageContext } from "../../stage/public/context";
import type { Values } from "../../stage/public/inputs";
import { lineWriter, type StageLines } from "./log/stage-lines";

/** Where the members of a context come from. */
export interface ContextParts {
  readonly lines: StageLines;
  /** Called when the function reads it. */
  signal(): AbortSignal;
  /** The next random number. */
  readonly random: () => number;
  previous(): Promise<unknown>;
  fileOut(name: string): string;
  checkpoint(state: unknown): Promise<void>;
  restored(): Promise<unknown>;
  resumeFrom(): Promise<number>;
  /** Reports progress to kernels that wait for the same execution. */
  report(progress: { readonly done: number; readonly total?: number }): void;
}

/** Shortest time between two reports of progress, in milliseconds. */
const PROGRESS_EVERY_MS = 100;

export function createStageContext(parts: ContextParts): StageContext {
  const { runId, stage, cell } = parts.lines;
  const context = {
    log: createLogger(parts.lines),
    progress: createProgress(parts),
    random: parts.random,
    previous: async <T>() => (await parts.previous()) as T | undefined,
    fileOut: (name: string) => parts.fileOut(name),
    checkpoint: (state: unknown) => parts.checkpoint(state),
    restored: async <T>() => (await parts.restored()) as T | undefined,
    resumeFrom: () => parts.resumeFrom(),
    run: { id: runId, stage, cell: cell ?? "" },
    [partsOf]: parts,
  };
  Object.defineProperty(context, partsOf, { enumerable: false });
  return Object.defineProperty(context, "signal", signal) as unknown as StageContext;
}

const partsOf = Symbol("parts");

/** One getter for all contexts: V8 creates a hidden class for each getter, and keeps alive what it references. */
const signal = {
  enumerable: true,
  configurable: true,
  get(this: { readonly [partsOf]: ContextParts }): AbortSignal {
    return this[partsOf].signal();
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

function createProgress(parts: ContextParts): Progress {
  const { lines } = parts;
  let reportedAt = -Infinity;
  const report = (done: number, total?: number): void => {
    if (lines.now() - reportedAt < PROGRESS_EVERY_MS && done !== total) return;
    reportedAt = lines.now();
    parts.report(total === undefined ? { done } : { done, total });
    lines.emit({ type: "stage:progress", run: lines.runId, stage: lines.stage, done, total: total ?? null });
  };
  function* counted<T>(items: Iterable<T>, total: number | undefined): Iterable<T> {
    let done = 0;
    for (const item of items) {
      yield item;
      report(++done, total);
    }
  }
  async function* countedAsync<T>(items: AsyncIterable<T>, total: number | undefined): AsyncIterable<T> {
    let done = 0;
    for await (const item of items) {
      yield item;
      report(++done, total);
    }
  }
  const progress = (first: unknown, total?: number): unknown => {
    if (typeof first === "number") {
      report(first, total);
      return;
    }
    const size = total ?? (first as { length?: number; size?: number }).length ?? (first as { size?: number }).size;
    return Symbol.asyncIterator in Object(first)
      ? countedAsync(first as AsyncIterable<unknown>, size)
      : counted(first as Iterable<unknown>, size);
  };
  return progress as Progress;
}
