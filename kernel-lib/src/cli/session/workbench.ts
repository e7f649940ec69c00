/** The common part of the commands that execute cells: the session, its overrides and listeners, and the checks of names and values. */
import path from "node:path";
import type { ParamView } from "../../protocol";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { FullPlan } from "../../run/plan/full-plan";
import type { Instance } from "../../run/state/instances";
import { RunOverrides, type RunOverridesRequest } from "../../run/state/run-overrides";
import { resolvePath, type CommandContext } from "../command-context";
import type { OptionsOf, sessionOptions } from "../options";
import { readParamOptions } from "../param-options";
import { openSession } from "./open-session";
import { ProcessWatch } from "./process-watch";
import { SessionRecord } from "./session-record";
import { Refusals } from "./refusals";
import type { CellReport, Session, SessionListener } from "./session";
import { listed, UsageError } from "../terminal/usage-error";

/** Options of all commands that execute cells. */
export type SessionOptions = OptionsOf<typeof sessionOptions>;

/** A defined stage, and its pipeline. */
export interface FoundStage {
  readonly internals: PipelineInternals;
  readonly instance: Instance;
}

/** After a signal, how long the end of a run is awaited. */
const STOPPING_MS = 3000;

export class Workbench {
  readonly session: Session;
  readonly recorder = new SessionRecord();
  readonly watch: ProcessWatch;
  /** The folder of the notebook or script, absolute. */
  readonly folder: string;
  reports: readonly CellReport[] = [];
  /** For a worker: the run that it helps was cancelled. */
  wasStopped = false;
  private readonly refusals = new Refusals(() => {
    this.wasStopped = true;
    this.session.interrupt();
  });
  /** Under these no stage runs: cells define stages, and stop where they need a result that does not exist. */
  private readonly planning: RunOverrides;
  private readonly running: RunOverrides;
  private readonly paramNames: readonly string[];

  /** Throws UsageError for anything that is wrong before cells are executed. */
  constructor(
    readonly file: string,
    options: SessionOptions & Omit<RunOverridesRequest, "params">,
    listener: SessionListener,
    context: CommandContext,
  ) {
    this.folder = path.dirname(resolvePath(context, file));
    const { saved = true, force, jobs, retries, isWorker } = options;
    const request = { params: readParamOptions(options, context), force, jobs, retries, isWorker };
    this.paramNames = [...request.params.keys()];
    this.planning = RunOverrides.forPlanning(request, this.refusals);
    this.running = RunOverrides.forRunning(request, this.refusals);
    const { recorder } = this;
    this.session = openSession(file, context, {
      refusals: this.refusals,
      ignoresSaved: !saved,
      listener: {
        ...listener,
        opened: (internals) => {
          recorder.follow(internals);
          listener.opened(internals);
        },
      },
    });
    this.watch = new ProcessWatch(context.terminal);
    this.watch.watch(this.session);
  }

  get pipelines(): readonly PipelineInternals[] {
    return this.session.pipelines();
  }

  /** Executes the cells without running any stage. Throws UsageError `param-unknown` or `param-value`. */
  async executeForPlanning(): Promise<void> {
    await this.execute(this.planning);
  }

  /** Executes the cells, which run the stages that they call. Throws UsageError `param-unknown` or `param-value`. */
  async executeForRunning(): Promise<void> {
    await this.execute(this.running);
  }

  /** Runs the targets. Failures are reported by events. */
  async run({ engine }: PipelineInternals, targets: readonly Instance[]): Promise<void> {
    if (targets.length > 0) await this.session.within(this.running, () => engine.run(targets, { source: "script" }));
  }

  /** The parameters whose value is one that was set in an earlier session. */
  get savedParams(): readonly ParamView[] {
    return this.pipelines.flatMap(({ engine }) =>
      engine.params.restoredNames().map((name) => engine.params.view(name)),
    );
  }

  /** A sentence that names them; undefined when there are none. */
  get savedText(): string | undefined {
    const values = this.savedParams.map(({ name, text }) => `${name} = ${text}`);
    if (values.length === 0) return undefined;
    return `with values set before: ${values.join(", ")} (--no-saved runs with the defaults)`;
  }

  get failure(): CellReport | undefined {
    return this.reports.find(({ status }) => status === "failed");
  }

  get stopped(): readonly CellReport[] {
    return this.reports.filter(({ status }) => status === "stopped");
  }

  /** Throws UsageError `stage-unknown`. */
  find(name: string): FoundStage {
    for (const internals of this.pipelines)
      if (internals.engine.registry.stages.get(name))
        return { internals, instance: internals.engine.instances.find(name) };
    const names = this.pipelines.flatMap(({ engine }) => engine.registry.stages.all().map((stage) => stage.name));
    const [stopped] = this.stopped;
    const known = names.length > 0 ? `Stages are ${listed(names)}.` : "No cell defines a stage.";
    const unknown = stopped
      ? ` Stages defined after the missing result of ${listed(stopped.stages)} in ${stopped.label} are not known yet.`
      : "";
    throw new UsageError("stage-unknown", `stage "${name}" does not exist`, `${known}${unknown}`);
  }

  /** The plans of all stages, or of the targets and everything upstream: one for each pipeline. */
  async plans(
    targets: readonly string[] = [],
  ): Promise<readonly { readonly engine: PipelineInternals["engine"]; readonly plan: FullPlan }[]> {
    const plans: { readonly engine: PipelineInternals["engine"]; readonly plan: FullPlan }[] = [];
    for (const internals of this.pipelines) {
      const own = targets.map((name) => this.find(name)).filter((found) => found.internals === internals);
      const { engine } = internals;
      const plan =
        targets.length === 0 ? await engine.planAll() : await engine.planner.plan(own.map(({ instance }) => instance));
      plans.push({ engine, plan });
    }
    return plans;
  }

  async close(): Promise<void> {
    await this.recorder.idle(this.watch.signaled === undefined ? Infinity : STOPPING_MS);
    await this.session.close();
    this.watch.close();
  }

  private async execute(overrides: RunOverrides): Promise<void> {
    this.reports = await this.session.execute(overrides);
    const invalid = this.refusals.invalidValue;
    if (invalid) throw new UsageError(invalid.code, invalid.message, invalid.advice);
    if (this.failure === undefined && this.watch.signaled === undefined) this.checkParams();
    for (const { engine } of this.pipelines) {
      engine.changed("code");
      await engine.planned();
    }
  }

  private checkParams(): void {
    const names = this.pipelines.flatMap(({ engine }) => engine.params.names());
    const unknown = this.paramNames.find((name) => !names.includes(name));
    if (unknown === undefined) return;
    throw new UsageError(
      "param-unknown",
      `parameter "${unknown}" does not exist`,
      names.length > 0 ? `Parameters are ${listed(names)}.` : "No cell defines a parameter.",
    );
  }
}
