/** What a command overrides in the pipelines that it opens: parameter values, stages to force, limits, and whether stages may run. */
import { isStagebookError, parseExactJson, StagebookError, type Json } from "../../protocol";
import { secrets } from "../../secrets/secret-texts";
import { checkValue, decodeValue, type ParamDefinition } from "../../stage/param";

/** A value as it was passed: text of a `--set`, JSON of a file, or the secret behind a `--set-secret`. */
export type ParamOverride = { readonly text: string } | { readonly json: Json } | { readonly secret: string };

export interface RunOverridesRequest {
  readonly params?: ReadonlyMap<string, ParamOverride>;
  /** Each runs once although it is fresh. */
  readonly force?: readonly string[];
  /** Maximum number of stages to run in parallel, where a run does not set it itself. */
  readonly jobs?: number;
  /** Maximum retries per stage. */
  readonly retries?: number;
  /** The command helps other runs: it ends when one of them is cancelled. */
  readonly isWorker?: boolean;
}

/** Is notified when an override takes effect in user code, which may catch the error that it gets. */
export interface OverrideListener {
  /** These stages would have to run, and must not. */
  refused(stages: readonly string[]): void;
  /** A value of the request is not valid for its parameter. */
  invalidParam(error: StagebookError): void;
  /** The run that a worker helps was cancelled. */
  stopped(): void;
}

/** A stage that would have to run, and why. */
export interface StageToRun {
  readonly stage: string;
  readonly why: string;
}

const noListener: OverrideListener = {
  refused: () => undefined,
  invalidParam: () => undefined,
  stopped: () => undefined,
};

/** Immutable. A command has two: one for planning, under which no stage runs, and one for running. A kernel has `RunOverrides.none`. */
export class RunOverrides {
  readonly jobs: number | undefined;
  readonly isWorker: boolean;
  private readonly maxRetries: number;
  private readonly params: ReadonlyMap<string, ParamOverride>;
  private readonly forced: ReadonlySet<string>;

  private constructor(
    {
      params = new Map<string, ParamOverride>(),
      force = [],
      jobs,
      retries = Infinity,
      isWorker = false,
    }: RunOverridesRequest,
    /** False: a run that would have to execute a stage throws `not-run`. */
    readonly runsStages: boolean,
    private readonly listener: OverrideListener = noListener,
    /** True: no user watches the outputs of cells while they execute, and the whole command is one run. */
    readonly isHeadless = true,
  ) {
    this.params = params;
    this.forced = new Set(force);
    this.jobs = jobs;
    this.isWorker = isWorker;
    this.maxRetries = retries;
  }

  static forPlanning(request: RunOverridesRequest, listener?: OverrideListener): RunOverrides {
    return new RunOverrides(request, false, listener);
  }

  static forRunning(request: RunOverridesRequest, listener?: OverrideListener): RunOverrides {
    return new RunOverrides(request, true, listener);
  }

  static readonly none = new RunOverrides({}, true, noListener, false);

  /** The value that a parameter has regardless of what is set elsewhere. Throws `param-value` for one that is not valid. */
  valueFor(definition: ParamDefinition): { readonly value: unknown } | undefined {
    const override = this.params.get(definition.name);
    if (!override) return undefined;
    try {
      const value = readOverride(definition, override);
      checkValue(definition, value);
      return { value };
    } catch (error) {
      if (isStagebookError(error)) this.listener.invalidParam(error);
      throw error;
    }
  }

  /** The retries that the stage asks for, up to the maximum of the command: its caller may retry by itself. */
  retriesOf({ retries }: { readonly retries: number }): number {
    return Math.min(retries, this.maxRetries);
  }

  /** Whether the stage is to run once although it is fresh. */
  isForced(stage: string): boolean {
    return this.runsStages && this.forced.has(stage);
  }

  /** The run that this worker helps was cancelled. */
  stopped(): void {
    this.listener.stopped();
  }

  /** Throws `not-run` when there is a stage that would run and none may. */
  checkNoneRuns(stages: readonly StageToRun[]): void {
    const [first] = stages;
    if (this.runsStages || !first) return;
    this.listener.refused(stages.map(({ stage }) => stage));
    throw new StagebookError(
      "not-run",
      `stage "${first.stage}" has no up-to-date result, and this command does not run stages: ${first.why}`,
      "Run it first: stagebook run.",
      { stage: first.stage },
    );
  }
}

function readOverride(definition: ParamDefinition, override: ParamOverride): unknown {
  const { name, secret } = definition;
  if ("secret" in override) {
    if (secret) return override.secret;
    throw new StagebookError("param-value", `parameter "${name}" is not a secret, and its value would be shown`, "Define it with { secret: true }, or use --set."); // prettier-ignore
  }
  // The command line of a process can be read by others, and stays in the history of the shell.
  if (secret && "text" in override) {
    secrets.add(override.text);
    throw new StagebookError("param-value", `parameter "${name}" is a secret, which --set would show`, `Write --set-secret ${name}=env:VARIABLE.`); // prettier-ignore
  }
  return decodeValue(definition, "json" in override ? override.json : jsonOf(definition, override.text));
}

/** The JSON value of a text. What is not a number, a choice or JSON stays text, so that the check can say what is wrong with it. */
function jsonOf({ schema }: ParamDefinition, text: string): Json {
  switch (schema.kind) {
    case "string":
    case "date":
    case "bigint":
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
    return parseExactJson(text);
  } catch {
    return text;
  }
}
