/** The composition root: the only place that names concrete adapters. Makes pipelines for notebooks, scripts and tests. */
import fs from "node:fs";
import path from "node:path";
import { EventBus } from "./events/bus";
import { captureOutput } from "./events/log-capture";
import { keepLogLines } from "./events/log-lines";
import { recordRuns } from "./events/run-files";
import { toDot } from "./export/dot";
import { toMermaid } from "./export/mermaid";
import type { CellTracking, PipelineInternals } from "./notebook/pipeline-internals";
import { StagebookError, type CellId, type LogRecord, type StagebookEvent, type View } from "./protocol";
import { findActivity } from "./run/state/activity";
import { Engine } from "./run/engine";
import { PublicApi } from "./run/public-api";
import { createLiveScopes } from "./scopes/live-scopes";
import { errorOf } from "./run/state/outcome";
import { announce, findRunOverrides } from "./headless";
import { openStore } from "./store/open-store";
import type { GcOptions, GcReport, VerifyOptions, VerifyReport } from "./store/store";
import { createEachDefinition, createStageDefinition, type StageDefinition } from "./stage/definition";
import type { Values } from "./stage/public/inputs";
import type { DefineParam } from "./stage/public/params";
import type { Explanation, Plan } from "./stage/public/plans";
import type { DefineEach, DefineStage, RunOptions } from "./stage/public/stages";
import type { Observable } from "./stage/public/streams";
import { checkRunOptions } from "./stage/run-options";
import { createParamHandle, createStageHandle } from "./stage/handle";
import { createParamDefinition } from "./stage/param";

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
  /** The name under which results are stored. Default: the notebook's file name, else `script`. */
  readonly notebook?: string;
}

/** A pipeline with functions to define its stages and parameters. */
export type ScriptPipeline = Pipeline & {
  readonly stage: DefineStage;
  readonly each: DefineEach;
  readonly param: DefineParam;
};

/** Which package made a result. */
export const version = readVersion();

