/** What the command line wants of every run in this process: parameter values that hold, stages to run again, bodies or none. */
import type { Json } from "../../protocol";
import { StagebookError } from "../../protocol";
import { checkValue, type ParamDefinition } from "../../stage/param";

/** A value as it was given: text of a `--set`, or JSON of a file. */
export type ParamOverride = { readonly text: string } | { readonly json: Json };

export interface RunOverridesRequest {
  readonly params?: Readonly<Record<string, ParamOverride>>;
  /** Each runs once although it is fresh. */
  readonly force?: readonly string[];
  /** How many bodies run at the same time, where a run does not say so itself. */
  readonly jobs?: number;
  /** The most attempts of a stage after the first. */
  readonly retries?: number;
}

/** Made once, before the first cell; a kernel has those that ask for nothing. */
export class RunOverrides {
  /** While true no body runs: a run that would need one throws `not-run`. */
  refusesBodies = false;
  readonly jobs: number | undefined;
  /** Nobody looks at the cells' outputs while they run. */
  readonly isHeadless: boolean;
  private readonly mostRetries: number;
  private readonly params: ReadonlyMap<string, ParamOverride>;
  private readonly forced: Set<string>;
  private readonly taken = new Set<string>();
  private readonly refused = new Set<string>();
  private wrong: StagebookError | undefined;

  constructor(request?: RunOverridesRequest) {
    const { params = {}, force = [], jobs, retries } = request ?? {};
    this.isHeadless = request !== undefined;
    this.params = new Map(Object.entries(params));
    this.forced = new Set(force);
    this.jobs = jobs;
    this.mostRetries = retries ?? Infinity;
  }

  /** The value that a parameter has in this process whatever is set; throws `param-value` for one that does not fit. */
  valueFor(definition: ParamDefinition): { readonly value: unknown } | undefined {
    const given = this.params.get(definition.name);
    if (!given) return undefined;
    this.taken.add(definition.name);
    try {
      const value = readGiven(definition, given);
      checkValue(definition, value);
      return { value };
    } catch (error) {
      if (error instanceof StagebookError) this.wrong ??= error;
      throw error;
    }
  }

  /** Given names that no parameter has had so far. */
  get unknownParams(): readonly string[] {
    return [...this.params.keys()].filter((name) => !this.taken.has(name));
  }

  /** The first given value that did not fit. */
  get wrongParam(): StagebookError | undefined {
    return this.wrong;
  }

  /** As a stage wants to be tried, unless whoever calls tries again himself. */
  retriesOf({ retries }: { readonly retries: number }): number {
    return Math.min(retries, this.mostRetries);
  }

  isForced(stage: string): boolean {
    return this.forced.has(stage);
  }

  /** True once for each stage that is to run again. */
  takeForced(stage: string): boolean {
    return !this.refusesBodies && this.forced.delete(stage);
  }

  /** Throws for stages that would run while no body may. */
  refuse(stages: readonly { readonly stage: string; readonly why: string }[]): void {
    const [first] = stages;
    if (!this.refusesBodies || !first) return;
    for (const { stage } of stages) this.refused.add(stage);
    throw new StagebookError(
      "not-run",
      `stage "${first.stage}" has no current result, and nothing is run here: ${first.why}`,
      "Run it first: stagebook run.",
      { stage: first.stage },
    );
  }

  /** The stages that were refused since the last call. */
  takeRefused(): readonly string[] {
    const names = [...this.refused];
    this.refused.clear();
    return names;
  }
}

function readGiven(definition: ParamDefinition, given: ParamOverride): unknown {
  const { schema } = definition;
  if (schema.kind === "other")
    throw new StagebookError(
      "param-value",
      `parameter "${definition.name}" holds a value that only code can set`,
      `Write ${definition.name}.set(…) in a cell.`,
    );
  return schema.decode("json" in given ? given.json : wireOf(definition, given.text));
}

/** The wire value that a text stands for: what is no number, choice or JSON stays text, and the check says what is wrong with it. */
function wireOf({ schema }: ParamDefinition, text: string): Json {
  switch (schema.kind) {
    case "string":
    case "date":
      return text;
    case "choice": {
      const choices = Array.isArray(schema.json.enum) ? (schema.json.enum as readonly Json[]) : [];
      return choices.includes(text) ? text : readJson(text);
    }
    default:
      return readJson(text);
  }
}

function readJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
