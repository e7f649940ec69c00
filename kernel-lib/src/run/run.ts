/** One run: its targets and what they need, independent stages at the same time, every outcome a value. */
import { cycleError, findNeeded } from "../graph/graph";
import type { Digest, ErrorView, EventBody, PlanRowView, Reason, RunId, RunSource } from "../protocol";
import { messageOf, known, StagebookError } from "../protocol";
import type { Entry } from "../store/store";
import type { EngineParts } from "./engine-parts";
import { stageFailed, viewOfError } from "./error-view";
import { Externals } from "./externals";
import type { Instance } from "./instances";
import type { OutputDigest } from "./input-digests";
import { LiveStream, UnreadError } from "./live-stream";
import { Lives } from "./lives";
import { Needs, ProducerStopped } from "./needs";
import type { Outcome } from "./outcome";
import { criticalPaths } from "./priorities";
import { resultOf } from "./planner";
import type { Slots } from "./slots";
import type { KnownKey } from "./body-parts";
import { perform, type WorkOrder, type WorkRun } from "./work";

export interface RunRequest {
  readonly id: RunId;
  readonly targets: readonly Instance[];
  readonly source: RunSource;
  readonly force: boolean;
  /** The caller will take the targets' values: those that are gone are made again. */
  readonly wantsValues: boolean;
  readonly slots: Slots;
  readonly signal: AbortSignal;
}

export class Run implements WorkRun {
  readonly id: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly slots: Slots;
  readonly externals: Externals;
  bodies = 0;
  readonly lives = new Lives();
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  /** For each stage those that it needs, and those of this run that may still read it. */
  private readonly reads = new Map<string, readonly string[]>();
  private readonly readers = new Map<string, Set<string>>();
  private readonly stops = new Map<string, AbortController>();
  private readonly rows = new Map<string, PlanRowView>();
  /** Instances that do the same as one before them. */
  private readonly twins = new Map<string, Instance>();
  private readonly targetIds: ReadonlySet<string>;
  private priorities: ReadonlyMap<string, number> = new Map();
  /** Results without a value that nobody has needed so far: how they end is told when the run ends. */
  private readonly unneeded = new Map<string, () => void>();

  constructor(
    private readonly engine: EngineParts,
    private readonly request: RunRequest,
  ) {
    ({ id: this.id, source: this.source, signal: this.signal, slots: this.slots } = request);
    this.externals = new Externals(engine.files);
    this.targetIds = new Set(request.targets.map((target) => target.id));
    this.signal.addEventListener("abort", () => {
      for (const stop of this.stops.values()) stop.abort(this.signal.reason);
    });
  }

  /** Runs what is stale. Throws `cycle` before anything runs; after that every trouble is an outcome. */
  async execute(): Promise<ReadonlyMap<string, Outcome>> {
    const { targets, wantsValues } = this.request;
    const { graph, assessed } = await this.engine.planner.plan(targets, { isAsked: true, wantsValues });
    if (graph.stuck.size > 0) throw cycleError(graph);
    const order = findNeeded(graph, [...this.targetIds]);
    this.priorities = criticalPaths(order, assessed);
    for (const id of order) {
      const { row, instance, twin } = known(assessed, id);
      if (twin !== undefined) this.twins.set(id, known(assessed, twin).instance);
      this.rows.set(id, row);
      this.reads.set(id, known(assessed, id).needs);
      for (const need of known(assessed, id).needs)
        this.readers.set(need, (this.readers.get(need) ?? new Set()).add(id));
      const { stage, action, reasons } = row;
      this.emit(instance, { type: "stage:planned", run: this.id, stage, action, reasons });
    }
    try {
      await Promise.all(order.map((id) => this.ensure(known(assessed, id).instance)));
      return new Map(await Promise.all(order.map(async (id) => [id, await known(this.outcomes, id)] as const)));
    } finally {
      for (const tell of this.unneeded.values()) tell();
      await Promise.all([this.closeResources(), this.engine.results.latestShown()]);
    }
  }

  /** The stage's outcome in this run; it is worked out once. */
  ensure(instance: Instance): Promise<Outcome> {
    let outcome = this.outcomes.get(instance.id);
    if (!outcome) {
      outcome = this.settle(instance).finally(() => {
        this.leave(instance);
        this.stops.delete(instance.id);
      });
      this.outcomes.set(instance.id, outcome);
    }
    return outcome;
  }

  /** A fresh copy of a stage's output. When its stored bytes turn out to be gone or invalid, it runs once more. */
  async valueOf(instance: Instance, reader?: Instance): Promise<unknown> {
    const live = this.lives.of(instance.id);
    if (reader && live?.isOpen === true) return live.view(reader.id);
    const outcome = await this.ensure(instance);
    if (outcome.kind !== "succeeded") throw this.errorOf(outcome, instance);
    const makeAgain = (): Promise<Entry | undefined> => this.engine.makeAgain(instance);
    const loaded = await this.engine.results.load(outcome.entry, instance, makeAgain);
    if (loaded) return loaded.value;
    const made = await this.makeAgain(instance, outcome);
    if (made.kind !== "succeeded") throw this.errorOf(made, instance);
    if (made.value) return made.value.of;
    // Another kernel made it, or another thread.
    const now = await this.engine.results.load(made.entry, instance);
    if (now) return now.value;
    throw new StagebookError(
      "value-lost",
      `the value of stage "${instance.definition.name}" could be made and not be read`,
      "Look at the store's folder: something removes its files.",
      { stage: instance.definition.name },
    );
  }