function readVersion(): string {
  const manifest = fs.readFileSync(path.join(__dirname, "..", "package.json"), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

/** A pipeline and what is behind it. `notebookExports`: the object that holds a notebook's variables. */
export function createPipelineWithInternals(
  options: PipelineOptions,
  notebookExports: () => object | undefined,
): { readonly pipeline: ScriptPipeline; readonly internals: PipelineInternals } {
  checkOptions(options);
  captureOutput();
  const now = options.now ?? Date.now;
  const bus = new EventBus(now);
  const scopes = createLiveScopes(notebookExports);
  const notebook = options.notebook ?? notebookName();
  const onProblem = (message: string, where: string): void => {
    bus.emit({ type: "store:problem", message, where });
    bus.emit({
      type: "log:written",
      record: {
        at: now(),
        level: "warn",
        stage: null,
        cell: findActivity().cell,
        run: null,
        message: `store: ${where} ${message}`,
        fields: {},
        source: "stagebook",
      },
    });
  };
  const { store, savedParams } = openStore({
    choice: options.store,
    environment: process.env,
    notebook,
    now,
    onProblem,
  });
  let cells: CellTracking = { isAlive: () => true, labelOf: () => "", missingVariables: () => [] };
  const ports = {
    store,
    savedParams,
    scopes,
    notebook,
    folder: process.cwd(),
    clock: { now },
    runOverrides: findRunOverrides(),
    emit: bus.emit.bind(bus),
    aliveCell: (cell: CellId) => cells.isAlive(cell),
    labelOf: (cell: CellId) => cells.labelOf(cell),
  };
  const engine = new Engine(ports, { stagebook: version, node: process.version });
  const host = new PublicApi(engine, () => bus.view);
  const logLines = keepLogLines(bus.events$);
  const runsWritten = recordRuns({
    events$: bus.events$,
    view: () => bus.view,
    store,
    notebook,
    onProblem: (error) => onProblem(`the run's events could not be written: ${error.message}`, store.location),
  });
  const { log } = options;
  if (log) bus.events$.subscribe((event) => event.type === "log:written" && log(event.record));
  const pipeline = createFace(engine, host, bus);
  const internals: PipelineInternals = {
    isPipeline: (value) => value === pipeline,
    engine,
    bus,
    scopes,
    notebook,
    logLines,
    runsWritten,
    setCells: (known) => void (cells = known),
    cells: () => cells,
  };
  announce(internals);
  return { pipeline, internals };
}

function createFace(engine: Engine, host: PublicApi, bus: EventBus): ScriptPipeline {
  const aliveCell = (cell: CellId): boolean => engine.aliveCell(cell);
  const define = (definition: StageDefinition): unknown => {
    checkOwners(definition.inputs.leaves, host, definition.name);
    host.warnFixedInputs(definition.inputs.leaves, definition.name);
    engine.registry.stages.define(definition, aliveCell, engine.labelOf);
    engine.endEpoch();
    engine.emit({
      type: "stage:defined",
      stage: {
        name: definition.name,
        cell: definition.cell,
        ...(definition.description === undefined ? {} : { description: definition.description }),
      },
    });
    engine.refresh();
    return createStageHandle(definition.name, host);
  };
  const defineStage = (...args: unknown[]): unknown => define(createStageDefinition(args, findActivity().cell));
  const defineEach = (...args: unknown[]): unknown => define(createEachDefinition(args, findActivity().cell));
  const defineParam = (...args: unknown[]): unknown => {
    const definition = createParamDefinition(args, findActivity().cell);
    engine.params.checkKeyable(definition, definition.initial);
    engine.registry.params.define(definition, aliveCell, engine.labelOf);
    engine.params.define(definition);
    engine.refresh();
    return createParamHandle(definition.name, host);
  };
  const allStages = (): readonly string[] => engine.registry.stages.all().map(({ name }) => name);
  return {
    stage: defineStage as DefineStage,
    each: defineEach as DefineEach,
    param: defineParam as DefineParam,
    run: async (given) => {
      const { target, ...options } = checkRunOptions(given, ["target", "force", "jobs", "signal"]);
      const names = target === undefined ? allStages() : typeof target === "string" ? [target] : target;
      const { outcomes } = await engine.run(
        names.map((name) => engine.instances.find(name)),
        options,
      );
      for (const kind of ["failed", "cancelled"] as const)
        for (const [id, outcome] of outcomes)
          if (outcome.kind === kind) throw errorOf(outcome, engine.instances.find(id));
    },
    plan: async (target) =>
      host.planOf((target === undefined ? allStages() : [target]).map((name) => engine.instances.find(name))),
    outdated: async () => (await engine.outdated()).map((row) => row.stage),
    explain: (name) => host.explain({ kind: "stage", name, owner: host }),
    get params() {
      return Object.fromEntries(engine.params.names().map((name) => [name, host.paramValue(name)]));
    },
    events$: bus.events$,
    graph: () => graphOf(bus.view),
    load: async <T>(name: string) => {
      findActivity().stage?.readUnseen(`the result of ${name}`);
      const codec = engine.registry.stages.get(name)?.codec;
      for (const entry of await engine.results.history(name)) {
        const loaded = await engine.results.read(entry, codec);
        if (loaded) return loaded.value as T;
      }
      throw new StagebookError(
        "no-result",
        `there is no stored result of "${name}"`,
        "Run the stage in this notebook first.",
        { stage: name },
      );
    },
    cancel: () => void engine.cancel(),
    clear: async (name) => {
      for (const each of name === undefined ? allStages() : [name]) await engine.results.clear(each);
      engine.endEpoch();
      engine.refresh();
    },
    gc: async (options = {}) => {
      const report = await engine.store.gc(checkUpkeep(options, gcOptions, "gc"));
      engine.results.forget();
      engine.endEpoch();
      engine.refresh();
      return report;
    },
    verify: async (options = {}) => {
      const report = await engine.store.verify(checkUpkeep(options, verifyOptions, "verify"));
      if (report.repaired) engine.results.forget();
      engine.refresh();
      return report;
    },
    [Symbol.for("nodejs.util.inspect.custom")]: () => pipelineText(bus.view),
    toMermaid: () => toMermaid(bus.view),
    toDot: () => toDot(bus.view),
    toJSON: () => bus.view,
  };
}

/** What the prompt says of a pipeline. */
function pipelineText(view: View): string {
  const stages = Object.values(view.stages);
  const lines = stages.map((stage) => `  ${stage.name} · ${stage.status}`);
  return [`pipeline of ${stages.length} ${stages.length === 1 ? "stage" : "stages"}`, ...lines].join("\n");
}

function graphOf(view: View): { nodes: readonly string[]; edges: readonly (readonly [string, string])[] } {
  const stages = Object.values(view.stages);
  return {
    nodes: stages.map((stage) => stage.name),
    edges: stages.flatMap((stage) =>
      stage.inputs.flatMap((input) => (input.kind === "stage" ? [[input.name, stage.name] as const] : [])),
    ),
  };
}

/** Inputs must be of the same pipeline: keys and runs of another are unknown here. */
function checkOwners(
  leaves: readonly { readonly path: string; readonly ref?: { readonly kind: string; readonly owner?: object } }[],
  host: object,
  stage: string,
): void {
  const foreign = leaves.find(({ ref }) => ref?.owner !== undefined && ref.owner !== host);
  if (foreign)
    throw new StagebookError(
      "foreign-input",
      `stage "${stage}": input ${foreign.path || "itself"} belongs to another pipeline`,
      "Define both with the same stage() and param().",
      { stage },
    );
}

const gcOptions = ["dryRun", "olderThanMs", "keepPerStage", "keepRuns", "maxBytes", "signal", "onProgress"];
const verifyOptions = ["repair", "signal", "onProgress"];
const counts = ["olderThanMs", "keepPerStage", "keepRuns", "maxBytes"];

function checkUpkeep<T extends object>(options: T, known: readonly string[], name: string): T {
  for (const [option, value] of Object.entries(options)) {
    const problem = !known.includes(option)
      ? `unknown option "${option}" of ${name}`
      : counts.includes(option) && value !== undefined && !(typeof value === "number" && value >= 0)
        ? `${option} of ${name} is not a number from 0`
        : undefined;
    if (problem !== undefined) throw new StagebookError("store-options", problem, `Options are ${known.join(", ")}.`);
  }
  return options;
}

/** Jupyter tells its kernels which notebook they are of. */
function notebookName(): string {
  const session = process.env.JPY_SESSION_NAME;
  return session === undefined || session === "" ? "script" : path.basename(session);
}

function checkOptions(options: PipelineOptions): void {
  const known = ["store", "now", "log", "notebook"];
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new StagebookError(
      "pipeline-options",
      `unknown option "${unknown}" of createPipeline`,
      `Options are ${known.join(", ")}.`,
    );
}
