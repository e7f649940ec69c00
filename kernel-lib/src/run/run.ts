/** One run: its targets and what they need, independent stages at the same time, every outcome a value. */
import { cycleError, findNeeded } from "../graph/graph";
import type { Digest, ErrorView, EventBody, PlanRowView, Reason, RunId, RunSource } from "../protocol";
import { known, StagebookError } from "../protocol";
import type { Entry } from "../store/store";
import { runBody, type BodyRun } from "./body";
import type { EngineParts } from "./engine-parts";
import { messageOf, stageFailed, viewOfError } from "./error-view";
import { Externals } from "./externals";
import type { Instance } from "./instances";
import type { Outcome } from "./outcome";
import type { OutputDigest } from "./input-digests";
import { resultOf } from "./planner";
import type { Slots } from "./slots";
import type { StageKey } from "../key/key";

export interface RunRequest {
  readonly id: RunId;
  readonly targets: readonly Instance[];
  readonly source: RunSource;
  readonly force: boolean;
  readonly slots: Slots;
  readonly signal: AbortSignal;
}

export class Run {
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  private readonly rows = new Map<string, PlanRowView>();
  /** Instances that do the same as one before them. */
  private readonly twins = new Map<string, Instance>();
  private readonly targetIds: ReadonlySet<string>;
  private readonly externals: Externals;
  bodies = 0;

  constructor(
    private readonly engine: EngineParts,
    private readonly request: RunRequest,
  ) {
    this.externals = new Externals(engine.files);
    this.targetIds = new Set(request.targets.map((target) => target.id));
  }

  /** Runs what is stale. Throws `cycle` before anything runs; after that every trouble is an outcome. */
  async execute(): Promise<ReadonlyMap<string, Outcome>> {
    const { graph, assessed } = await this.engine.planner.plan(this.request.targets, true);
    if (graph.stuck.size > 0) throw cycleError(graph);
    const order = findNeeded(graph, [...this.targetIds]);
    for (const id of order) {
      const { row, instance, twin } = known(assessed, id);
      if (twin !== undefined) this.twins.set(id, known(assessed, twin).instance);
      this.rows.set(id, row);
      this.emit(instance, {
        type: "stage:planned",
        run: this.request.id,
        stage: row.stage,
        action: row.action,
        reasons: row.reasons,
      });
    }
    try {
      await Promise.all(order.map((id) => this.ensure(known(assessed, id).instance)));
      return new Map(await Promise.all(order.map(async (id) => [id, await known(this.outcomes, id)] as const)));
    } finally {
      await this.closeResources();
    }
  }

  /** The stage's outcome in this run; it is worked out once. */
  ensure(instance: Instance): Promise<Outcome> {
    let outcome = this.outcomes.get(instance.id);
    if (!outcome) {
      outcome = this.settle(instance);
      this.outcomes.set(instance.id, outcome);
    }
    return outcome;
  }

  /** A fresh copy of a stage's output. When its stored bytes turn out to be gone, it runs once more. */
  async valueOf(instance: Instance): Promise<unknown> {
    const outcome = await this.ensure(instance);
    if (outcome.kind !== "succeeded") throw this.errorOf(outcome, instance);
    const loaded = await this.engine.results.load(outcome.entry, instance.definition.codec);
    if (loaded) return loaded.value;
    const reason: Reason = { kind: "lost", name: instance.definition.name, text: "its stored result is gone" };
    const again = this.work(instance, await this.keyNow(instance), [reason]);
    this.outcomes.set(instance.id, again);
    const made = await again;
    if (made.kind !== "succeeded") throw this.errorOf(made, instance);
    return made.value?.of;
  }

  errorOf(outcome: Exclude<Outcome, { kind: "succeeded" }>, instance: Instance): StagebookError {
    const stage = instance.definition.name;
    if (outcome.kind === "failed") return outcome.error;
    if (outcome.kind === "cancelled")
      return new StagebookError(
        "cancelled",
        `stage "${stage}" was stopped`,
        "Run it again; nothing of it was stored.",
        { stage },
      );
    return new StagebookError(
      "blocked",
      `stage "${stage}" could not run because "${outcome.by}" did not finish`,
      `Mend "${outcome.by}" first.`,
      { stage },
    );
  }