  errorOf(outcome: Exclude<Outcome, { kind: "succeeded" }>, instance: Instance): StagebookError {
    const stage = instance.definition.name;
    if (outcome.kind === "failed") return outcome.error;
    const [code, what, advice] =
      outcome.kind === "cancelled"
        ? (["cancelled", "was stopped", "Run it again; nothing of it was stored."] as const)
        : (["blocked", `could not run because "${outcome.by}" did not finish`, `Mend "${outcome.by}" first.`] as const);
    return new StagebookError(code, `stage "${stage}" ${what}`, advice, { stage });
  }

  async settle(instance: Instance): Promise<Outcome> {
    try {
      const needs = await this.awaitNeeds(instance);
      if (needs instanceof ProducerStopped)
        return this.block(
          instance,
          needs.outcome.kind === "blocked" ? needs.outcome.by : needs.producer.definition.name,
        );
      const twin = this.twins.get(instance.id);
      if (twin) await this.ensure(twin);
      const key = await this.keyWith(instance, await needs.outputs());
      const forced = this.isForced(instance);
      const entry = forced || needs.isLive ? undefined : await this.engine.results.find(instance, key.key);
      const isGone = entry !== undefined && this.engine.results.isGone(entry.key);
      if (entry && !(isGone && this.rows.get(instance.id)?.action === "run")) return await this.reuse(instance, entry);
      const reasons = this.reasonsFor(instance, forced);
      return await this.work(await this.orderOf(instance, needs, { key, reasons, again: forced || isGone }));
    } catch (error) {
      return this.fail(instance, undefined, error, this.engine.clock.now());
    }
  }

  /** What the stage needs, when each has ended or, for a stage that is certain to run, has begun a stream. */
  private async awaitNeeds(instance: Instance): Promise<Needs | ProducerStopped> {
    const needs = this.engine.instances.needs(instance);
    const mayStart = this.rows.get(instance.id)?.action === "run" && !instance.definition.worker;
    const live = new Map<string, LiveStream>();
    const ready = await Promise.all(
      needs.map(async (need) => {
        const ended = this.ensure(need);
        const first = await (mayStart ? Promise.race([ended, this.lives.begun(need.id)]) : ended);
        if (!(first instanceof LiveStream)) return { need, outcome: first };
        live.set(need.id, first);
        return undefined;
      }),
    );
    for (const each of ready)
      if (each && each.outcome.kind !== "succeeded") return new ProducerStopped(each.need, each.outcome);
    return new Needs(this, instance, needs, live);
  }

  private async orderOf(
    instance: Instance,
    needs: Needs,
    order: Pick<WorkOrder, "key" | "reasons" | "again">,
  ): Promise<WorkOrder> {
    const stop = new AbortController();
    if (this.signal.aborted) stop.abort(this.signal.reason);
    this.stops.set(instance.id, stop);
    return { ...order, instance, needs, stop, claimed: (await needs.viaKey()) ?? order.key.key };
  }

  /** The stage reads no more. A producer of a stream that nobody else wants is stopped. */
  leave(instance: Instance): void {
    for (const need of this.reads.get(instance.id) ?? []) {
      const readers = this.readers.get(need);
      if (!readers?.delete(instance.id) || readers.size > 0 || this.targetIds.has(need)) continue;
      if (this.lives.of(need)?.isOpen === true) this.stops.get(need)?.abort(new UnreadError());
    }
  }

  priority(instance: Instance): number {
    return this.priorities.get(instance.id) ?? 0;
  }

  count(): void {
    this.bodies++;
  }

  async keyWith(instance: Instance, outputs: ReadonlyMap<string, OutputDigest>): Promise<KnownKey> {
    const key = await this.engine.planner.keyOf(instance, outputs, this.externals);
    if (key.key === undefined)
      throw new StagebookError(
        "internal",
        `the key of "${instance.definition.name}" waits for ${key.pending.join(", ")}`,
        "Please report this.",
      );
    return key as KnownKey;
  }

  /** What an instance needs, all of it ended. */
  needsOf(instance: Instance): Needs {
    return new Needs(this, instance, this.engine.instances.needs(instance), new Map());
  }

  async reuse(instance: Instance, entry: Entry): Promise<Outcome> {
    await this.engine.results.reach(instance, entry);
    this.engine.outcomes.clear(instance);
    const tell = (): void => this.tellReuse(instance, entry);
    if (this.engine.results.isGone(entry.key)) this.unneeded.set(instance.id, tell);
    else tell();
    return { kind: "succeeded", entry };
  }

  cancel(instance: Instance, key: Digest, durationMs: number): Outcome {
    const { name, cell } = instance.definition;
    this.engine.outcomes.set(instance, { kind: "cancelled", key });
    this.emit(instance, { type: "stage:cancelled", run: this.id, stage: name, cell, durationMs });
    return { kind: "cancelled" };
  }

