/** One run: its targets and what they need, independent stages at the same time, every outcome a value. */
import { cycleError, findNeeded } from "../graph/graph";
import type { PlanRowView, Reason, RunId, RunSource } from "../protocol";
import { messageOf, known, StagebookError } from "../protocol";
import type { Entry } from "../store/store";
import type { EngineParts } from "./engine-parts";
import { Externals } from "./externals";
import type { Instance } from "./instances";
import type { OutputDigest } from "./input-digests";
import { LiveStream, UnreadError } from "./live-stream";
import { Lives } from "./lives";
import { Needs, ProducerStopped } from "./needs";
import { errorOf, type Outcome } from "./outcome";
import { Preparing } from "./preparing";
import { criticalPaths } from "./priorities";
import { resultOf } from "./planner";
import type { Slots } from "./slots";
import { soon, type Soon } from "./soon";
import { Telling } from "./telling";
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
  readonly telling: Telling;
  private readonly preparing: Preparing;
  private readonly outcomes = new Map<string, Promise<Outcome>>();
  /** What each came to, last. */
  private readonly ended = new Map<string, Outcome>();
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
    this.telling = new Telling(engine, request.id);
    this.preparing = new Preparing(request.slots.count);
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
      this.telling.emit(instance, { type: "stage:planned", run: this.id, stage, action, reasons });
    }
    try {
      const instances = order.map((id) => known(assessed, id).instance);
      const urgentFirst = instances.sort((a, b) => this.priority(b) - this.priority(a));
      await Promise.all(urgentFirst.map((instance) => this.ensure(instance)));
      // One may have been made again for another that needed its value.
      await Promise.all(this.outcomes.values());
      return new Map(order.map((id) => [id, known(this.ended, id)]));
    } finally {
      for (const tell of this.unneeded.values()) tell();
      await Promise.all([this.closeResources(), this.engine.results.latestShown()]);
    }
  }

  /** The stage's outcome in this run; it is worked out once. */
  ensure(instance: Instance): Promise<Outcome> {
    let outcome = this.outcomes.get(instance.id);
    if (!outcome) {
      outcome = this.conclude(instance);
      this.outcomes.set(instance.id, outcome);
    }
    return outcome;
  }

  outcomeOf(instance: Instance): Outcome | undefined {
    return this.ended.get(instance.id);
  }

  private async conclude(instance: Instance): Promise<Outcome> {
    const outcome = await this.settle(instance);
    this.leave(instance);
    this.stops.delete(instance.id);
    this.ended.set(instance.id, outcome);
    return outcome;
  }

  /** A fresh copy of a stage's output. When its stored bytes turn out to be gone or invalid, it runs once more. */
  async valueOf(instance: Instance, reader?: Instance): Promise<unknown> {
    const live = this.lives.of(instance.id);
    if (reader && live?.isOpen === true) return live.view(reader.id);
    const outcome = await this.ensure(instance);
    if (outcome.kind !== "succeeded") throw errorOf(outcome, instance);
    const makeAgain = (): Promise<Entry | undefined> => this.engine.makeAgain(instance);
    const loaded = await this.engine.results.load(outcome.entry, instance, makeAgain);
    if (loaded) return loaded.value;
    const made = await this.makeAgain(instance, outcome);
    if (made.kind !== "succeeded") throw errorOf(made, instance);
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

  async settle(instance: Instance): Promise<Outcome> {
    let prepared = (): void => undefined;
    try {
      const needed = this.engine.instances.needs(instance);
      const needs = needed.length === 0 ? this.needsOf(instance) : await this.awaitNeeds(instance, needed);
      if (needs instanceof ProducerStopped)
        return this.telling.blocked(
          instance,
          needs.outcome.kind === "blocked" ? needs.outcome.by : needs.producer.definition.name,
        );
      const twin = this.twins.get(instance.id);
      if (twin) await this.ensure(twin);
      const begun = this.preparing.begin(this.priority(instance));
      prepared = begun instanceof Promise ? await begun : begun;
      const asked = this.keyWith(instance, needs.outputs());
      const key = asked instanceof Promise ? await asked : asked;
      const forced = this.isForced(instance);
      const found = forced || needs.isLive ? undefined : this.engine.results.find(instance, key.key);
      const entry = found instanceof Promise ? await found : found;
      const isGone = entry !== undefined && this.engine.results.isGone(entry.key);
      if (entry && !(isGone && this.rows.get(instance.id)?.action === "run")) return await this.reuse(instance, entry);
      const reasons = this.reasonsFor(instance, forced);
      return await this.work(instance, needs, { key, reasons, again: forced || isGone, prepared });
    } catch (error) {
      return this.telling.failed(instance, undefined, error, this.engine.clock.now());
    } finally {
      prepared();
    }
  }

  /** What the stage needs, when each has ended or, for a stage that is certain to run, has begun a stream. */
  private async awaitNeeds(instance: Instance, needs: readonly Instance[]): Promise<Needs | ProducerStopped> {
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

  keyWith(instance: Instance, outputs: ReadonlyMap<string, OutputDigest>): Soon<KnownKey> {
    return soon(this.engine.planner.keyOf(instance, outputs, this.externals), (key) => {
      if (key.key !== undefined) return key as KnownKey;
      throw new StagebookError(
        "internal",
        `the key of "${instance.definition.name}" waits for ${key.pending.join(", ")}`,
        "Please report this.",
      );
    });
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
      const key = await this.keyWith(instance, needs.outputs());
      return this.work(instance, needs, { key, reasons: [reason], again: true, prepared: () => undefined });
    };
    const outcome = again().then((made) => {
      this.ended.set(instance.id, made);
      return made;
    });
    this.outcomes.set(instance.id, outcome);
    return outcome;
  }

  private tellReuse(instance: Instance, entry: Entry): void {
    const about = { run: this.id, stage: instance.definition.name, result: resultOf(entry) };
    const twin = this.twins.get(instance.id);
    if (twin) this.telling.emit(instance, { type: "stage:shared", ...about, with: twin.definition.name });
    else if (this.rows.get(instance.id)?.action === "maybe")
      this.telling.emit(instance, { type: "stage:unchanged", ...about });
    else this.telling.emit(instance, { type: "stage:cached", ...about });
  }

  private work(
    instance: Instance,
    needs: Needs,
    what: Pick<WorkOrder, "key" | "reasons" | "again" | "prepared">,
  ): Soon<Outcome> {
    return soon(needs.haveStreams ? needs.viaKey() : what.key.key, (claimed) => {
      const stop = new AbortController();
      if (this.signal.aborted) stop.abort(this.signal.reason);
      this.stops.set(instance.id, stop);
      return this.workOrShare({ ...what, instance, needs, stop, claimed });
    });
  }

  /** Runs the body, or shares the one that is under way for the same key. */
  private async workOrShare(order: WorkOrder): Promise<Outcome> {
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
    order.prepared();
    const outcome = await underway.work;
    if (this.signal.aborted) return this.telling.cancelled(instance, key.key, 0);
    // Stopped by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return this.workOrShare(order);
    if (outcome.kind === "failed")
      return this.telling.failed(instance, key.key, outcome.error.cause ?? outcome.error, this.engine.clock.now());
    if (outcome.kind === "succeeded") {
      await this.engine.results.reach(instance, outcome.entry);
      this.telling.emit(instance, {
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

  private reasonsFor(instance: Instance, forced: boolean): readonly Reason[] {
    const name = instance.definition.name;
    if (forced)
      return [{ kind: "forced", name, text: instance.definition.cache ? "asked to run again" : "keeps no result" }];
    return this.rows.get(instance.id)?.reasons.filter((reason) => reason.kind !== "waiting") ?? [];
  }
}
