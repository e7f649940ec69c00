/** Calls of stages: they run what is stale and return values. Part of the public API of handles. */
import { forwardAbort } from "../../async/cancel-token";
import { messageOf, mustGet, StagebookError } from "../../protocol";
import type { RunOn, RunOptions, Running } from "../../stage/public/stages";
import type { StageCalls, StageRef } from "../../stage/handle";
import type { RunSettings, RunSummary } from "../active-runs";
import type { ClusterRuns } from "../cluster/cluster-runs";
import { RunningStage } from "../running";
import { findActivity } from "../state/activity";
import type { Instance } from "../state/instances";
import type { Log } from "../state/logger";
import { errorOf, type Outcome } from "../state/outcome";
import type { ParamValues } from "../state/params";
import { asSweep, combinations, secretInSweep } from "../sweep";
import type { Targets } from "./targets";

export interface CallParts {
  readonly targets: Targets;
  readonly run: (targets: readonly Instance[], settings?: RunSettings) => Promise<RunSummary>;
  readonly log: Log;
  readonly cluster: ClusterRuns;
  readonly params: Pick<ParamValues, "isSecret">;
}

export class Calls implements StageCalls {
  constructor(private readonly parts: CallParts) {}

  call(ref: StageRef, { on, ...options }: RunOptions & { readonly on?: RunOn }): Running<unknown> {
    const { stage } = findActivity();
    return this.follow(ref.name, options, (within) => {
      if (stage) return stage.readStage(ref);
      const run = (): Promise<unknown> => this.runOne(ref, within);
      return on === undefined ? run() : this.parts.cluster.run(on, this.parts.targets.find(ref), run);
    });
  }

  sweep(ref: StageRef, grid: unknown, options: RunOptions): Running<unknown> {
    const { stage } = findActivity();
    if (stage)
      throw new StagebookError(
        "sweep-inside",
        `stage "${stage.stage}" calls ${ref.name}.sweep`,
        "Sweep in a cell: a stage's result must not depend on runs of its own.",
        { stage: stage.stage },
      );
    const points = combinations(grid, ref.name);
    for (const name of Object.keys(grid as object))
      if (this.parts.params.isSecret(name)) throw secretInSweep(ref.name, name);
    const targets = points.map((values) =>
      this.parts.targets.find({ ...ref, overrides: { ...ref.overrides, ...values } }),
    );
    return this.follow(ref.name, options, async (within) => {
      const values = await this.runAll(targets, within);
      const rows = points.map((params, at) => ({ params, value: values[at] }));
      return asSweep(rows, { stage: ref.name, params: Object.keys(grid as object) });
    });
  }

  /** The cancellable promise of a call. */
  private follow(
    stage: string,
    options: RunOptions,
    work: (options: RunOptions) => Promise<unknown>,
  ): Running<unknown> {
    const abort = new AbortController();
    const unlink = forwardAbort(options.signal, abort);
    const cancelled = (): StagebookError =>
      new StagebookError("cancelled", `stage "${stage}" was cancelled`, "Run it again. Completed stages are cached.", {
        stage,
      });
    return RunningStage.follow(
      work({ ...options, signal: abort.signal }).finally(unlink),
      stage,
      () => abort.abort(cancelled()),
      (error) => this.reportNotAwaited(stage, error),
    );
  }

  private async runOne(ref: StageRef, options: RunOptions): Promise<unknown> {
    const [value] = await this.runAll([this.parts.targets.find(ref)], options);
    return value;
  }

  /** The values of the targets. Throws the first error when all have ended. */
  private async runAll(targets: readonly Instance[], options: RunOptions): Promise<readonly unknown[]> {
    const { outcomes, run } = await this.parts.run(targets, { ...options, wantsValues: true });
    const ended = targets.map((target) => ({ target, outcome: mustGet(outcomes, target.id) }));
    for (const { target, outcome } of ended)
      this.parts.targets.observe(target, outcome.kind === "succeeded" ? outcome.entry.output.digest : "");
    for (const { target, outcome } of ended)
      if (outcome.kind !== "succeeded") throw errorOfTarget(target, outcome, outcomes);
    const values: unknown[] = [];
    for (const { target, outcome } of ended)
      values.push(outcome.kind === "succeeded" && outcome.loaded ? outcome.loaded.value : await run.valueOf(target));
    return values;
  }

  private reportNotAwaited(stage: string, error: unknown): void {
    const text = `${stage} failed and was not awaited (add \`await\`): ${messageOf(error)}`;
    this.parts.log("error", text, { stage });
    // Where it was called from: the cell, or the terminal.
    process.stderr.write(`${text}\n`);
  }
}

/** A blocked target fails with the error of the stage that failed, or as cancelled when none failed. */
export function errorOfTarget(
  target: Instance,
  outcome: Exclude<Outcome, { kind: "succeeded" }>,
  outcomes: ReadonlyMap<string, Outcome>,
): StagebookError {
  return rootError(outcome, outcomes) ?? errorOf(outcome, target);
}

function rootError(target: Outcome, outcomes: ReadonlyMap<string, Outcome>): StagebookError | undefined {
  if (target.kind !== "blocked") return undefined;
  for (const outcome of outcomes.values()) if (outcome.kind === "failed") return outcome.error;
  const wasCancelled = [...outcomes.values()].some((outcome) => outcome.kind === "cancelled");
  return wasCancelled
    ? new StagebookError(
        "cancelled",
        `the run was cancelled while "${target.by}" was running`,
        "Run it again. Completed stages are cached.",
        { stage: target.by },
      )
    : undefined;
}
