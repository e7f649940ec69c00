/** The public types: what a cell's author writes and gets. They must type-check in tslab cells (TypeScript 5.0, non-strict). */
import type { Reason } from "../protocol";

/** Anything that a stage can take as an input: a stage, a parameter, a file. */
export interface Input<T> {
  /** Types only. A string key: a unique symbol here crashes tslab's completion. */
  readonly "~output": T;
}

/** Values that are used as they are, never looked into for inputs. */
/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-function-type -- any key, any function */
export type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | Function
  | Date
  | RegExp
  | Error
  | ReadonlyMap<any, any>
  | ReadonlySet<any>
  | ArrayBuffer
  | ArrayBufferView;
/* eslint-enable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-function-type */

/** What a stage function receives for inputs of type `I`. */
export type Resolved<I> = 0 extends 1 & I
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any stays any
    any
  : I extends Input<infer T>
    ? T
    : I extends Leaf
      ? I
      : I extends PromiseLike<unknown>
        ? PassTheStageItselfNotItsPromise
        : { [K in keyof I]: Resolved<I[K]> };

/** `{ quakes: quakes() }` where `{ quakes }` was meant. */
export interface PassTheStageItselfNotItsPromise {
  readonly passTheStageItselfNotItsPromise: never;
}

/** What a stage produces when its function returns `R`. */
export type Produced<R> = 0 extends 1 & R
  ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- any stays any
    any
  : R extends Generator<infer U>
    ? Stream<U>
    : R extends AsyncIterable<infer U>
      ? Stream<U>
      : R extends Observable<infer U>
        ? Stream<U>
        : R extends PromiseLike<infer U>
          ? Produced<U>
          : R;

/** Items one by one. Each reader starts at the first one; leaving the loop stops the reading. */
export interface Stream<T> extends AsyncIterable<T> {
  /** All items at once. */
  toArray(): Promise<T[]>;
}

export type ItemOf<T> = T extends Stream<infer U> ? U : never;

/** Rx's observable, as much of it as is needed to subscribe. */
export interface Observable<T> {
  subscribe(
    observer: ((value: T) => void) | { next(value: T): void; error?(error: unknown): void; complete?(): void },
  ): { unsubscribe(): void };
}

/** How current a stage is. `pending`: below a stale one, may change. */
export type Freshness = "new" | "fresh" | "stale" | "pending" | "running" | "failed" | "cancelled" | "blocked";

/** What a call gives: a promise that prints what to do when it is shown un-awaited, and whose error is never lost. */
export interface Running<T> extends Promise<T> {
  readonly stage: string;
  /** Stops what runs for this call; it then rejects with code `cancelled`. */
  cancel(): void;
}

/** Values by name. */
export type Values = Readonly<Record<string, unknown>>;

export interface RunOptions {
  /** Runs the target even when it is fresh; what it needs runs only when stale. */
  readonly force?: boolean;
  /** How many stages may run at the same time. Default: the number of processors, at least 4. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
}

export interface PlanRow {
  readonly stage: string;
  /** `fresh` nothing to do, `load` stored but not in this kernel, `run` certain, `maybe` waits for an upstream's new value. */
  readonly action: "fresh" | "load" | "run" | "maybe" | "blocked";
  readonly reasons: readonly string[];
  readonly waitsFor?: readonly string[];
  /** Milliseconds, from past durations. */
  readonly estimateMs?: number;
  /** Names that the code reaches and no key can follow. */
  readonly untracked?: readonly string[];
}

export interface Plan {
  readonly rows: readonly PlanRow[];
}

/** Why a stage is what it is. */
export interface Explanation {
  readonly stage: string;
  readonly status: Freshness;
  readonly reasons: readonly string[];
  /** The same reasons as data: which part, and what it was and is. */
  readonly causes: readonly Reason[];
  toString(): string;
}

/** One stored result. */
export interface HistoryRow {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly key: string;
  readonly durationMs: number;
  /** All parameters of the stage and its ancestors, as text. */
  readonly params: Values;
  readonly pinned: boolean;
}

