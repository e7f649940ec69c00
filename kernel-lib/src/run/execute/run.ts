/**
 * One run: the scheduler of its stages. It plans the targets and their upstream stages, begins the executions in order of priority,
 * limits how many are prepared and executed in parallel, and collects the outcomes. How a stage is executed: `stage-execution.ts`.
 */
import { CancelToken } from "../../async/cancel-token";
import { EventLoopBreaks } from "../../async/event-loop";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { Semaphore, type Permit } from "../../async/semaphore";
import { cycleError } from "../../graph/graph";
import type { RunId, RunSource } from "../../protocol";
import { messageOf, mustGet, StagebookError } from "../../protocol";
import type { Entry } from "../../store/store";
import { runTask, type SyncTask } from "../call/sync-task";
import type { EngineContext } from "../engine-context";
import { ExternalInputs } from "../external/external-inputs";
import type { Assessment } from "../plan/classify";
import type { Instance } from "../state/instances";
import { errorOf, type Outcome } from "../state/outcome";
import { UnreadError } from "../streams/open-stream";
import { OpenStreams, Readers } from "../streams/open-streams";
import type { PlannedStage, RunContext } from "./run-context";
import { RunReporter } from "./run-reporter";
import { scheduleOf, type ScheduledStage } from "./schedule";
import { StageExecution } from "./stage-execution";
import { UpstreamResults } from "./upstream-results";

export interface RunRequest {
  readonly id: RunId;
  /** When it began, as `InFlight` counts. */
  readonly since: number;
  readonly targets: readonly Instance[];
  readonly source: RunSource;
  /** The targets run although they are fresh. */
  readonly force: boolean;
  /** The caller will read the targets' values: missing ones are recomputed. */
  readonly wantsValues: boolean;
  /** One permit for each call of a stage's function. */
  readonly permits: Semaphore;
  readonly signal: AbortSignal;
}

/**
 * How many stages are prepared at once, or twice `jobs` if that is more: they are between the end of their upstream stages and a
 * permit, or a stored result. Each holds memory and a claim meanwhile, so not all of thousands; but enough that cache hits are found
 * while functions run.
 */
const PREPARED_STAGES = 100;
/** Maximum depth of executions that begin within the beginning of others, in one call stack. */
const MAX_DEPTH = 50;

const notPlanned: PlannedStage = { priority: 0 };

export class Run implements RunContext {
  readonly id: RunId;
  readonly since: number;
  readonly source: RunSource;
  readonly signal: AbortSignal;
  readonly permits: Semaphore;
  readonly claims: Semaphore;
  readonly externalInputs: ExternalInputs;
  readonly openStreams = new OpenStreams();
  readonly reporter: RunReporter;
  /** How often a stage's function was called; a retry does not count. */
  executed = 0;
  /** Names of the parameters that its stages read. Undefined until the plan exists. */
  params: ReadonlySet<string> | undefined;
  private stages: ReadonlyMap<string, PlannedStage> = new Map();
  private readonly targetIds: ReadonlySet<string>;
  private readonly readers = new Readers();
  private readonly admissions: Semaphore;
  private readonly breaks = new EventLoopBreaks();
  private readonly cancelTokens = new Map<string, CancelToken>();
  /** A promise while the stage is in progress, also when its value is recomputed. */
  private readonly outcomes = new Map<string, MaybePromise<Outcome>>();
  private readonly latestOutcomes = new Map<string, Outcome>();
  private readonly reads = new Set<Promise<unknown>>();
  private readonly reports = new Map<string, () => void>();
  private depth = 0;

  constructor(
    private readonly engine: EngineContext,
    private readonly request: RunRequest,
  ) {
    ({ id: this.id, since: this.since, source: this.source, signal: this.signal, permits: this.permits } = request);
    this.externalInputs = new ExternalInputs(engine.files);
    this.reporter = new RunReporter(engine, request.id);
    this.claims = new Semaphore(2 * request.permits.count);
    this.admissions = new Semaphore(Math.max(PREPARED_STAGES, 2 * request.permits.count));
    this.targetIds = new Set(request.targets.map((target) => target.id));
    this.signal.addEventListener("abort", () => {
      for (const token of this.cancelTokens.values()) token.cancel(this.signal.reason);
    });
  }

  get targets(): readonly Instance[] {
    return this.request.targets;
  }

