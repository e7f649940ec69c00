/**
 * The execution of one stage in one run. `execute` has the steps in their order:
 *
 *   wait for inputs → compute the key → look up a stored result → claim the key → call the function → store → report
 *
 * The key is computed in `upstream-results.ts` and claimed in `stage-claim.ts`; the value is stored in `../call/store-result.ts`.
 * `Run` creates it and decides when; what the execution may request from its run is a `RunContext`. An identical execution in flight in this
 * kernel is shared, and one in another kernel is waited for. Every failure becomes an outcome.
 */
import type { CancelToken } from "../../async/cancel-token";
import type { Permit } from "../../async/semaphore";
import type { KnownKey } from "../../key/key";
import { askedToRun, resultGone, storesNoResult } from "../../key/reasons";
import type { ReadRecorder } from "../../observe";
import { isError, type Digest, type Reason } from "../../protocol";
import type { Claim, Entry } from "../../store/store";
import { Checkpoints } from "../checkpoints/checkpoints";
import { callFunction } from "../call/call";
import type { ExecutionResult, Returned } from "../call/call-parts";
import { fillInputs } from "../call/inputs";
import { createRecorder, undeclaredReads } from "../call/observed-reads";
import { storeResult } from "../call/store-result";
import { runTask, waitFor, type SyncTask } from "../call/sync-task";
import type { EngineContext } from "../engine-context";
import { changesSince } from "../plan/classify";
import type { Found } from "../plan/observed-results";
import type { SharedExecution } from "../state/in-flight";
import type { Instance } from "../state/instances";
import type { Outcome } from "../state/outcome";
import { OpenStream, UnreadError } from "../streams/open-stream";
import { callFunctionInThread, checkInputs } from "../threads/kernel/worker-call";
import { withRetries } from "./attempts";
import type { PlannedStage, RunContext } from "./run-context";
import { StageClaim } from "./stage-claim";
import { StageCall } from "./stage-call";
import { UpstreamResults, UpstreamStopped } from "./upstream-results";

/** What is known before the key is claimed, and does not change until the stage has ended. */
interface Work {
  readonly upstream: UpstreamResults;
  /** The key of the declared inputs: what else the function reads is known only when it has ended. */
  readonly key: KnownKey;
  readonly recorder: ReadRecorder;
  /** What one kernel at a time works on: the key, or, while streams are read, a key that does not depend on their end. */
  readonly claimKey: Digest;
  readonly reasons: readonly Reason[];
  /** The function is called although a result is stored. */
  readonly ignoresStored: boolean;
  readonly cancelToken: CancelToken;
}

export class StageExecution {
  private readonly planned: PlannedStage;
  private readonly claim: StageClaim;

  /** `admission`: a permit to prepare the stage, if the run has acquired it already. It is released here. */
  constructor(
    private readonly engine: EngineContext,
    private readonly run: RunContext,
    private readonly instance: Instance,
    private admission?: Permit,
  ) {
    this.planned = run.planned(instance);
    this.claim = new StageClaim(engine, run, instance, () => this.releaseAdmission());
  }

  /** Brings the stage to its outcome. Never throws. */
  *execute(): SyncTask<Outcome> {
    try {
      const upstream = yield* this.waitForInputs();
      if (upstream instanceof UpstreamStopped) return this.blockedBy(upstream);
      this.admission ??= yield* waitFor(this.run.admit(this.instance, upstream.readsOpenStreams));
      const key = yield* waitFor(upstream.key());
      const isForced = this.run.takeForced(this.instance);
      // While an upstream stream is open, the key is provisional: no result is stored under it.
      const { entry } = isForced || upstream.readsOpenStreams ? nothingFound : yield* this.lookUp(key);
      const isValueMissing = entry !== undefined && this.engine.results.isGone(entry.key);
      // A missing value is recomputed only if the plan says that it will be read.
      if (entry && !(isValueMissing && this.planned.row?.action === "run")) return yield* this.reuse(entry);
      const reasons = yield* this.reasons(isForced, key);
      const claimKey = yield* waitFor(upstream.claimKey(key));
      return yield* this.callOrShare(
        this.work({ upstream, key, claimKey, reasons, ignoresStored: isForced || isValueMissing }),
      );
    } catch (error) {
      return this.failed(undefined, error, this.engine.clock.now());
    } finally {
      this.releaseAdmission();
    }
  }

  // Wait for inputs.

