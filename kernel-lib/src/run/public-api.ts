/** What the handles in cells ask for, answered by the engine, in the words and shapes of the public face. */
import type { PlanRowView, View } from "../protocol";
import { messageOf, mustGet, StagebookError } from "../protocol";
import type { Explanation, Freshness, HistoryRow, Plan, RunOptions, Running, Values } from "../stage/face";
import type { HandleApi, StageRef } from "../stage/handle";
import type { InputLeaf } from "../stage/input";
import { findActivity, noOverlay, type Overlay } from "./state/activity";
import type { Engine } from "./engine";
import { ExternalInputs } from "./external/external-inputs";
import type { Instance } from "./state/instances";
import { errorOf, type Outcome } from "./state/outcome";
import { paramTexts } from "./call/store-result";
import { exportInputs, replay } from "./call/replay";
import { RunningStage } from "./running";
import { asSweep, combinations } from "./sweep";
import { ExplanationText, planRow, PlanText, statusText } from "./texts";

export class PublicApi implements HandleApi {
  private readonly readNow = new Map<string, unknown>();

  constructor(
    private readonly engine: Engine,
    private readonly view: () => View,
  ) {
    engine.instances.owner = this;
  }

  call(ref: StageRef, options: RunOptions): Running<unknown> {
    const { stage } = findActivity();
    return this.follow(ref.name, options, (within) => (stage ? stage.readStage(ref) : this.runOne(ref, within)));
  }

  sweep(ref: StageRef, grid: unknown, options: RunOptions): Running<unknown> {
    const { stage } = findActivity();
    if (stage)
      throw new StagebookError(
        "sweep-inside",
        `stage "${stage.stage}" calls ${ref.name}.sweep`,
        "Sweep in a cell: a stage's result must not hang on runs of its own.",
        { stage: stage.stage },
      );
    const points = combinations(grid, ref.name);
    const targets = points.map((values) => this.instance({ ...ref, overrides: { ...ref.overrides, ...values } }));
    return this.follow(ref.name, options, async (within) => {
      const values = await this.runAll(targets, within);
      const rows = points.map((params, at) => ({ params, value: values[at] }));
      return asSweep(rows, { stage: ref.name, params: Object.keys(grid as object) });
    });
  }

  /** What a call gives for work that can be stopped. */
  private follow(
    stage: string,
    options: RunOptions,
    work: (options: RunOptions) => Promise<unknown>,
  ): Running<unknown> {
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([stop.signal, options.signal]) : stop.signal;
    const cancelled = (): StagebookError =>
      new StagebookError("cancelled", `stage "${stage}" was stopped`, "Run it again; what was finished is kept.", {
        stage,
      });
    return RunningStage.follow(
      work({ ...options, signal }),
      stage,
      () => stop.abort(cancelled()),
      (error) => this.reportLost(stage, error),
    );
  }

  async plan(ref: StageRef): Promise<Plan> {
    return this.planOf([this.instance(ref)], true);
  }

  /** `wantsValues`: for whoever calls a stage, and not only runs it. */
  async planOf(targets: readonly Instance[], wantsValues = false): Promise<Plan> {
    this.engine.endEpoch();
    const { assessed } = await this.engine.planner.plan(targets, { isAsked: true, wantsValues });
    return new PlanText(
      [...assessed.values()]
        .filter(({ instance }) => instance.definition.partOf === undefined)
        .map(({ row }) => planRow(row)),
    );
  }

  async status(ref: StageRef): Promise<Freshness> {
    if (this.view().stages[ref.name]?.status === "running" && !ref.overrides) return "running";
    return (await this.row(ref)).status;
  }

  async explain(ref: StageRef): Promise<Explanation> {
    const row = await this.row(ref);
    return new ExplanationText(ref.name, row.status, row.reasons);
  }

  async load(ref: StageRef): Promise<unknown> {
    const row = await this.row(ref);
    const instance = this.instance(ref);
    const entry = row.result ? await this.engine.results.find(instance, row.result.key as never) : undefined;
    const loaded = entry ? await this.engine.results.load(entry, instance) : undefined;
    if (!entry || !loaded)
      throw new StagebookError(
        "no-result",
        `stage "${ref.name}" has no current result: ${row.reasons.map((reason) => reason.text).join("; ") || row.status}`,
        `Run it: await ${ref.name}().`,
        { stage: ref.name },
      );
    this.observe(instance, entry.output.digest);
    return loaded.value;
  }