  /** Executes what is stale. Throws `cycle` before anything runs; after that every failure is an outcome. */
  async execute(): Promise<ReadonlyMap<string, Outcome>> {
    const stages = await this.plan();
    try {
      await this.beginAll(stages);
      await this.allEnded();
      return new Map(stages.map(({ instance: { id } }) => [id, mustGet(this.latestOutcomes, id)]));
    } finally {
      for (const report of this.reports.values()) report();
      await Promise.all([this.closeResources(), this.engine.results.latestWritten()]);
    }
  }

  /** The stages in an order in which they can run. */
  private async plan(): Promise<readonly ScheduledStage[]> {
    const { targets, wantsValues } = this.request;
    const plan = await this.engine.planner.plan(targets, { isAsked: true, wantsValues });
    this.engine.showInputs(plan.assessed);
    if (plan.graph.stuck.size > 0) throw cycleError(plan.graph);
    const { stages, planned, fresh, params } = scheduleOf(plan, this.engine.instances);
    this.stages = planned;
    this.params = params;
    for (const { instance, assessment } of stages) this.readers.add(instance.id, assessment.needs);
    this.reporter.planned(stages.map(({ assessment }) => assessment));
    await this.endFresh(fresh);
    return stages;
  }

  /** Results that the plan has found need no execution, which would only look them up again. `found`: upstream first. */
  private async endFresh(found: readonly Assessment[]): Promise<void> {
    const ended: Assessment[] = [];
    for (const assessment of found) {
      const { instance, needs, entry } = assessment;
      const hasCurrentInputs = needs.every((id) => this.latestOutcomes.has(id));
      if (!entry || !hasCurrentInputs || this.engine.results.isGone(entry.key) || this.mayBeForced(instance)) continue;
      const isLatest = this.engine.results.makeLatest(instance, entry);
      if (isLatest instanceof Promise) await isLatest;
      this.engine.outcomes.clear(instance);
      this.stopReading(instance);
      this.setOutcome(instance, { kind: "succeeded", entry });
      ended.push(assessment);
    }
    this.reporter.foundFresh(ended);
  }

  private async beginAll(stages: readonly ScheduledStage[]): Promise<void> {
    const priority = ({ instance }: ScheduledStage): number => this.planned(instance).priority;
    const open = stages.filter(({ instance }) => !this.latestOutcomes.has(instance.id));
    for (const { instance, upstream } of open.sort((a, b) => priority(b) - priority(a))) {
      // A stage that waits for no other is admitted before it begins: thousands that wait for one would each hold memory.
      const admitted = this.isReady(instance, upstream) ? this.admit(instance, false) : undefined;
      void this.outcomeOf(instance, admitted instanceof Promise ? await admitted : admitted);
    }
  }

  planned(instance: Instance): PlannedStage {
    return this.stages.get(instance.id) ?? notPlanned;
  }

  isReady(instance: Instance, upstream: readonly Instance[]): boolean {
    const { duplicateOf } = this.planned(instance);
    return upstream.every(({ id }) => this.hasEnded(id)) && (!duplicateOf || this.hasEnded(duplicateOf.id));
  }

  admit(instance: Instance, isStreaming: boolean): MaybePromise<Permit> {
    return mapMaybe(this.admissions.acquire(undefined, this.planned(instance).priority), (permit) =>
      isStreaming ? permit : mapMaybe(this.breaks.whenDue(), () => permit),
    );
  }

  takeForced(instance: Instance): boolean {
    const { name, partOf } = instance.definition;
    return (partOf === undefined && this.engine.takeForced(name)) || this.isForcedTarget(instance);
  }

  private mayBeForced(instance: Instance): boolean {
    return this.engine.runOverrides.isForced(instance.definition.name) || this.isForcedTarget(instance);
  }

  private isForcedTarget({ id, definition }: Instance): boolean {
    return this.targetIds.has(id) && (this.request.force || !definition.cache);
  }

  cancelTokenFor({ id }: Instance): CancelToken {
    const token = new CancelToken();
    if (this.signal.aborted) token.cancel(this.signal.reason);
    this.cancelTokens.set(id, token);
    return token;
  }

  countExecution(): void {
    this.executed++;
  }

  reportAtEnd({ id }: Instance, report: () => void): void {
    this.reports.set(id, report);
  }

  /** `admission`: a permit that was acquired for the stage. */
  outcomeOf(instance: Instance, admission?: Permit): MaybePromise<Outcome> {
    let outcome = this.outcomes.get(instance.id);
    if (outcome) admission?.release();
    else {
      outcome = this.begin(instance, admission);
      this.outcomes.set(instance.id, outcome);
    }
    return outcome;
  }

  latestOutcomeOf({ id }: Instance): Outcome | undefined {
    return this.latestOutcomes.get(id);
  }