  /** Until each upstream stage has ended or, for a stage that is certain to run, has begun a stream; and the duplicate, if any, has ended. */
  private *waitForInputs(): SyncTask<UpstreamResults | UpstreamStopped> {
    const all = this.upstream();
    // It has to wait after all, and those that it waits for may need the permit.
    if (this.admission && !this.run.isReady(this.instance, all)) this.releaseAdmission();
    const { row, duplicateOf } = this.planned;
    const { worker, each } = this.instance.definition;
    // What other processes share is known to all of them.
    const mayReadOpenStreams = row?.action === "run" && !worker && each?.rangeMs === undefined;
    const open = new Map<string, OpenStream>();
    // All of them begin before the first one is waited for.
    const pending = all.map((producer) => {
      const outcome = this.run.outcomeOf(producer);
      const first =
        mayReadOpenStreams && outcome instanceof Promise
          ? Promise.race([outcome, this.run.openStreams.begun(producer.id)])
          : outcome;
      return { producer, first };
    });
    let stopped: UpstreamStopped | undefined;
    for (const { producer, first } of pending) {
      const result = yield* waitFor(first);
      if (result instanceof OpenStream) open.set(producer.id, result);
      else if (result.kind !== "succeeded") stopped ??= new UpstreamStopped(producer, result);
    }
    if (stopped) return stopped;
    if (duplicateOf) yield* waitFor(this.run.outcomeOf(duplicateOf));
    return new UpstreamResults(this.engine, this.run, this.instance, all, open);
  }

  private upstream(): readonly Instance[] {
    return this.engine.instances.needs(this.instance);
  }

  private blockedBy({ outcome, producer }: UpstreamStopped): Outcome {
    return this.run.reporter.blocked(this.instance, outcome.kind === "blocked" ? outcome.by : producer.definition.name);
  }

  /** Lets the run prepare another stage. */
  private releaseAdmission(): void {
    this.admission?.release();
    this.admission = undefined;
  }

  // Look up a stored result.

  private lookUp(key: KnownKey): SyncTask<Pick<Found, "entry">> {
    return waitFor(this.engine.observed.find(this.instance, key));
  }

  private *reuse(entry: Entry): SyncTask<Outcome> {
    const { engine, run, instance } = this;
    const { row, duplicateOf } = this.planned;
    yield* waitFor(engine.results.makeLatest(instance, entry));
    engine.outcomes.clear(instance);
    const report = (): void => {
      if (duplicateOf) run.reporter.shared(instance, entry, duplicateOf.definition.name);
      else run.reporter.reused(instance, entry, row?.action === "maybe");
    };
    // If a later stage needs the missing value, this one is reported as running instead.
    if (engine.results.isGone(entry.key)) run.reportAtEnd(instance, report);
    else report();
    return { kind: "succeeded", entry };
  }

  // Describe the work: why the function is called, and what cancels it.

  private *reasons(isForced: boolean, key: KnownKey): SyncTask<readonly Reason[]> {
    const { name, cache } = this.instance.definition;
    if (isForced) return [cache ? askedToRun(name) : storesNoResult(name)];
    const planned = this.planned.row?.reasons.filter((reason) => reason.kind !== "waiting") ?? [];
    if (planned.length > 0) return planned;
    // When it was planned, what its upstream stages would return was unknown.
    const latest = yield* waitFor(this.engine.results.latestToCompare(this.instance));
    return latest ? changesSince(latest, key) : [];
  }

  private work({ upstream, key, claimKey, reasons, ignoresStored }: Omit<Work, "cancelToken" | "recorder">): Work {
    const cancelToken = this.run.cancelTokenFor(this.instance);
    return { upstream, key, recorder: createRecorder(this.engine), claimKey, reasons, ignoresStored, cancelToken };
  }

  // Claim the key: in this kernel, and among the kernels that share the store.

  /** Shares an execution of the same key that is in flight in this kernel, or is the one that others share. */
  private *callOrShare(work: Work): SyncTask<Outcome> {
    const { inFlight } = this.engine;
    const { claimKey, key } = work;
    const by = this.run.id;
    const other = inFlight.find(claimKey, this.run) ?? inFlight.find(key.key, this.run);
    if (other) return yield* this.share(work, other);
    const stage = this.instance.definition.name;
    const outcome = runTask(this.claimAndCall(work));
    if (!(outcome instanceof Promise)) {
      inFlight.done(key.key, stage, outcome, { by, atOnce: true });
      return outcome;
    }
    const shared = { stage, outcome };
    for (const id of [claimKey, key.key]) inFlight.begin(id, shared);
    try {
      const ended = yield* waitFor(outcome);
      inFlight.done(key.key, stage, ended, { by, atOnce: false });
      return ended;
    } finally {
      for (const id of [claimKey, key.key]) inFlight.end(id, shared);
    }
  }