  private async settle(instance: Instance): Promise<Outcome> {
    try {
      const needs = this.engine.instances.needs(instance);
      const ended = await Promise.all(needs.map(async (need) => ({ need, outcome: await this.ensure(need) })));
      const stopped = ended.find(({ outcome }) => outcome.kind !== "succeeded");
      if (stopped)
        return this.block(
          instance,
          stopped.outcome.kind === "blocked" ? stopped.outcome.by : stopped.need.definition.name,
        );
      const twin = this.twins.get(instance.id);
      if (twin) await this.ensure(twin);
      const key = await this.keyNow(instance);
      const isTarget = this.targetIds.has(instance.id);
      const forced = isTarget && (this.request.force || !instance.definition.cache);
      const entry = forced ? undefined : await this.engine.results.find(instance, key.key);
      if (entry) return await this.reuse(instance, entry);
      return await this.work(instance, key, this.reasonsFor(instance, forced));
    } catch (error) {
      return this.fail(instance, undefined, error, this.engine.clock.now());
    }
  }

  private async keyNow(instance: Instance): Promise<StageKey & { key: Digest }> {
    const key = await this.engine.planner.keyOf(instance, await this.outputs(instance), this.externals);
    if (key.key === undefined)
      throw new StagebookError(
        "internal",
        `the key of "${instance.definition.name}" waits for ${key.pending.join(", ")}`,
        "Please report this.",
      );
    return key as StageKey & { key: Digest };
  }

  private async outputs(instance: Instance): Promise<ReadonlyMap<string, OutputDigest>> {
    return new Map(
      [...(await this.entriesAbove(instance))].map(([id, { output }]) => [
        id,
        { digest: output.digest, summary: output.summary },
      ]),
    );
  }

  private async entriesAbove(instance: Instance): Promise<ReadonlyMap<string, Entry>> {
    const found = new Map<string, Entry>();
    for (const need of this.engine.instances.needs(instance)) {
      const outcome = await this.ensure(need);
      if (outcome.kind === "succeeded") found.set(need.id, outcome.entry);
    }
    return found;
  }

  private async reuse(instance: Instance, entry: Entry): Promise<Outcome> {
    await this.engine.results.reach(instance, entry);
    this.engine.outcomes.clear(instance);
    const about = { run: this.request.id, stage: instance.definition.name, result: resultOf(entry) };
    const twin = this.twins.get(instance.id);
    if (twin) this.emit(instance, { ...about, type: "stage:shared", with: twin.definition.name });
    else if (this.rows.get(instance.id)?.action === "maybe") this.emit(instance, { ...about, type: "stage:unchanged" });
    else this.emit(instance, { ...about, type: "stage:cached" });
    return { kind: "succeeded", entry };
  }

  /** Runs the body, or shares the one that is under way for the same key. */
  private async work(
    instance: Instance,
    key: StageKey & { key: Digest },
    reasons: readonly Reason[],
  ): Promise<Outcome> {
    const underway = this.engine.underway.get(key.key);
    if (underway) return this.share(instance, key, underway);
    const work = this.perform(instance, key, reasons);
    const shared = { stage: instance.definition.name, work };
    this.engine.underway.set(key.key, shared);
    try {
      return await work;
    } finally {
      if (this.engine.underway.get(key.key) === shared) this.engine.underway.delete(key.key);
    }
  }

  private async share(
    instance: Instance,
    key: StageKey & { key: Digest },
    underway: { readonly stage: string; readonly work: Promise<Outcome> },
  ): Promise<Outcome> {
    const outcome = await underway.work;
    if (this.request.signal.aborted) return this.cancel(instance, key.key, 0);
    // Stopped by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return this.work(instance, key, this.reasonsFor(instance, false));
    if (outcome.kind === "failed")
      return this.fail(instance, key.key, outcome.error.cause ?? outcome.error, this.engine.clock.now());
    if (outcome.kind === "succeeded") {
      await this.engine.results.reach(instance, outcome.entry);
      this.emit(instance, {
        type: "stage:shared",
        run: this.request.id,
        stage: instance.definition.name,
        with: underway.stage,
        result: resultOf(outcome.entry),
      });
    }
    return outcome;
  }