/** A named, cached function of its inputs. Call it (`await clean()`) to run what is stale and get its output. */
export interface Stage<T> extends Input<T> {
  (): Running<T>;
  readonly name: string;
  run(options?: RunOptions): Running<T>;
  plan(): Promise<Plan>;
  status(): Promise<Freshness>;
  /** Why it is stale, in words. */
  explain(): Promise<Explanation>;
  /** The stored output; throws `no-result` where there is none. Runs nothing. */
  load(): Promise<T>;
  /** Stored results, newest first. */
  history(): Promise<readonly HistoryRow[]>;
  /** The same stage with other parameter values, for this use only. */
  with(overrides: Values): Stage<T>;
  /**
   * The stage under each combination of parameter values, as many at a time as `jobs` allow; each result is cached. Rows in the order
   * of the grid, the last parameter fastest; `show(rows)` draws them. Throws `sweep-grid`, and the first error of a point, when the
   * others have ended. `cancel()` keeps what was finished.
   */
  sweep<const G extends Readonly<Record<string, readonly unknown[]>>>(
    grid: G,
    options?: RunOptions,
  ): Running<readonly SweepRow<G, T>[]>;
  /** One of its named outputs, as an input: only that one counts. */
  output<K extends keyof T & string>(name: K): Input<T[K]>;
  /** Part of its output, as an input: only that part counts. `fn` must be pure; its own code counts too. */
  select<U>(fn: (value: T) => U): Input<Awaited<U>>;
  /** Keeps the stage's latest result from every clean-up; `false` lets it go again. Throws `no-result`. */
  pin(isPinned?: boolean): Promise<void>;
  /** Writes the values of its inputs into a folder, for `replay`. What it needs runs first where it is stale. */
  exportInputs(folder: string): Promise<void>;
  /** Runs the function alone on exported inputs: nothing else runs, nothing is stored. Throws `replay` for a folder that holds none. */
  replay(folder: string): Promise<T>;
  /** All items of a stage that makes a stream. */
  toArray(this: Stage<Stream<unknown>>): Promise<ItemOf<T>[]>;
  /** The function as it was given, for tests. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- callable with fake inputs
  readonly fn: (...args: any[]) => any;
}

/** One point of a sweep. */
export interface SweepRow<G, T> {
  readonly params: { readonly [K in keyof G]: G[K] extends readonly (infer V)[] ? V : never };
  readonly value: T;
}

/** A value that can be changed from the sidebar or by `set`. */
export interface Param<T> extends Input<T> {
  readonly name: string;
  readonly value: T;
  /** Throws `param-value` when out of type or range, `param-read-only` inside a stage. */
  set(value: T): void;
  /** Back to the default. */
  reset(): void;
}

export interface ParamOptions<T> {
  readonly description?: string;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
  /** The step of the control; an integer step with an integer default makes an integer parameter. */
  readonly step?: number;
  readonly choices?: readonly T[];
  /** zod, TypeBox (both give the type) or plain JSON Schema. */
  readonly schema?: { readonly _output: T } | { readonly static: T } | JsonSchema;
  /** False keeps the parameter out of every key. Default true. */
  readonly tracked?: boolean;
}

export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly static?: never;
  readonly [keyword: string]: unknown;
}

/** One line of the structured log; fields are kept as data. */
export type LogLine = (message: string, fields?: Values) => void;
export interface Logger {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
}

export interface Progress {
  (done: number, total?: number): void;
  <T>(items: Iterable<T>, total?: number): Iterable<T>;
  <T>(items: AsyncIterable<T>, total?: number): AsyncIterable<T>;
}

/** Always the last argument of a stage function. */
export interface StageContext {
  readonly log: Logger;
  readonly progress: Progress;
  /** Aborts when the run is stopped. */
  readonly signal: AbortSignal;
  /** In [0, 1), seeded from the key (and `seed`): a re-run gives the same numbers. */
  readonly random: () => number;
  /** The stage's last stored output, if any. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the type
  readonly previous: <T = any>() => Promise<T | undefined>;
  /**
   * A path to write a file to; return it, alone or inside the value: the store then owns the file, its content counts, and whoever
   * reads the value gets a path where it lies read-only. `name` without folders.
   */
  readonly fileOut: (name: string) => string;
  readonly run: { readonly id: string; readonly stage: string; readonly cell: string };
}

/** How a value becomes bytes. `name` is part of the key. */
export interface Codec {
  readonly name: string;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  encode(value: any): Uint8Array | Promise<Uint8Array>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  decode(bytes: Uint8Array): any;
}