  /** A stage that is not planned begins its upstream stages, those begin theirs, and so on: that must not exhaust the stack. */
  private begin(instance: Instance, admission: Permit | undefined): MaybePromise<Outcome> {
    if (this.depth >= MAX_DEPTH) return Promise.resolve().then(() => this.begin(instance, admission));
    this.depth++;
    try {
      return runTask(this.executeStage(instance, admission));
    } finally {
      this.depth--;
    }
  }

  private *executeStage(instance: Instance, admission: Permit | undefined): SyncTask<Outcome> {
    const outcome = yield* new StageExecution(this.engine, this, instance, admission).execute();
    this.stopReading(instance);
    this.cancelTokens.delete(instance.id);
    this.setOutcome(instance, outcome);
    return outcome;
  }

  private setOutcome({ id }: Instance, outcome: Outcome): void {
    this.latestOutcomes.set(id, outcome);
    this.outcomes.set(id, outcome);
  }

  /** And its value is not being recomputed. */
  private hasEnded(id: string): boolean {
    return this.latestOutcomes.has(id) && !(this.outcomes.get(id) instanceof Promise);
  }

  /** Includes stages that a function asked for without awaiting them, and values that are recomputed for them. */
  private async allEnded(): Promise<void> {
    for (;;) {
      const pending = [...this.outcomes.values(), ...this.reads].filter((each) => each instanceof Promise);
      if (pending.length === 0) return;
      await Promise.allSettled(pending);
    }
  }

  trackRead<T>(read: Promise<T>): Promise<T> {
    const untrack = (): void => void this.reads.delete(read);
    this.reads.add(read);
    read.then(untrack, untrack);
    return read;
  }

  /** A producer whose stream has no other reader is cancelled. */
  stopReading({ id }: Instance): void {
    for (const producer of this.readers.leave(id))
      if (!this.targetIds.has(producer) && this.openStreams.of(producer)?.isOpen === true)
        this.cancelTokens.get(producer)?.cancel(new UnreadError());
  }

  /** The upstream results of a stage, all of which have ended. */
  upstreamOf(instance: Instance): UpstreamResults {
    return new UpstreamResults(this.engine, this, instance, this.engine.instances.needs(instance));
  }

  /** Recomputes the value once when it turns out to be missing from the store, or invalid. */
  async valueOf(instance: Instance, reader?: Instance): Promise<unknown> {
    const stream = this.openStreams.of(instance.id);
    if (reader && stream?.isOpen === true) return stream.view(reader.id);
    const outcome = await this.outcomeOf(instance);
    if (outcome.kind !== "succeeded") throw errorOf(outcome, instance);
    const recompute = (): Promise<Entry | undefined> => this.engine.recompute(instance);
    const stored = await this.engine.results.load(outcome.entry, instance, recompute);
    if (stored) return stored.value;
    const recomputed = await this.recompute(instance, outcome);
    if (recomputed.kind !== "succeeded") throw errorOf(recomputed, instance);
    if (recomputed.loaded) return recomputed.loaded.value;
    // Another kernel executed it, or another thread.
    const loaded = await this.engine.results.load(recomputed.entry, instance);
    if (loaded) return loaded.value;
    throw new StagebookError(
      "value-lost",
      `stage "${instance.definition.name}" was recomputed, but its value could not be read back`,
      "Check whether another program deletes files in the store folder.",
      { stage: instance.definition.name },
    );
  }

  /** One more execution for all who need the value. A stage that has read it under another digest starts over. */
  private recompute(instance: Instance, lost: Outcome): Promise<Outcome> {
    const outcome = this.recomputeAfter(this.outcomes.get(instance.id), instance, lost);
    this.outcomes.set(instance.id, outcome);
    return outcome;
  }

  private async recomputeAfter(
    current: MaybePromise<Outcome> | undefined,
    instance: Instance,
    lost: Outcome,
  ): Promise<Outcome> {
    const latest = await current;
    // When another reader has found it missing too, it is recomputed already.
    const isRecomputed = latest !== undefined && latest !== lost;
    if (!isRecomputed) this.reports.delete(instance.id);
    const outcome = isRecomputed ? latest : await runTask(new StageExecution(this.engine, this, instance).recompute());
    this.setOutcome(instance, outcome);
    return outcome;
  }

  private async closeResources(): Promise<void> {
    for (const { name, error } of await this.externalInputs.close())
      this.engine.log("error", `resource ${name} could not be closed: ${messageOf(error)}`, { run: this.id });
  }
}