  async history(ref: StageRef): Promise<readonly HistoryRow[]> {
    const entries = await this.engine.results.history(ref.name);
    const pinned = await this.engine.store.pinned();
    return entries.map(({ at, key, durationMs, params }) => ({ at, key, durationMs, params, pinned: pinned.has(key) }));
  }

  async pin(ref: StageRef, isPinned: boolean): Promise<void> {
    const latest = await this.engine.results.latest(this.instance(ref));
    if (!latest)
      throw new StagebookError(
        "no-result",
        `stage "${ref.name}" has no stored result to pin`,
        `Run it first: await ${ref.name}().`,
        { stage: ref.name },
      );
    await this.engine.store.pin(latest.key, isPinned);
  }

  async exportInputs(ref: StageRef, folder: string): Promise<void> {
    const instance = this.instance(ref);
    const needs = this.engine.instances.needs(instance);
    const { run, outcomes } = await this.engine.run(needs, { wantsValues: true });
    for (const need of needs) {
      const outcome = mustGet(outcomes, need.id);
      if (outcome.kind !== "succeeded") throw rootError(outcome, outcomes) ?? errorOf(outcome, need);
    }
    const upstream = run.upstreamOf(instance);
    await exportInputs(this.engine, instance, folder, {
      externalInputs: run.externalInputs,
      valueOf: (need) => run.valueOf(need),
      seed: upstream.seed(await upstream.key()),
      params: paramTexts(this.engine, instance, upstream.params()),
    });
  }

  async replay(ref: StageRef, folder: string): Promise<unknown> {
    const externalInputs = new ExternalInputs(this.engine.files);
    try {
      return await replay(this.engine, this.instance(ref), folder, externalInputs);
    } finally {
      await externalInputs.close();
    }
  }

  checkOverrides(overrides: Values): void {
    this.engine.params.overlay(overrides);
  }

  checkOutput(stage: string, output: string): void {
    const { outputs } = this.engine.instances.find(stage).definition;
    if (outputs && !outputs.includes(output))
      throw new StagebookError(
        "output-unknown",
        `stage "${stage}" has no output "${output}"`,
        `Its outputs are ${outputs.join(", ")}.`,
        { stage },
      );
  }

  functionOf(name: string): (...args: unknown[]) => unknown {
    return this.engine.instances.find(name).definition.fn;
  }

  /** `strong · stale: minMagnitude 4.5 → 5 · last 120 ms, 1,204 rows · run it with await strong()`. Reads the shown state alone. */
  stageText(ref: StageRef): string {
    const stage = this.view().stages[ref.name];
    const name = ref.overrides ? `${ref.name} with ${Object.keys(ref.overrides).join(", ")}` : ref.name;
    return stage ? `${name} · ${statusText(stage)}` : `${name} · removed: its cell no longer defines it`;
  }

  paramValue(name: string): unknown {
    const activity = findActivity();
    activity.stage?.readParam(name);
    if (!activity.stage) activity.observe?.({ kind: "param", name });
    const value = this.engine.params.value(name, activity.stage?.overlay ?? noOverlay);
    if (!activity.stage) this.justRead(name, value);
    return value;
  }

  /** A parameter whose value was read in this very turn and is now a fixed input: `p.value` where `p` was meant. */
  warnFixedInputs(leaves: readonly InputLeaf[], stage: string): void {
    for (const leaf of leaves) {
      const name =
        "value" in leaf ? [...this.readNow].find(([, value]) => Object.is(value, leaf.value))?.[0] : undefined;
      if (name === undefined) continue;
      const text = `stage "${stage}": its input ${leaf.path} is the value that ${name} has now, and will not follow it: pass ${name}, not ${name}.value`;
      this.engine.log("warn", text, { stage });
      process.stderr.write(`${text}\n`);
    }
  }

