/** The pipeline that notebooks and scripts use: it defines stages and parameters, and acts on all of them. Created by pipeline.ts. */
import type { EventBus } from "./events/bus";
import { toDot } from "./export/dot";
import { toMermaid } from "./export/mermaid";
import { StagebookError, type View } from "./protocol";
import type { ScriptPipeline } from "./pipeline-types";
import type { PublicApi } from "./run/api/handle-api";
import type { Engine } from "./run/engine";
import { observeShown } from "./run/api/shown";
import { findActivity } from "./run/state/activity";
import { errorOf } from "./run/state/outcome";
import { createEachDefinition, createStageDefinition, type StageDefinition } from "./stage/definition";
import type { DefineParam } from "./stage/public/params";
import type { DefineEach, DefineStage } from "./stage/public/stages";
import { createParamHandle, createStageHandle } from "./stage/handle";
import { createParamDefinition } from "./stage/param";
import type { DefinitionSite } from "./stage/registry";
import { checkRunOptions } from "./stage/run-options";

export function createPipelineApi(engine: Engine, api: PublicApi, bus: EventBus): ScriptPipeline {
  return Object.defineProperties(
    {},
    {
      ...Object.getOwnPropertyDescriptors(definitions(engine, api)),
      ...Object.getOwnPropertyDescriptors(runsAndPlans(engine, api)),
      ...Object.getOwnPropertyDescriptors(storedResults(engine, bus)),
      ...Object.getOwnPropertyDescriptors(views(bus)),
    },
  ) as ScriptPipeline;
}

function definitions(engine: Engine, api: PublicApi): Pick<ScriptPipeline, "stage" | "each" | "param" | "params"> {
  const define = (definition: StageDefinition): unknown => {
    const { name, cell, description, inputs } = definition;
    checkOwners(inputs.leaves, api.owner, name);
    api.params.warnFixedInputs(inputs.leaves, name);
    engine.registry.stages.define(definition, siteIn(engine));
    engine.emit({
      type: "stage:defined",
      stage: { name, cell, ...(description === undefined ? {} : { description }) },
    });
    engine.changed("code");
    return createStageHandle(name, api);
  };
  return {
    stage: ((...args: unknown[]) => define(createStageDefinition(args, findActivity().cell))) as DefineStage,
    each: ((...args: unknown[]) => define(createEachDefinition(args, findActivity().cell))) as DefineEach,
    param: ((...args) => {
      const { cell, execution } = findActivity();
      const definition = createParamDefinition(args, cell, execution?.declaredParam?.(args[0]));
      engine.params.checkKeyable(definition, definition.initial);
      engine.registry.params.define(definition, siteIn(engine));
      engine.params.define(definition);
      engine.changed("params");
      return createParamHandle(definition.name, api);
    }) as DefineParam,
    get params() {
      return Object.fromEntries(engine.params.names().map((name) => [name, api.params.paramValue(name)]));
    },
  };
}

/** While a cell is being executed, its own code defines each name once; a stage's function, or a callback later, may do so again. */
function siteIn(engine: Engine): DefinitionSite {
  const { execution, stage, observe } = findActivity();
  const { aliveCell, labelOf } = engine;
  const isOwn = execution?.pipeline === engine && !execution.isOver && stage === undefined;
  const taken: DefinitionSite["taken"] = (what, isFree) => observe?.({ kind: "taken", what, isFree });
  return { ...(isOwn && { execution }), aliveCell, labelOf, taken };
}

type RunsAndPlans = Pick<ScriptPipeline, "run" | "plan" | "outdated" | "explain" | "cancel">;