  private *share(work: Work, other: SharedExecution): SyncTask<Outcome> {
    const { engine, run, instance } = this;
    this.releaseAdmission();
    const outcome = yield* waitFor(other.outcome);
    if (run.signal.aborted) return run.reporter.cancelled(instance, work.key.key, 0);
    // It was cancelled by its own caller, not by ours: the work is still to be done.
    if (outcome.kind === "cancelled") return yield* this.callOrShare(work);
    if (outcome.kind === "failed") {
      // What the other execution had read is part of the key of its failure.
      const { key } = yield* waitFor(engine.observed.find(instance, work.key));
      return this.failed(key.key, outcome.error.cause ?? outcome.error, engine.clock.now());
    }
    if (outcome.kind === "succeeded") {
      yield* waitFor(engine.results.makeLatest(instance, outcome.entry));
      run.reporter.shared(instance, outcome.entry, other.stage);
    }
    return outcome;
  }

  /** Never throws. */
  private *claimAndCall(work: Work): SyncTask<Outcome> {
    const startedAt = this.engine.clock.now();
    const endWatch = this.claim.watchStop(work.key);
    try {
      const needsClaim = this.claim.isNeeded && !this.claim.isShared(work);
      const flight = needsClaim ? yield* waitFor(this.claim.acquire(work)) : undefined;
      if (flight && "entry" in flight) return yield* this.reuse(flight.entry);
      const outcome = yield* this.call(work, flight?.claim);
      // An upstream value had to be recomputed and came out different: start over, with the key that follows from it. This
      // ends once no upstream value changes while the inputs are loaded.
      return outcome === "key changed" ? yield* this.execute() : outcome;
    } catch (error) {
      if (this.run.signal.aborted) return yield* this.cancelled(work, startedAt);
      return this.failed(work.key.key, error, startedAt);
    } finally {
      endWatch();
      this.claim.release();
      this.engine.requestPlan();
    }
  }

  // Call the function, store its value, report.

  private *call(work: Work, claim: Claim | undefined): SyncTask<Outcome | "key changed"> {
    const { engine, run, instance } = this;
    const { upstream, key, recorder, cancelToken } = work;
    let permit: Permit | undefined;
    const startedAt = engine.clock.now();
    try {
      permit = yield* waitFor(run.permits.acquire(cancelToken, this.planned.priority));
      this.claim.release();
      this.releaseAdmission();
      const isShared = this.claim.isShared(work);
      const checkpoints = this.checkpoints(work);
      const call = new StageCall(
        engine,
        { run, instance, upstream, key, recorder, permit, claim, isShared, checkpoints },
        cancelToken,
      );
      upstream.whenStopped(() => cancelToken.cancel(new Error("an upstream stage has failed")));
      const inputs = yield* this.loadInputs(call);
      // Also while it waited for its permit, when another stage loaded the same input.
      if (upstream.haveChanged) return "key changed";
      if (instance.definition.partOf === undefined) run.countExecution();
      run.reporter.running(instance, work.reasons);
      const retries = engine.runOverrides.retriesOf(instance.definition);
      const { name, timeoutMs } = instance.definition;
      const result = yield* withRetries({ name, timeoutMs, retries }, cancelToken, (token, attempt, failure) =>
        attempt === 1
          ? this.callAndStore(work, call.under(token), inputs)
          : this.retry(work, call.again(token), attempt, failure),
      );
      return run.reporter.succeeded(instance, result);
    } catch (error) {
      return yield* this.outcomeOfError(work, error, startedAt);
    } finally {
      permit?.release();
      if (claim) yield* waitFor(claim.release());
    }
  }

  /** For a worker thread, which reads its inputs itself, this ensures that they are in the store. */
  private loadInputs(call: StageCall): SyncTask<unknown> {
    const { engine, instance } = this;
    return instance.definition.worker
      ? waitFor(checkInputs(engine, instance, call))
      : fillInputs(engine, instance, call);
  }

