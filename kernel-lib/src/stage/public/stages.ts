/** The public types of stages, runs and sweeps. */
import type { Input, Resolved, Values } from "./inputs";
import type { EachOptions, StageOptions } from "./options";
import type { Explanation, Freshness, HistoryRow, Plan } from "./plans";
import type { StageContext } from "./context";
import type { Fanned, ItemOf, Items, Produced, Stream } from "./streams";

/** A call in progress: a promise whose text says to add `await`, and whose error is reported even if nothing awaits it. */
export interface Running<T> extends Promise<T> {
  /** The stage's name. */
  readonly stage: string;
  /** Stops what runs for this call; the promise then rejects with code `cancelled`. */
  cancel(): void;
}

/** Options of one run. Unknown or invalid ones throw `run-options`. */
export interface RunOptions {
  /** Executes the target even if it is fresh; upstream stages only if stale. Default false. */
  readonly force?: boolean;
  /** Maximum number of stages to execute in parallel. Default: the number of processors, at least 4. */
  readonly jobs?: number;
  /** Cancels the run when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Where workers are started for a run: by a scheduler of jobs. `workers`: how many processes, default 4; `cpus`: processors of each,
 * default 1; `time`: their limit as the scheduler takes it, `"2:00:00"`, default that of the partition.
 */
export type RunOn =
  "slurm" | { readonly scheduler: "slurm"; readonly workers?: number; readonly cpus?: number; readonly time?: string };

/** A named, cached function of its inputs. Call it (`await clean()`) to run what is stale and get its output. */
export interface Stage<T> extends Input<T> {
  /**
   * Runs what is stale and returns the output. Rejects with the StagebookError of the first stage that failed, when the others have
   * ended; throws `stage-arguments` for arguments.
   */
  (): Running<T>;
  /** The name that it was defined with. */
  readonly name: string;
  /**
   * The same as a call, with options. `on`: submits workers to a scheduler, which help until the run has ended; then they are cancelled.
   * Rejects with `scheduler-missing`, `scheduler-failed`, `scheduler-store`, `scheduler-notebook` and `scheduler-param`.
   */
  run(options?: RunOptions & { readonly on?: RunOn }): Running<T>;
  /** What a call would do, with this stage and everything upstream. Runs nothing. */
  plan(): Promise<Plan>;
  /** How current it is. Runs nothing. */
  status(): Promise<Freshness>;
  /** Why it is stale, as text and as data. Runs nothing. */
  explain(): Promise<Explanation>;
  /** The stored output if it is current; else rejects with `no-result`. Runs nothing. */
  load(): Promise<T>;
  /** Stored results, newest first. */
  history(): Promise<readonly HistoryRow[]>;
  /** The same stage with other parameter values, for this use only. Throws `param-unknown` and `param-value`. */
  with(overrides: Values): Stage<T>;
  /**
   * Runs the stage for each combination of parameter values, in parallel as far as `jobs` allows; each result is cached. Rows are in the
   * order of the grid, the last parameter varies fastest; `show(rows)` draws them. Throws `sweep-grid`; rejects with the first error of a
   * point when the others have ended. `cancel()` keeps what has finished.
   */
  sweep<const G extends Readonly<Record<string, readonly unknown[]>>>(
    grid: G,
    options?: RunOptions,
  ): Running<readonly SweepRow<G, T>[]>;
  /** One of its named outputs as an input: only that output counts in the key. Throws `output-unknown`. */
  output<K extends keyof T & string>(name: K): Input<T[K]>;
  /** Part of its output as an input: only that part counts in the key. `fn` must be pure; its own code counts too. */
  select<U>(fn: (value: T) => U): Input<Awaited<U>>;
  /** Protects the stage's latest result from every clean-up; `false` ends that. Rejects with `no-result`. */
  pin(isPinned?: boolean): Promise<void>;
  /** Writes the values of its inputs into a folder, for `replay`. Runs stale upstream stages first. */
  exportInputs(folder: string): Promise<void>;
  /** Executes the function on exported inputs, and nothing else; stores nothing. Rejects with `replay` for a folder without inputs. */
  replay(folder: string): Promise<T>;
  /** Runs what is stale and returns all items of a stream, in order. Rejects with `not-a-stream` for a stage that returns none. */
  toArray(this: Stage<Stream<unknown>>): Promise<ItemOf<T>[]>;
  /** The function as it was passed to `stage`, to test it with fake inputs. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- callable with fake inputs
  readonly fn: (...args: any[]) => any;
}

/** One point of a sweep. */
export interface SweepRow<G, T> {
  /** The parameter values of the point. */
  readonly params: { readonly [K in keyof G]: G[K] extends readonly (infer V)[] ? V : never };
  /** The stage's output for them. */
  readonly value: T;
}

/** The type of `stage`. */
export interface DefineStage {
  /** A stage without declared inputs; what its code reads by name still counts as an input. */
  <R>(name: string, fn: (context: StageContext) => R, options?: StageOptions): Stage<Produced<R>>;
  /** A stage with inputs: an object, a tuple, or one input; nested objects and arrays too. `fn` receives their values. */
  <I extends object | [unknown], R>(
    name: string,
    inputs: I,
    fn: (inputs: Resolved<I>, context: StageContext) => R,
    options?: StageOptions,
  ): Stage<Produced<R>>;
}

/** The type of `each`. */
export interface DefineEach {
  /** Calls `fn` with each item. A generator returns several results per item, or none. */
  <S, R>(
    name: string,
    source: S,
    fn: (item: Items<S>, context: StageContext) => R,
    options?: EachOptions,
  ): Stage<Stream<Fanned<R>>>;
  /** The same with further inputs, whose values `fn` receives after the item. */
  <S, I extends object | [unknown], R>(
    name: string,
    source: S,
    inputs: I,
    fn: (item: Items<S>, inputs: Resolved<I>, context: StageContext) => R,
    options?: EachOptions,
  ): Stage<Stream<Fanned<R>>>;
}
