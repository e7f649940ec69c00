/** The runs in progress: starting one, cancelling all, and the parameters that are read-only meanwhile. */
import os from "node:os";
import type { RunId, RunSource, RunStatus } from "../protocol";
import { runIdOf, StagebookError } from "../protocol";
import { forwardAbort } from "../async/cancel-token";
import { Semaphore } from "../async/semaphore";
import type { EngineContext } from "./engine-context";
import { viewOfError } from "./error-view";
import { Run } from "./execute/run";
import { findActivity } from "./state/activity";
import type { Instance } from "./state/instances";
import { statusOf, type Outcome } from "./state/outcome";

export interface RunSummary {
  readonly status: RunStatus;
  readonly executed: number;
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** The run itself, to load values and make errors from. */
  readonly run: Run;
}

export interface RunSettings {
  readonly force?: boolean;
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly source?: RunSource;
  /** The caller will read the targets' values. */
  readonly wantsValues?: boolean;
}

/** How many stages run in parallel. Read once: the system call would take a good part of the time of a call whose result is stored. */
const DEFAULT_JOBS = Math.max(4, os.availableParallelism());

export class ActiveRuns {
  private readonly active = new Map<RunId, { readonly abort: AbortController; readonly run: Run }>();
  private count = 0;

  constructor(
    private readonly context: EngineContext,
    /** Ends the epoch: user code may have run since the last plan. */
    private readonly endEpoch: () => void,
  ) {}

  get isBusy(): boolean {
    return this.active.size > 0;
  }

  /** Runs the targets. Resolves with the outcomes whatever they are; throws only what is wrong before anything runs. */
  async run(targets: readonly Instance[], settings: RunSettings = {}): Promise<RunSummary> {
    const since = this.context.inFlight.enter();
    try {
      await this.checkMayRun(targets, settings.wantsValues ?? false);
      return await this.start(since, targets, settings);
    } finally {
      this.context.inFlight.leave();
    }
  }

  /** Aborts every run. Returns how many there were. */
  cancel(): number {
    for (const { abort } of this.active.values())
      abort.abort(
        new StagebookError("cancelled", "the run was cancelled", "Run it again. Completed stages are cached."),
      );
    return this.active.size;
  }

  /** Throws `param-busy` while a run reads one of the parameters. */
  checkParamsFree(names: readonly string[]): void {
    for (const { run } of this.active.values()) {
      const params = run.params ?? this.context.instances.paramsRead(run.targets);
      const busy = names.find((name) => params.has(name));
      if (busy !== undefined)
        throw new StagebookError(
          "param-busy",
          `parameter "${busy}" is in use by a run`,
          "Wait until the run has ended, or cancel it first.",
        );
    }
  }

  private async start(since: number, targets: readonly Instance[], settings: RunSettings): Promise<RunSummary> {
    const { context } = this;
    const activity = findActivity();
    const source = settings.source ?? activity.source;
    const id = runIdOf(context.clock.now(), process.pid, this.count++);
    const abort = new AbortController();
    const { signal } = abort;
    const unlink = forwardAbort(settings.signal, abort);
    const jobs = settings.jobs ?? context.runOverrides.jobs ?? DEFAULT_JOBS;
    const run = new Run(context, {
      id,
      since,
      targets,
      source,
      force: settings.force ?? false,
      wantsValues: settings.wantsValues ?? false,
      permits: new Semaphore(jobs),
      signal,
    });
    const startedAt = context.clock.now();
    this.endEpoch();
    this.active.set(id, { abort, run });
    const names = targets.map((target) => target.definition.name);
    context.emit({ type: "run:started", run: id, source, cell: activity.cell, targets: names });
    const end = (status: RunStatus, error?: unknown): void =>
      context.emit({
        type: "run:ended",
        run: id,
        status,
        durationMs: context.clock.now() - startedAt,
        executed: run.executed,
        ...(error === undefined ? {} : { error: viewOfError(error) }),
      });
    try {
      const outcomes = await run.execute();
      const status = signal.aborted ? "cancelled" : statusOf(outcomes.values());
      end(status, firstError(outcomes));
      return { status, executed: run.executed, outcomes, run };
    } catch (error) {
      end(signal.aborted ? "cancelled" : "failed", error);
      throw error;
    } finally {
      unlink();
      this.active.delete(id);
      context.requestPlan();
    }
  }

  /** Throws `not-run` when a stage would have to run and the overrides do not allow it. */
  private async checkMayRun(targets: readonly Instance[], wantsValues: boolean): Promise<void> {
    const { planner, runOverrides } = this.context;
    if (runOverrides.runsStages) return;
    this.endEpoch();
    const { assessed } = await planner.plan(targets, { isAsked: true, wantsValues });
    const rows = [...assessed.values()].map(({ row }) => row);
    const missing = rows.filter(({ action }) => action !== "fresh" && action !== "load");
    runOverrides.checkNoneRuns(
      missing.map(({ stage, status, reasons }) => ({
        stage,
        why: reasons.map(({ text }) => text).join("; ") || status,
      })),
    );
  }
}

function firstError(outcomes: ReadonlyMap<string, Outcome>): StagebookError | undefined {
  for (const outcome of outcomes.values()) if (outcome.kind === "failed") return outcome.error;
  return undefined;
}
