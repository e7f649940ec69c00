/** One run: its targets and what they need, independent stages at the same time, every outcome a value. */
import { cycleError, findNeeded } from "../../graph/graph";
import type { PlanRowView, Reason, RunId, RunSource } from "../../protocol";
import { messageOf, known, StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineParts } from "../engine-parts";
import { Externals } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import type { OutputDigest } from "../plan/input-digests";
import { LiveStream, UnreadError } from "../streams/live-stream";
import { Lives } from "../streams/live-streams";
import { Needs, ProducerStopped } from "./upstream-results";
import { errorOf, type Outcome } from "../state/outcome";
import { Preparing } from "../control/admission";
import { criticalPaths } from "../plan/priorities";
import { Readers } from "./readers";
import type { Slots } from "../control/semaphore";
import { soon, type Soon } from "../control/maybe-promise";
import { RunOutcomes } from "./run-outcomes";
import { inSteps, ready, type Steps } from "../control/sync-task";
import { Stop } from "../control/cancel-token";
import { Telling } from "./run-reporter";
import type { KnownKey } from "../call/call-parts";
import type { Work } from "../state/in-flight";
import { perform } from "./work";
import type { WorkOrder, WorkRun } from "./work-order";

export interface RunRequest {
  readonly id: RunId;
  /** When it began, as `Underway` counts. */
  readonly since: number;
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
  /** Names of the parameters that its stages read. Undefined until its plan is made. */
  params: ReadonlySet<string> | undefined;
  readonly lives = new Lives();
  readonly telling: Telling;
  private readonly preparing: Preparing;
  private readonly outcomes = new RunOutcomes((instance, release) => this.conclude(instance, release));
  private readonly readers = new Readers();
  private readonly stops = new Map<string, Stop>();
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
      for (const stop of this.stops.values()) stop.stop(this.signal.reason);
    });
  }

  /** Runs what is stale. Throws `cycle` before anything runs; after that every trouble is an outcome. */
  async execute(): Promise<ReadonlyMap<string, Outcome>> {
    const { targets, wantsValues } = this.request;
    const { graph, assessed } = await this.engine.planner.plan(targets, { isAsked: true, wantsValues });
    if (graph.stuck.size > 0) throw cycleError(graph);
    const order = findNeeded(graph, [...this.targetIds]);
    this.priorities = criticalPaths(order, assessed);
    const params = new Set<string>();
    for (const id of order) {
      const { row, instance, needs, twin } = known(assessed, id);
      if (twin !== undefined) this.twins.set(id, known(assessed, twin).instance);
      this.rows.set(id, row);
      this.readers.add(id, needs);
      for (const { ref } of this.engine.instances.refs(instance)) if (ref.kind === "param") params.add(ref.name);
      const { stage, action, reasons } = row;
      this.telling.emit(instance, { type: "stage:planned", run: this.id, stage, action, reasons });
    }
    this.params = params;
    try {
      const instances = order.map((id) => known(assessed, id).instance);
      const urgentFirst = instances.sort((a, b) => this.priority(b) - this.priority(a));
      for (const instance of urgentFirst) {
        const needs = known(assessed, instance.id).needs.map((id) => known(assessed, id).instance);
        // One that waits for nobody takes its place before it begins: thousands that wait for one would each hold memory.
        const taking = this.isReady(instance, needs) ? this.preparing.begin(this.priority(instance)) : undefined;
        const release = taking instanceof Promise ? await taking : taking;
        void this.outcomes.ensure(instance, release);
      }
      await this.outcomes.allEnded();
      return this.outcomes.ofAll(order);
    } finally {
      for (const tell of this.unneeded.values()) tell();
      await Promise.all([this.closeResources(), this.engine.results.latestShown()]);
    }
  }

  /** The stage's outcome in this run; it is worked out once. */
  ensure(instance: Instance): Soon<Outcome> {
    return this.outcomes.ensure(instance);
  }

  outcomeOf(instance: Instance): Outcome | undefined {
    return this.outcomes.of(instance.id);
  }

  get targets(): readonly Instance[] {
    return this.request.targets;
  }

  noteRead<T>(read: Promise<T>): Promise<T> {
    return this.outcomes.noteRead(read);
  }

  /** All that it waits for has ended. */
  private isReady(instance: Instance, needs: readonly Instance[]): boolean {
    const twin = this.twins.get(instance.id);
    return needs.every(({ id }) => this.outcomes.hasEnded(id)) && (!twin || this.outcomes.hasEnded(twin.id));
  }

  private *conclude(instance: Instance, release: (() => void) | undefined): Steps<Outcome> {
    const outcome = yield* this.settle(instance, release);
    this.leave(instance);
    this.stops.delete(instance.id);
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

  *settle(instance: Instance, taken?: () => void): Steps<Outcome> {
    let release = taken;
    try {
      const needed = this.engine.instances.needs(instance);
      // It has to wait after all, and those that it waits for may want the place.
      if (release && !this.isReady(instance, needed)) {
        release();
        release = undefined;
      }
      const needs = yield* this.needsOnceThere(instance, needed);
      if (needs instanceof ProducerStopped)
        return this.telling.blocked(
          instance,
          needs.outcome.kind === "blocked" ? needs.outcome.by : needs.producer.definition.name,
        );
      const twin = this.twins.get(instance.id);
      if (twin) yield* ready(this.ensure(twin));
      release ??= yield* ready(this.preparing.begin(this.priority(instance), needs.isLive));
      const key = yield* ready(this.keyWith(instance, needs.outputs()));
      const forced = this.isForced(instance);
      const entry = forced || needs.isLive ? undefined : yield* ready(this.engine.results.find(instance, key.key));
      const isGone = entry !== undefined && this.engine.results.isGone(entry.key);
      if (entry && !(isGone && this.rows.get(instance.id)?.action === "run")) return yield* this.reuse(instance, entry);
      const reasons = this.reasonsFor(instance, forced);
      return yield* this.work(instance, needs, { key, reasons, again: forced || isGone, prepared: release });
    } catch (error) {
      return this.telling.failed(instance, undefined, error, this.engine.clock.now());
    } finally {
      release?.();
    }
  }

  /** What the stage needs, when each has ended or, for a stage that is certain to run, has begun a stream. */
  private *needsOnceThere(instance: Instance, needs: readonly Instance[]): Steps<Needs | ProducerStopped> {
    const mayStart = this.rows.get(instance.id)?.action === "run" && !instance.definition.worker;
    const live = new Map<string, LiveStream>();
    // All of them begin before the first one is waited for.
    const open = needs.map((need) => {
      const ended = this.ensure(need);
      const first = mayStart && ended instanceof Promise ? Promise.race([ended, this.lives.begun(need.id)]) : ended;
      return { need, first };
    });
    let stopped: ProducerStopped | undefined;
    for (const { need, first } of open) {
      const there = yield* ready(first);
      if (there instanceof LiveStream) live.set(need.id, there);
      else if (there.kind !== "succeeded") stopped ??= new ProducerStopped(need, there);
    }
    return stopped ?? new Needs(this, instance, needs, live);
  }

  /** The stage reads no more. A producer of a stream that nobody else wants is stopped. */
  leave(instance: Instance): void {
    for (const need of this.readers.leave(instance.id))
      if (!this.targetIds.has(need) && this.lives.of(need)?.isOpen === true)
        this.stops.get(need)?.stop(new UnreadError());
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

  *reuse(instance: Instance, entry: Entry): Steps<Outcome> {
    yield* ready(this.engine.results.reach(instance, entry));
    this.engine.outcomes.clear(instance);
    const twin = this.twins.get(instance.id);
    const tell = (): void => {
      if (twin) this.telling.shared(instance, entry, twin.definition.name);
      else this.telling.reused(instance, entry, this.rows.get(instance.id)?.action === "maybe");
    };
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
    return this.outcomes.makeAgain(instance, async (latest) => {
      // Somebody else has found it lost too.
      if (latest && latest !== lost) return latest;
      this.unneeded.delete(instance.id);
      const reason: Reason = { kind: "lost", name: instance.definition.name, text: "its stored result is gone" };
      const needs = this.needsOf(instance);
      const key = await this.keyWith(instance, needs.outputs());
      this.engine.underway.forget(key.key);
      return inSteps(this.work(instance, needs, { key, reasons: [reason], again: true, prepared: () => undefined }));
    });
  }

  private *work(
    instance: Instance,
    needs: Needs,
    { key, reasons, again, prepared }: Pick<WorkOrder, "key" | "reasons" | "again" | "prepared">,
  ): Steps<Outcome> {
    const claimed = needs.haveStreams ? yield* ready(needs.viaKey()) : key.key;
    const stop = new Stop();
    if (this.signal.aborted) stop.stop(this.signal.reason);
    this.stops.set(instance.id, stop);
    return yield* this.workOrShare({ instance, needs, key, reasons, again, prepared, stop, claimed });
  }

  /** Runs the body, or shares the one that is under way for the same key. */
  private *workOrShare(order: WorkOrder): Steps<Outcome> {
    const { underway } = this.engine;
    const { claimed, key } = order;
    const by = this.id;
    const other = underway.find(claimed, this.request) ?? underway.find(key.key, this.request);
    if (other) return yield* this.share(order, other);
    const stage = order.instance.definition.name;
    const outcome = inSteps(perform(this.engine, this, order));
    if (!(outcome instanceof Promise)) {
      underway.done(key.key, stage, outcome, { by, atOnce: true });
      return outcome;
    }
    const work = { stage, outcome };
    for (const id of [claimed, key.key]) underway.begin(id, work);
    try {
      const ended = yield* ready(outcome);
      underway.done(key.key, stage, ended, { by, atOnce: false });
      return ended;
    } finally {
      for (const id of [claimed, key.key]) underway.end(id, work);
    }
  }

  private *share(order: WorkOrder, work: Work): Steps<Outcome> {
    const { instance, key } = order;
    order.prepared();
    const outcome = yield* ready(work.outcome);
    if (this.signal.aborted) return this.telling.cancelled(instance, key.key, 0);
    // Stopped by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return yield* this.workOrShare(order);
    if (outcome.kind === "failed")
      return this.telling.failed(instance, key.key, outcome.error.cause ?? outcome.error, this.engine.clock.now());
    if (outcome.kind === "succeeded") {
      yield* ready(this.engine.results.reach(instance, outcome.entry));
      this.telling.shared(instance, outcome.entry, work.stage);
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