  giveUp(instance: Instance, durationMs: number): Outcome {
    const { name, cell } = instance.definition;
    this.emit(instance, { type: "stage:cancelled", run: this.id, stage: name, cell, durationMs });
    return { kind: "cancelled", isUnread: true };
  }

  fail(instance: Instance, key: Digest | undefined, cause: unknown, startedAt: number): Outcome {
    const { name, cell } = instance.definition;
    const error = stageFailed(name, cell, cell ? this.engine.labelOf(cell) : "", cause);
    const view: ErrorView = viewOfError(error, { stage: name, cell });
    if (key !== undefined) this.engine.outcomes.set(instance, { kind: "failed", key, message: view.message });
    const durationMs = this.engine.clock.now() - startedAt;
    this.emit(instance, { type: "stage:failed", run: this.id, stage: name, cell, durationMs, error: view });
    this.engine.log("error", error.message, {
      stage: name,
      cell,
      run: this.id,
      ...(view.stack === undefined ? {} : { fields: { stack: view.stack } }),
    });
    return { kind: "failed", error };
  }

  /** Parts of outputs are nobody's stage: nothing is told of them. */
  emit(instance: Instance, event: EventBody): void {
    if (instance.definition.partOf === undefined) this.engine.emit(event);
  }

  private isForced(instance: Instance): boolean {
    const { name, partOf } = instance.definition;
    if (partOf === undefined && this.engine.orders.takeForced(name)) return true;
    return this.targetIds.has(instance.id) && (this.request.force || !instance.definition.cache);
  }

  /** One more body for all who need the value. What reads it under another digest than before is worked out anew. */
  private makeAgain(instance: Instance, lost: Outcome): Promise<Outcome> {
    const current = this.outcomes.get(instance.id);
    const again = async (): Promise<Outcome> => {
      // Somebody else has found it lost too.
      const latest = await current;
      if (latest && latest !== lost) return latest;
      this.unneeded.delete(instance.id);
      const reason: Reason = { kind: "lost", name: instance.definition.name, text: "its stored result is gone" };
      const needs = this.needsOf(instance);
      const key = await this.keyWith(instance, await needs.outputs());
      return this.work(await this.orderOf(instance, needs, { key, reasons: [reason], again: true }));
    };
    const outcome = again();
    this.outcomes.set(instance.id, outcome);
    return outcome;
  }

  private tellReuse(instance: Instance, entry: Entry): void {
    const about = { run: this.id, stage: instance.definition.name, result: resultOf(entry) };
    const twin = this.twins.get(instance.id);
    if (twin) this.emit(instance, { type: "stage:shared", ...about, with: twin.definition.name });
    else if (this.rows.get(instance.id)?.action === "maybe") this.emit(instance, { type: "stage:unchanged", ...about });
    else this.emit(instance, { type: "stage:cached", ...about });
  }

  /** Runs the body, or shares the one that is under way for the same key. */
  private async work(order: WorkOrder): Promise<Outcome> {
    const { underway } = this.engine;
    const ids = [...new Set([order.claimed, order.key.key])];
    const other = ids.map((id) => underway.get(id)).find((each) => each !== undefined);
    if (other) return this.share(order, other);
    const work = perform(this.engine, this, order);
    const shared = { stage: order.instance.definition.name, work };
    for (const id of ids) underway.set(id, shared);
    try {
      return await work;
    } finally {
      for (const id of ids) if (underway.get(id) === shared) underway.delete(id);
    }
  }

  private async share(
    order: WorkOrder,
    underway: { readonly stage: string; readonly work: Promise<Outcome> },
  ): Promise<Outcome> {
    const { instance, key } = order;
    const outcome = await underway.work;
    if (this.signal.aborted) return this.cancel(instance, key.key, 0);
    // Stopped by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return this.work(order);
    if (outcome.kind === "failed")
      return this.fail(instance, key.key, outcome.error.cause ?? outcome.error, this.engine.clock.now());
    if (outcome.kind === "succeeded") {
      await this.engine.results.reach(instance, outcome.entry);
      this.emit(instance, {
        type: "stage:shared",
        run: this.id,
        stage: instance.definition.name,
        with: underway.stage,
        result: resultOf(outcome.entry),
      });
    }
    return outcome;
  }

  private async closeResources(): Promise<void> {
    for (const { name, error } of await this.externals.close())
      this.engine.log("error", `resource ${name} could not be closed: ${messageOf(error)}`, { run: this.id });
  }

  block(instance: Instance, by: string): Outcome {
    this.emit(instance, { type: "stage:blocked", run: this.id, stage: instance.definition.name, by });
    return { kind: "blocked", by };
  }

  private reasonsFor(instance: Instance, forced: boolean): readonly Reason[] {
    const name = instance.definition.name;
    if (forced)
      return [{ kind: "forced", name, text: instance.definition.cache ? "asked to run again" : "keeps no result" }];
    return this.rows.get(instance.id)?.reasons.filter((reason) => reason.kind !== "waiting") ?? [];
  }
}