  private justRead(name: string, value: unknown): void {
    this.readNow.set(name, value);
    queueMicrotask(() => this.readNow.delete(name));
  }

  setParam(name: string, value: unknown): void {
    this.changeParam(name, () => this.engine.params.set({ [name]: value }, "code"));
  }

  resetParam(name: string): void {
    this.changeParam(name, () => this.engine.params.reset([name], "code"));
  }

  /** `minMagnitude = 5 (default 4.5)`. */
  paramText(name: string): string {
    const { stage, cell, observe } = findActivity();
    // Its text in a cell's output is out of date when the value changes; the cell that defines it is never stale for that.
    if (!stage && this.engine.params.definition(name).cell !== cell) observe?.({ kind: "param", name });
    const param = this.engine.params.view(name);
    const unit = param.unit === undefined ? "" : ` ${param.unit}`;
    return `${name} = ${param.text}${unit}${param.overridden ? ` (default ${param.defaultText})` : ""}`;
  }

  private changeParam(name: string, change: () => void): void {
    const { stage } = findActivity();
    if (stage)
      throw new StagebookError(
        "param-read-only",
        `stage "${stage.stage}" tried to change parameter "${name}"`,
        "Parameters are changed in cells or in the sidebar; return the value from the stage instead.",
        { stage: stage.stage },
      );
    this.engine.checkParamsFree([name]);
    change();
    this.engine.refresh();
  }

  private async runOne(ref: StageRef, options: RunOptions): Promise<unknown> {
    const [value] = await this.runAll([this.instance(ref)], options);
    return value;
  }

  /** The values of the targets. Throws the first error when all have ended. */
  private async runAll(targets: readonly Instance[], options: RunOptions): Promise<readonly unknown[]> {
    const { outcomes, run } = await this.engine.run(targets, { ...options, wantsValues: true });
    const ended = targets.map((target) => ({ target, outcome: mustGet(outcomes, target.id) }));
    for (const { target, outcome } of ended)
      this.observe(target, outcome.kind === "succeeded" ? outcome.entry.output.digest : "");
    for (const { target, outcome } of ended)
      if (outcome.kind !== "succeeded") throw rootError(outcome, outcomes) ?? errorOf(outcome, target);
    const values: unknown[] = [];
    for (const { target, outcome } of ended)
      values.push(outcome.kind === "succeeded" && outcome.loaded ? outcome.loaded.value : await run.valueOf(target));
    return values;
  }

  /** The cell that reads a stage is stale when the stage is. */
  private observe(instance: Instance, digest: string): void {
    const { observe } = findActivity();
    if (!observe) return;
    if (instance.overlay.size > 0) this.engine.watch(instance);
    observe({ kind: "stage", name: instance.definition.name, id: instance.id, digest });
  }

  private instance(ref: StageRef): Instance {
    const overlay: Overlay = ref.overrides ? this.engine.params.overlay(ref.overrides) : noOverlay;
    return this.engine.instances.find(ref.name, overlay);
  }

  private async row(ref: StageRef): Promise<PlanRowView> {
    this.engine.endEpoch();
    const instance = this.instance(ref);
    return mustGet((await this.engine.planner.plan([instance], { isLookedAt: true })).assessed, instance.id).row;
  }

  private reportLost(stage: string, error: unknown): void {
    const text = `${stage} failed, and nothing waited for it (add await): ${messageOf(error)}`;
    this.engine.log("error", text, { stage });
    // Where it was called from: the cell, or the terminal.
    process.stderr.write(`${text}\n`);
  }
}

/** A blocked target fails with the error of the stage that failed, or was stopped when nothing failed. */
function rootError(target: Outcome, outcomes: ReadonlyMap<string, Outcome>): StagebookError | undefined {
  if (target.kind !== "blocked") return undefined;
  for (const outcome of outcomes.values()) if (outcome.kind === "failed") return outcome.error;
  const wasStopped = [...outcomes.values()].some((outcome) => outcome.kind === "cancelled");
  return wasStopped
    ? new StagebookError(
        "cancelled",
        `the run was stopped while "${target.by}" was under way`,
        "Run it again; what was finished is kept.",
        { stage: target.by },
      )
    : undefined;
}