function runsAndPlans(engine: Engine, { queries }: PublicApi): RunsAndPlans {
  const find = (name: string): ReturnType<typeof engine.instances.find> => engine.instances.find(name);
  return {
    run: async (settings) => {
      const { target, ...options } = checkRunOptions(settings, ["target", "force", "jobs", "signal"]);
      const names = target === undefined ? stageNames(engine) : typeof target === "string" ? [target] : target;
      const { outcomes } = await engine.run(names.map(find), options);
      for (const kind of ["failed", "cancelled"] as const)
        for (const [id, outcome] of outcomes) if (outcome.kind === kind) throw errorOf(outcome, find(id));
    },
    plan: async (target) => queries.planOf((target === undefined ? stageNames(engine) : [target]).map(find)),
    outdated: async () => {
      const outdated = await engine.outdated();
      observeShown(
        "the list of stale stages",
        () => JSON.stringify(queries.outdatedNow()),
        () => JSON.stringify(outdated.map((row) => row.stage).sort()),
      );
      return outdated.map((row) => row.stage);
    },
    explain: (name) => queries.explain({ name }),
    cancel: () => void engine.cancel(),
  };
}

function storedResults(engine: Engine, bus: EventBus): Pick<ScriptPipeline, "load" | "clear" | "gc" | "verify"> {
  return {
    load: async <T>(name: string) => {
      findActivity().stage?.readUnseen(`the result of ${name}`);
      const codec = engine.registry.stages.get(name)?.codec;
      for (const entry of await engine.results.history(name)) {
        const loaded = await engine.results.read(entry, codec);
        if (!loaded) continue;
        observeShown(`the newest result of ${name}`, () => bus.view.stages[name]?.result?.digest ?? "");
        return loaded.value as T;
      }
      throw new StagebookError(
        "no-result",
        `stage "${name}" has no stored result`,
        "Run the stage in this notebook first.",
        { stage: name },
      );
    },
    clear: async (name) => {
      for (const each of name === undefined ? stageNames(engine) : [name]) await engine.results.clear(each);
      engine.changed("store");
    },
    gc: async (options = {}) => {
      const report = await engine.store.gc(checkStoreOptions(options, gcOptions, "gc"));
      engine.changed("store");
      return report;
    },
    verify: async (options = {}) => {
      const report = await engine.store.verify(checkStoreOptions(options, verifyOptions, "verify"));
      if (report.repaired) engine.changed("store");
      return report;
    },
  };
}

function views(bus: EventBus): Pick<ScriptPipeline, "events$" | "graph" | "toMermaid" | "toDot" | "toJSON"> {
  const read = <T>(of: (view: View) => T): T => {
    observeShown("the pipeline", () => toMermaid(bus.view));
    return of(bus.view);
  };
  return {
    get events$() {
      return bus.events$;
    },
    graph: () => read(graphOf),
    toMermaid: () => read(toMermaid),
    toDot: () => read(toDot),
    toJSON: () => read((view) => view),
    [Symbol.for("nodejs.util.inspect.custom")]: () => read(pipelineText),
  };
}

function stageNames(engine: Engine): readonly string[] {
  return engine.registry.stages.all().map(({ name }) => name);
}

/** The pipeline as it is printed. */
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

/** Inputs must belong to the same pipeline: keys and runs of another one are unknown here. */
function checkOwners(
  leaves: readonly { readonly path: string; readonly ref?: { readonly kind: string; readonly owner?: object } }[],
  owner: object,
  stage: string,
): void {
  const foreign = leaves.find(({ ref }) => ref?.owner !== undefined && ref.owner !== owner);
  if (foreign)
    throw new StagebookError(
      "foreign-input",
      `stage "${stage}": input ${foreign.path || "itself"} belongs to another pipeline`,
      "Define both with the same stage() and param().",
      { stage },
    );
}

const gcOptions = [
  "dryRun",
  "olderThanMs",
  "keepPerStage",
  "keepRuns",
  "maxBytes",
  "goneForMs",
  "signal",
  "onProgress",
];
const verifyOptions = ["repair", "signal", "onProgress"];
const numbers = ["olderThanMs", "keepPerStage", "keepRuns", "maxBytes", "goneForMs"];

function checkStoreOptions<T extends object>(options: T, names: readonly string[], method: string): T {
  for (const [option, value] of Object.entries(options)) {
    const problem = !names.includes(option)
      ? `unknown option "${option}" of ${method}`
      : numbers.includes(option) && value !== undefined && !(typeof value === "number" && value >= 0)
        ? `${option} of ${method} is not a number ≥ 0`
        : undefined;
    if (problem !== undefined) throw new StagebookError("store-options", problem, `Options are ${names.join(", ")}.`);
  }
  return options;
}
