/** One run: its targets and what they need, independent stages at the same time, every outcome a value. */
import { cycleError, findNeeded } from "../../graph/graph";
import type { PlanRowView, Reason, RunId, RunSource } from "../../protocol";
import { messageOf, mustGet, StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { ExternalInputs } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import type { OutputDigest } from "../plan/input-digests";
import { LiveStream, UnreadError } from "../streams/live-stream";
import { LiveStreams } from "../streams/live-streams";
import { UpstreamResults, ProducerStopped } from "./upstream-results";
import { errorOf, type Outcome } from "../state/outcome";
import { Admission } from "../control/admission";
import { criticalPaths } from "../plan/priorities";
import { Readers } from "./readers";
import type { Semaphore } from "../../async/semaphore";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { RunOutcomes } from "./run-outcomes";
import { runTask, waitFor, type SyncTask } from "../call/sync-task";
import { CancelToken } from "../../async/cancel-token";
import { RunReporter } from "./run-reporter";
import type { KnownKey } from "../call/call-parts";
import type { SharedExecution } from "../state/in-flight";
import { execute } from "./work";
import type { ExecutionOrder, RunContext } from "./execution-order";

export interface RunRequest {
  readonly id: RunId;
  /** When it began, as `Underway` counts. */
  readonly since: number;
  readonly targets: readonly Instance[];
  readonly source: RunSource;
  readonly force: boolean;
  /** The caller will take the targets' values: those that are gone are made again. */
  readonly wantsValues: boolean;
  readonly permits: Semaphore;
  readonly signal: AbortSignal;
}

export class Run implements RunContext {
  readonly id: RunId;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly permits: Semaphore;
  readonly externalInputs: ExternalInputs;
  executed = 0;
  /** Names of the parameters that its stages read. Undefined until its plan is made. */
  params: ReadonlySet<string> | undefined;
  readonly liveStreams = new LiveStreams();
  readonly reporter: RunReporter;
  private readonly admission: Admission;
  private readonly outcomes = new RunOutcomes((instance, release) => this.conclude(instance, release));
  private readonly readers = new Readers();
  private readonly stops = new Map<string, CancelToken>();
  private readonly rows = new Map<string, PlanRowView>();
  /** Instances that do the same as one before them. */
  private readonly duplicates = new Map<string, Instance>();
  private readonly targetIds: ReadonlySet<string>;
  private priorities: ReadonlyMap<string, number> = new Map();
  /** Results without a value that nobody has needed so far: how they end is told when the run ends. */
  private readonly unneeded = new Map<string, () => void>();

  constructor(
    private readonly engine: EngineContext,
    private readonly request: RunRequest,
  ) {
    ({ id: this.id, source: this.source, signal: this.signal, permits: this.permits } = request);
    this.externalInputs = new ExternalInputs(engine.files);
    this.reporter = new RunReporter(engine, request.id);
    this.admission = new Admission(request.permits.count);
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
      const { row, instance, needs, duplicateOf } = mustGet(assessed, id);
      if (duplicateOf !== undefined) this.duplicates.set(id, mustGet(assessed, duplicateOf).instance);
      this.rows.set(id, row);
      this.readers.add(id, needs);
      for (const { ref } of this.engine.instances.refs(instance)) if (ref.kind === "param") params.add(ref.name);
      const { stage, action, reasons } = row;
      this.reporter.emit(instance, { type: "stage:planned", run: this.id, stage, action, reasons });
    }
    this.params = params;
    try {
      const instances = order.map((id) => mustGet(assessed, id).instance);
      const urgentFirst = instances.sort((a, b) => this.priority(b) - this.priority(a));
      for (const instance of urgentFirst) {
        const needs = mustGet(assessed, instance.id).needs.map((id) => mustGet(assessed, id).instance);
        // One that waits for nobody takes its place before it begins: thousands that wait for one would each hold memory.
        const taking = this.isReady(instance, needs) ? this.admission.begin(this.priority(instance)) : undefined;
        const release = taking instanceof Promise ? await taking : taking;
        void this.outcomes.ensure(instance, release);
      }
      await this.outcomes.allEnded();
      return this.outcomes.ofAll(order);
    } finally {
      for (const tell of this.unneeded.values()) tell();
      await Promise.all([this.closeResources(), this.engine.results.latestWritten()]);
    }
  }

  /** The stage's outcome in this run; it is worked out once. */
  ensure(instance: Instance): MaybePromise<Outcome> {
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
    const duplicateOf = this.duplicates.get(instance.id);
    return (
      needs.every(({ id }) => this.outcomes.hasEnded(id)) && (!duplicateOf || this.outcomes.hasEnded(duplicateOf.id))
    );
  }

  private *conclude(instance: Instance, release: (() => void) | undefined): SyncTask<Outcome> {
    const outcome = yield* this.settle(instance, release);
    this.leave(instance);
    this.stops.delete(instance.id);
    return outcome;
  }

  /** A fresh copy of a stage's output. When its stored bytes turn out to be gone or invalid, it runs once more. */
  async valueOf(instance: Instance, reader?: Instance): Promise<unknown> {
    const live = this.liveStreams.of(instance.id);
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

  *settle(instance: Instance, taken?: () => void): SyncTask<Outcome> {
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
        return this.reporter.blocked(
          instance,
          needs.outcome.kind === "blocked" ? needs.outcome.by : needs.producer.definition.name,
        );
      const duplicateOf = this.duplicates.get(instance.id);
      if (duplicateOf) yield* waitFor(this.ensure(duplicateOf));
      release ??= yield* waitFor(this.admission.begin(this.priority(instance), needs.isLive));
      const key = yield* waitFor(this.keyWith(instance, needs.outputs()));
      const forced = this.isForced(instance);
      const entry = forced || needs.isLive ? undefined : yield* waitFor(this.engine.results.find(instance, key.key));
      const isGone = entry !== undefined && this.engine.results.isGone(entry.key);
      if (entry && !(isGone && this.rows.get(instance.id)?.action === "run")) return yield* this.reuse(instance, entry);
      const reasons = this.reasonsFor(instance, forced);
      return yield* this.work(instance, needs, { key, reasons, again: forced || isGone, prepared: release });
    } catch (error) {
      return this.reporter.failed(instance, undefined, error, this.engine.clock.now());
    } finally {
      release?.();
    }
  }

  /** What the stage needs, when each has ended or, for a stage that is certain to run, has begun a stream. */
  private *needsOnceThere(instance: Instance, needs: readonly Instance[]): SyncTask<UpstreamResults | ProducerStopped> {
    const mayStart = this.rows.get(instance.id)?.action === "run" && !instance.definition.worker;
    const live = new Map<string, LiveStream>();
    // All of them begin before the first one is waited for.
    const open = needs.map((need) => {
      const ended = this.ensure(need);
      const first =
        mayStart && ended instanceof Promise ? Promise.race([ended, this.liveStreams.begun(need.id)]) : ended;
      return { need, first };
    });
    let stopped: ProducerStopped | undefined;
    for (const { need, first } of open) {
      const there = yield* waitFor(first);
      if (there instanceof LiveStream) live.set(need.id, there);
      else if (there.kind !== "succeeded") stopped ??= new ProducerStopped(need, there);
    }
    return stopped ?? new UpstreamResults(this, instance, needs, live);
  }

  /** The stage reads no more. A producer of a stream that nobody else wants is stopped. */
  leave(instance: Instance): void {
    for (const need of this.readers.leave(instance.id))
      if (!this.targetIds.has(need) && this.liveStreams.of(need)?.isOpen === true)
        this.stops.get(need)?.stop(new UnreadError());
  }

  priority(instance: Instance): number {
    return this.priorities.get(instance.id) ?? 0;
  }

  count(): void {
    this.executed++;
  }

  keyWith(instance: Instance, outputs: ReadonlyMap<string, OutputDigest>): MaybePromise<KnownKey> {
    return mapMaybe(this.engine.planner.keyOf(instance, outputs, this.externalInputs), (key) => {
      if (key.key !== undefined) return key as KnownKey;
      throw new StagebookError(
        "internal",
        `the key of "${instance.definition.name}" waits for ${key.pending.join(", ")}`,
        "Please report this.",
      );
    });
  }

  /** What an instance needs, all of it ended. */
  needsOf(instance: Instance): UpstreamResults {
    return new UpstreamResults(this, instance, this.engine.instances.needs(instance), new Map());
  }

  *reuse(instance: Instance, entry: Entry): SyncTask<Outcome> {
    yield* waitFor(this.engine.results.reach(instance, entry));
    this.engine.outcomes.clear(instance);
    const duplicateOf = this.duplicates.get(instance.id);
    const tell = (): void => {
      if (duplicateOf) this.reporter.shared(instance, entry, duplicateOf.definition.name);
      else this.reporter.reused(instance, entry, this.rows.get(instance.id)?.action === "maybe");
    };
    if (this.engine.results.isGone(entry.key)) this.unneeded.set(instance.id, tell);
    else tell();
    return { kind: "succeeded", entry };
  }

  private isForced(instance: Instance): boolean {
    const { name, partOf } = instance.definition;
    if (partOf === undefined && this.engine.runOverrides.takeForced(name)) return true;
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
      this.engine.inFlight.forget(key.key);
      return runTask(this.work(instance, needs, { key, reasons: [reason], again: true, prepared: () => undefined }));
    });
  }

  private *work(
    instance: Instance,
    needs: UpstreamResults,
    { key, reasons, again, prepared }: Pick<ExecutionOrder, "key" | "reasons" | "again" | "prepared">,
  ): SyncTask<Outcome> {
    const claimed = needs.haveStreams ? yield* waitFor(needs.viaKey()) : key.key;
    const stop = new CancelToken();
    if (this.signal.aborted) stop.stop(this.signal.reason);
    this.stops.set(instance.id, stop);
    return yield* this.workOrShare({ instance, needs, key, reasons, again, prepared, stop, claimed });
  }

  /** Runs the body, or shares the one that is under way for the same key. */
  private *workOrShare(order: ExecutionOrder): SyncTask<Outcome> {
    const { inFlight } = this.engine;
    const { claimed, key } = order;
    const by = this.id;
    const other = inFlight.find(claimed, this.request) ?? inFlight.find(key.key, this.request);
    if (other) return yield* this.share(order, other);
    const stage = order.instance.definition.name;
    const outcome = runTask(execute(this.engine, this, order));
    if (!(outcome instanceof Promise)) {
      inFlight.done(key.key, stage, outcome, { by, atOnce: true });
      return outcome;
    }
    const work = { stage, outcome };
    for (const id of [claimed, key.key]) inFlight.begin(id, work);
    try {
      const ended = yield* waitFor(outcome);
      inFlight.done(key.key, stage, ended, { by, atOnce: false });
      return ended;
    } finally {
      for (const id of [claimed, key.key]) inFlight.end(id, work);
    }
  }

  private *share(order: ExecutionOrder, work: SharedExecution): SyncTask<Outcome> {
    const { instance, key } = order;
    order.prepared();
    const outcome = yield* waitFor(work.outcome);
    if (this.signal.aborted) return this.reporter.cancelled(instance, key.key, 0);
    // Stopped by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return yield* this.workOrShare(order);
    if (outcome.kind === "failed")
      return this.reporter.failed(instance, key.key, outcome.error.cause ?? outcome.error, this.engine.clock.now());
    if (outcome.kind === "succeeded") {
      yield* waitFor(this.engine.results.reach(instance, outcome.entry));
      this.reporter.shared(instance, outcome.entry, work.stage);
    }
    return outcome;
  }

  private async closeResources(): Promise<void> {
    for (const { name, error } of await this.externalInputs.close())
      this.engine.log("error", `resource ${name} could not be closed: ${messageOf(error)}`, { run: this.id });
  }

  private reasonsFor(instance: Instance, forced: boolean): readonly Reason[] {
    const name = instance.definition.name;
    if (forced)
      return [{ kind: "forced", name, text: instance.definition.cache ? "asked to run again" : "keeps no result" }];
    return this.rows.get(instance.id)?.reasons.filter((reason) => reason.kind !== "waiting") ?? [];
  }
}