  private *callAndStore(work: Work, call: StageCall, inputs: unknown): SyncTask<ExecutionResult> {
    const { engine, instance } = this;
    const returned = instance.definition.worker
      ? yield* waitFor(callFunctionInThread(engine, instance, call, this.planned.priority))
      : yield* callFunction(engine, instance, inputs, call);
    if (this.claim.isShared(work)) return yield* this.storeShared(work, call, returned);
    const result = yield* storeResult(engine, instance, work.key, returned, call);
    if (result.stored && call.checkpoints?.isUsed) yield* waitFor(call.checkpoints.end());
    return result;
  }

  /** What its function may keep while it runs: not while its key may change, nor where nobody would find it. */
  private checkpoints({ key, upstream, recorder, ignoresStored }: Work): Checkpoints | undefined {
    const { engine, run, instance } = this;
    if (!this.claim.isNeeded || upstream.readsOpenStreams || instance.definition.each) return undefined;
    return new Checkpoints(engine, instance, {
      key,
      run: run.id,
      recorder,
      mayRestore: !ignoresStored,
      used: new Set(),
    });
  }

  /** All processes that took part have the same result: one of them stores it. */
  private *storeShared(work: Work, call: StageCall, returned: Returned): SyncTask<ExecutionResult> {
    const flight = yield* waitFor(this.claim.acquireToStore(work));
    if ("entry" in flight) {
      yield* waitFor(this.engine.results.makeLatest(this.instance, flight.entry));
      return { entry: flight.entry, stored: true };
    }
    try {
      return yield* storeResult(this.engine, this.instance, work.key, returned, call);
    } finally {
      yield* waitFor(flight.claim.release());
    }
  }

  /** Each attempt gets fresh copies of the inputs. */
  private *retry(work: Work, call: StageCall, attempt: number, failure: unknown): SyncTask<ExecutionResult> {
    this.run.reporter.retrying(this.instance, failure, attempt);
    return yield* this.callAndStore(work, call, yield* this.loadInputs(call));
  }

  private *outcomeOfError(work: Work, error: unknown, startedAt: number): SyncTask<Outcome> {
    const { run, instance } = this;
    if (run.signal.aborted) return yield* this.cancelled(work, startedAt);
    if (work.cancelToken.reason instanceof UnreadError)
      return run.reporter.unread(instance, work.key.key, this.engine.clock.now() - startedAt);
    const stopped =
      isError(error) && error instanceof UpstreamStopped ? error : yield* waitFor(work.upstream.stoppedBy());
    if (stopped) return run.reporter.blocked(instance, stopped.producer.definition.name);
    return this.failed(yield* this.keyWithReads(work), error, startedAt);
  }

  /** The key of a failure: what the function had read until it failed counts, so that the stage is retried when that changes. */
  private *keyWithReads({ key, recorder }: Work): SyncTask<Digest> {
    const { engine, instance, run } = this;
    const reads = undeclaredReads(engine, instance, key, recorder);
    if (reads.length === 0) return key.key;
    const made = { run: run.id, made: engine.versions, at: engine.clock.now() };
    yield* waitFor(engine.observed.remember(instance, key, reads, made));
    return (yield* waitFor(engine.observed.extend(key, reads))).key;
  }

  /** The workers that help with the stage end too. */
  private *cancelled(work: Work, startedAt: number): SyncTask<Outcome> {
    yield* waitFor(this.claim.stopWorkers(work));
    return this.run.reporter.cancelled(this.instance, work.key.key, this.engine.clock.now() - startedAt);
  }

  /** `key`: undefined when it failed before its key was known. */
  private failed(key: Digest | undefined, error: unknown, startedAt: number): Outcome {
    return this.run.reporter.failed(this.instance, key, error, startedAt);
  }

  // Recompute a value that turned out to be missing.

  /** Calls the function once more, because the stored value turned out to be missing. Never throws. */
  *recompute(): SyncTask<Outcome> {
    try {
      const upstream = new UpstreamResults(this.engine, this.run, this.instance, this.upstream());
      const key = yield* waitFor(upstream.key());
      this.engine.inFlight.forget(key.key);
      const { name } = this.instance.definition;
      const claimKey = yield* waitFor(upstream.claimKey(key));
      return yield* this.callOrShare(
        this.work({ upstream, key, claimKey, reasons: [resultGone(name)], ignoresStored: true }),
      );
    } catch (error) {
      return this.failed(undefined, error, this.engine.clock.now());
    }
  }
}

const nothingFound = { entry: undefined };