  private async perform(
    instance: Instance,
    key: StageKey & { key: Digest },
    reasons: readonly Reason[],
  ): Promise<Outcome> {
    const { definition } = instance;
    let giveBack: () => void;
    try {
      giveBack = await this.request.slots.take(this.request.signal);
    } catch {
      return this.cancel(instance, key.key, 0);
    }
    const startedAt = this.engine.clock.now();
    try {
      const run: BodyRun = {
        run: this.request.id,
        source: this.request.source,
        signal: this.request.signal,
        externals: this.externals,
        outputs: await this.outputs(instance),
        paramsAbove: Object.assign(
          {},
          ...[...(await this.entriesAbove(instance)).values()].map((entry) => entry.params),
        ) as Record<string, string>,
        valueOf: (need) => this.valueOf(need),
        runUnplanned: (need) => this.valueOf(need),
      };
      if (definition.partOf === undefined) this.bodies++;
      this.emit(instance, {
        type: "stage:running",
        run: this.request.id,
        stage: definition.name,
        cell: definition.cell,
        reasons,
      });
      const { value, entry, stored } = await runBody(this.engine, instance, key, run);
      if (stored) this.engine.outcomes.clear(instance);
      this.emit(instance, {
        type: "stage:succeeded",
        run: this.request.id,
        stage: definition.name,
        cell: definition.cell,
        result: resultOf(entry),
        stored,
      });
      return { kind: "succeeded", entry, value: { of: value } };
    } catch (error) {
      if (this.request.signal.aborted) return this.cancel(instance, key.key, this.engine.clock.now() - startedAt);
      return this.fail(instance, key.key, error, startedAt);
    } finally {
      giveBack();
      this.engine.refresh();
    }
  }

  private async closeResources(): Promise<void> {
    for (const { name, error } of await this.externals.close())
      this.engine.log("error", `resource ${name} could not be closed: ${messageOf(error)}`, { run: this.request.id });
  }

  private block(instance: Instance, by: string): Outcome {
    this.emit(instance, { type: "stage:blocked", run: this.request.id, stage: instance.definition.name, by });
    return { kind: "blocked", by };
  }

  private cancel(instance: Instance, key: Digest, durationMs: number): Outcome {
    const { name, cell } = instance.definition;
    this.engine.outcomes.set(instance, { kind: "cancelled", key });
    this.emit(instance, { type: "stage:cancelled", run: this.request.id, stage: name, cell, durationMs });
    return { kind: "cancelled" };
  }

  private fail(instance: Instance, key: Digest | undefined, cause: unknown, startedAt: number): Outcome {
    const { name, cell } = instance.definition;
    const error = stageFailed(name, cell, cell ? this.engine.labelOf(cell) : "", cause);
    const view: ErrorView = viewOfError(error, { stage: name, cell });
    if (key !== undefined) this.engine.outcomes.set(instance, { kind: "failed", key, message: view.message });
    this.emit(instance, {
      type: "stage:failed",
      run: this.request.id,
      stage: name,
      cell,
      durationMs: this.engine.clock.now() - startedAt,
      error: view,
    });
    this.engine.log("error", error.message, {
      stage: name,
      cell,
      run: this.request.id,
      ...(view.stack === undefined ? {} : { fields: { stack: view.stack } }),
    });
    return { kind: "failed", error };
  }

  private reasonsFor(instance: Instance, forced: boolean): readonly Reason[] {
    const name = instance.definition.name;
    if (forced)
      return [{ kind: "forced", name, text: instance.definition.cache ? "asked to run again" : "keeps no result" }];
    return this.rows.get(instance.id)?.reasons.filter((reason) => reason.kind !== "waiting") ?? [];
  }

  /** Parts of outputs are nobody's stage: nothing is told of them. */
  private emit(instance: Instance, event: EventBody): void {
    if (instance.definition.partOf === undefined) this.engine.emit(event);
  }
}
