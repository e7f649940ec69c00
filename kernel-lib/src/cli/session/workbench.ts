/** What the commands that execute cells share: the session, who listens, and the checks of names and values. */
import path from "node:path";
import type { PlanRowView } from "../../protocol";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { Instance } from "../../run/state/instances";
import type { RunOverridesRequest } from "../../run/state/run-overrides";
import { readParamOptions } from "../param-options";
import { openSession } from "./open-session";
import { ProcessWatch } from "./process-watch";
import { Recorder } from "./recorder";
import type { CellReport, Session, SessionListener } from "./session";
import type { Terminal } from "../terminal/terminal";
import { listed, UsageError } from "../terminal/usage-error";

/** Options of all commands that execute cells. */
export interface SessionOptions {
  readonly set?: readonly string[];
  readonly params?: string;
  readonly store?: string;
}

/** A stage that is defined, and the pipeline that it is of. */
export interface FoundStage {
  readonly internals: PipelineInternals;
  readonly instance: Instance;
}

export class Workbench {
  readonly session: Session;
  readonly recorder = new Recorder();
  readonly watch: ProcessWatch;
  /** Of the notebook or script, absolute. */
  readonly folder: string;
  reports: readonly CellReport[] = [];

  /** Throws UsageError for what is wrong before anything is executed. */
  constructor(
    readonly file: string,
    options: SessionOptions & Omit<RunOverridesRequest, "params">,
    listener: SessionListener,
    terminal: Terminal,
  ) {
    this.folder = path.dirname(path.resolve(file));
    const { set = [], params, force, jobs, retries } = options;
    const request = { params: readParamOptions(set, params), force, jobs, retries };
    this.watch = new ProcessWatch(terminal);
    const recorder = this.recorder;
    this.session = openSession(file, request, {
      ...listener,
      // What cells print while no stage runs is mostly the errors of those that stop.
      output: (cell, message) => {
        if (!this.session.runOverrides.refusesBodies) listener.output(cell, message);
      },
      opened: (internals) => {
        recorder.follow(internals);
        listener.opened(internals);
      },
    });
    this.watch.watch(this.session);
  }

  get pipelines(): readonly PipelineInternals[] {
    return this.session.pipelines();
  }

  /** Executes the cells, and throws UsageError `param-unknown` or `param-value` for what was given and does not fit. */
  async execute(refusesBodies: boolean): Promise<void> {
    const { runOverrides } = this.session;
    runOverrides.refusesBodies = refusesBodies;
    this.reports = await this.session.execute();
    const wrong = runOverrides.wrongParam;
    if (wrong) throw new UsageError(wrong.code, wrong.message, wrong.advice);
    if (this.failure === undefined && this.watch.signalled === undefined) this.checkParams();
    for (const { engine } of this.pipelines) {
      engine.endEpoch();
      engine.refresh();
      await engine.settled();
    }
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
    const known = names.length > 0 ? `Stages are ${listed(names)}.` : "Nothing defines a stage.";
    const unknown = stopped
      ? ` What follows a missing result of ${listed(stopped.stages)} in ${stopped.label} is not known.`
      : "";
    throw new UsageError("stage-unknown", `there is no stage "${name}"`, `${known}${unknown}`);
  }

  /** The plan of all stages, or of those that the targets need. */
  async plan(targets: readonly string[] = []): Promise<readonly PlanRowView[]> {
    const rows: PlanRowView[] = [];
    for (const internals of this.pipelines) {
      const own = targets.map((name) => this.find(name)).filter((found) => found.internals === internals);
      const { engine } = internals;
      const { assessed } =
        targets.length === 0 ? await engine.planAll() : await engine.planner.plan(own.map(({ instance }) => instance));
      for (const { instance, row } of assessed.values()) if (instance.definition.partOf === undefined) rows.push(row);
    }
    return rows;
  }

  async close(): Promise<void> {
    await this.recorder.idle(this.watch.signalled === undefined ? Infinity : 3000);
    await this.session.close();
  }

  private checkParams(): void {
    const [unknown] = this.session.runOverrides.unknownParams;
    if (unknown === undefined) return;
    const names = this.pipelines.flatMap(({ engine }) => engine.params.names());
    throw new UsageError(
      "param-unknown",
      `there is no parameter "${unknown}"`,
      names.length > 0 ? `Parameters are ${listed(names)}.` : "No cell defines a parameter.",
    );
  }
}
