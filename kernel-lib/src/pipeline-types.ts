/**
 * The public types of pipelines. They import public types only: a cell that imports the package then reads these few files, and not
 * the declarations of the whole engine with its dependencies.
 */
import type { LogRecord, StagebookEvent } from "./protocol";
import type { Values } from "./stage/public/inputs";
import type { DefineParam } from "./stage/public/params";
import type { Explanation, Plan } from "./stage/public/plans";
import type { DefineEach, DefineStage, RunOptions } from "./stage/public/stages";
import type { Observable } from "./stage/public/streams";
import type { GcOptions, GcReport, VerifyOptions, VerifyReport } from "./store/store";

/** A pipeline: the stages and parameters of one notebook or script, and what can be done with all of them. */
export interface Pipeline {
  /**
   * Runs the target (default: all stages) and what is stale upstream. Rejects with the error of the first stage that failed;
   * independent stages finish. Throws `run-options`, `stage-unknown` and `cycle`.
   */
  run(options?: RunOptions & { readonly target?: string | readonly string[] }): Promise<void>;
  /** What a run of the target (default: all stages) would do, and why. Runs nothing. */
  plan(target?: string): Promise<Plan>;
  /** Names of the stages that would or may be executed, in order of execution. */
  outdated(): Promise<readonly string[]>;
  /** Why a stage is stale, as text and as data. Runs nothing. */
  explain(name: string): Promise<Explanation>;
  /** The current values of all parameters, by name. */
  readonly params: Values;
  /** All events from now on, see the reference of the protocol. */
  readonly events$: Observable<StagebookEvent>;
  /** The stages by name, in order of definition, and the edges between them as pairs of upstream and downstream stage. */
  graph(): { readonly nodes: readonly string[]; readonly edges: readonly (readonly [string, string])[] };
  /** The latest stored result of a stage, even if no cell defines the stage. Rejects with `no-result`. Runs nothing. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the author knows the type
  load<T = any>(name: string): Promise<T>;
  /** Cancels every run of this pipeline. */
  cancel(): void;
  /** Removes the stored results of a stage (default: of all stages). Results that other stages share stay in the store. */
  clear(name?: string): Promise<void>;
  /** Collects garbage in the store, of all notebooks that use it. Pinned results stay. Throws `store-options`. */
  gc(options?: GcOptions): Promise<GcReport>;
  /** Reads and checks the whole store; `repair` removes damaged results, so that they are recomputed. Throws `store-options`. */
  verify(options?: VerifyOptions): Promise<VerifyReport>;
  /** The graph as a Mermaid flowchart. */
  toMermaid(): string;
  /** The graph in Graphviz' DOT language. */
  toDot(): string;
  /** The view that the sidebar shows, as JSON: stages, parameters, cells, runs, log. */
  toJSON(): object;
}

/** A pipeline with functions to define its stages and parameters. */
export type ScriptPipeline = Pipeline & {
  readonly stage: DefineStage;
  readonly each: DefineEach;
  readonly param: DefineParam;
};

/** Options of `createPipeline`. Unknown ones throw `pipeline-options`. */
export interface PipelineOptions {
  /**
   * A folder, `"memory"`, `"none"`, `"s3://bucket/prefix"`, a Bucket or a Store. Default: STAGEBOOK_STORE, else `.stagebook` in the
   * working folder. Further environment variables configure a shared store, signatures and a size limit.
   */
  readonly store?: string | object;
  /** The current time in epoch milliseconds; for tests. Default: Date.now. */
  readonly now?: () => number;
  /** Called with every log record. Default: log records go to the events only. */
  readonly log?: (record: LogRecord) => void;
  /**
   * The share of cache hits that are computed again in a worker thread while nothing runs, and compared: `"1%"`, a number from 0 to 1,
   * `"off"`. Default: STAGEBOOK_AUDIT, else off.
   */
  readonly audit?: string | number;
  /** A name under which results are stored. Default: the notebook or script is recognized by its file, also after it was renamed or moved. */
  readonly notebook?: string;
}