export interface StageOptions {
  readonly description?: string;
  /** Counts in the key: change it to make old results stale. */
  readonly version?: string;
  /** Counts in the key and seeds `random()`. */
  readonly seed?: string | number;
  /** Names of its outputs, when it returns an object of several: another set of names is an error. */
  readonly outputs?: readonly string[];
  /** What happens to outputs that are not named: an error (default), left out with a warning, or kept with one. */
  readonly extra?: "error" | "drop" | "keep";
  /** False: nothing is stored, each call runs the body. */
  readonly cache?: boolean;
  /** Inputs that are copied to each log line of the stage. */
  readonly logged?: readonly string[];
  /**
   * How its value is stored. By default as V8 serializes it. By name: `json`, `text`, `bytes` (a Uint8Array), `arrow` (a table of
   * apache-arrow): each refuses what it would not give back as it was. Or one of your own.
   */
  readonly codec?: Codec | "json" | "text" | "bytes" | "arrow";
  /** False, or a throw, for a value that is wrong: it is never stored. Asked of each value that is made or loaded. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly validate?: (value: any) => unknown;
  /**
   * What an invalid value leads to. `recompute` (default): a made one fails the stage with `invalid-output`, a stored one is made
   * again. `throw`: a stored one fails too. `warn`: it is used, with a warning; a made one is not stored.
   */
  readonly whenInvalid?: "recompute" | "warn" | "throw";
  /** Told of each value that was stored. What it throws is logged. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly onSave?: (value: any) => unknown;
  /** Told of each value that came from the store. What it throws is logged. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the stage's own output
  readonly onLoad?: (value: any) => unknown;
  /**
   * True runs the function in a thread of its own, so that long calculations leave the notebook free; the result and its key are the
   * same. What the function captures is copied for each run: a change that it makes to a captured object stays in the thread. What
   * cannot be copied (a variable that it assigns, a socket, an instance with private fields) fails with `not-shippable`.
   */
  readonly worker?: boolean;
  /** How often it is tried again when it fails; with pauses of 0.2 s, 0.4 s, … 30 s. Default 0. */
  readonly retries?: number;
  /** Milliseconds after which an attempt is given up with `timeout`; its signal aborts. */
  readonly timeoutMs?: number;
}

/** The items that a source of `each` has: those of a stage's stream or list, of a stream, of a list. */
export type Items<S> =
  S extends Input<infer T> ? Items<T> : S extends AsyncIterable<infer U> ? U : S extends Iterable<infer U> ? U : never;

/** What comes of one item when the function returns `R`. */
export type Fanned<R> = R extends Generator<infer U> ? U : R extends AsyncGenerator<infer U> ? U : Awaited<R>;

export interface EachOptions extends Pick<
  StageOptions,
  "description" | "version" | "seed" | "cache" | "logged" | "codec" | "retries"
> {
  /**
   * How many items are worked on at the same time. Default 1. At most as many results more are ready and wait, and at most 128 items
   * wait between two stages.
   */
  readonly workers?: number;
  /**
   * True calls the function in threads, as many as `workers`: for calculations, and for what blocks. As the option `worker` of a stage;
   * a captured object is copied once for each thread, and items and results are plain data.
   */
  readonly worker?: boolean;
  /** False: results come as they are ready, and not in the order of their items. Default true. */
  readonly ordered?: boolean;
  /** Keeps the result of each item by itself too: when the source has one item more, the function is called once. */
  readonly cacheItems?: boolean;
}

/** What a file input gives inside the stage. Paths are relative to the notebook. */
export interface FileHandle {
  readonly path: string;
  text(): Promise<string>;
  bytes(): Promise<Uint8Array>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the shape
  json<T = any>(): Promise<T>;
  lines(): AsyncIterable<string>;
}

export interface FileInput extends Input<FileHandle> {
  readonly path: string;
}

export type DefineComputed = <T>(fn: () => T) => Input<Awaited<T>>;
export type DefineResource = <T>(
  name: string,
  open: () => T | Promise<T>,
  options?: { close?(value: T): void | Promise<void> },
) => Input<T>;

export interface DefineStage {
  <R>(name: string, fn: (context: StageContext) => R, options?: StageOptions): Stage<Produced<R>>;
  <I extends object | [unknown], R>(
    name: string,
    inputs: I,
    fn: (inputs: Resolved<I>, context: StageContext) => R,
    options?: StageOptions,
  ): Stage<Produced<R>>;
}

export interface DefineEach {
  <S, R>(
    name: string,
    source: S,
    fn: (item: Items<S>, context: StageContext) => R,
    options?: EachOptions,
  ): Stage<Stream<Fanned<R>>>;
  <S, I extends object | [unknown], R>(
    name: string,
    source: S,
    inputs: I,
    fn: (item: Items<S>, inputs: Resolved<I>, context: StageContext) => R,
    options?: EachOptions,
  ): Stage<Stream<Fanned<R>>>;
}

export type DefineParam = <T, const C extends T = T>(name: string, initial: T, options?: ParamOptions<C>) => Param<C>;
