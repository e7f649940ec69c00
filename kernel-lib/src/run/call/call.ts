/** One call of a stage's function in this thread: with its context, under its own activity, until it returns or is cancelled. */
import { linkedToken, type CancelToken, type LinkedToken } from "../../async/cancel-token";
import { isThenable, type MaybePromise } from "../../async/maybe-promise";
import { observing, unobserved } from "../../observe";
import { StagebookError } from "../../protocol";
import type { EachPlan } from "../../stage/definition";
import type { StageContext } from "../../stage/public/context";
import { readItems, reviver, storeItems } from "../../store/codecs/items";
import { v8Codec } from "../../store/codecs/v8-codec";
import type { BlobRef } from "../../store/store";
import type { Checkpoints } from "../checkpoints/checkpoints";
import { encodeState, noCheckpoint, type KeptReads } from "../checkpoints/kept-state";
import type { EngineContext } from "../engine-context";
import { FileOutputs } from "../external/file-outputs";
import { findActivity, withinActivity, type Activity, type StageActivity } from "../state/activity";
import type { Instance } from "../state/instances";
import type { OpenStream } from "../streams/open-stream";
import { BegunItems, chained, itemsOf } from "../streams/streams";
import type { ExecutionContext, Returned } from "./call-parts";
import { itemCall, runEach, type EachInputs } from "./each-call";
import { encodeOutput, SpooledItems } from "./encode-output";
import { rememberItems } from "./item-results";
import { CallRandom } from "./random";
import { shareItems } from "./shared-each";
import { createStageActivity, findPrevious, linesOf } from "./stage-activity";
import { createStageContext, type ContextParts } from "./stage-context";
import { loggedOf, type StageLines } from "./log/stage-lines";
import { waitFor, type SyncTask } from "./sync-task";

/** Calls the function. Throws what it throws, `not-keyable` or `not-storable` for its value, and the reason when cancelled. */
export function* callFunction(
  engine: EngineContext,
  instance: Instance,
  inputs: unknown,
  execution: ExecutionContext,
): SyncTask<Returned> {
  const { name: stage, cell } = instance.definition;
  const scratch = yield* waitFor(engine.scratch.folder());
  const files = new FileOutputs(stage, engine.store, scratch);
  const call = new FunctionCall(engine, instance, inputs, execution, files);
  const startedAt = engine.clock.now();
  let returned: unknown;
  try {
    returned = yield* waitFor(untilCancelled(call, execution.cancelToken));
  } catch (error) {
    call.fail(error);
    throw error;
  } finally {
    call.end();
  }
  engine.instances.endEpoch();
  const ownMs = engine.clock.now() - startedAt;
  const durationMs = returned instanceof SpooledItems ? (returned.durationMs ?? ownMs) : ownMs;
  const warn = (message: string): void => engine.log("warn", message, { stage, cell, run: execution.runId });
  const encoded = yield* waitFor(encodeOutput(instance.definition, returned, { files, warn }));
  return { encoded, durationMs, unplanned: call.unplanned };
}

class FunctionCall implements ContextParts {
  readonly lines: StageLines;
  /** What the function read that its code does not show. */
  readonly unplanned = new Set<string>();
  private readonly activity: Activity & { readonly stage: StageActivity };
  /** Of an `each`: cancelled also when the stage has ended, so that items in flight stop when another one fails. */
  private readonly items: LinkedToken | undefined;
  private stream: OpenStream | undefined;
  private readonly numbers = new CallRandom(() => this.execution.seed);

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly inputs: unknown,
    private readonly execution: ExecutionContext,
    private readonly files: FileOutputs,
  ) {
    const { definition } = instance;
    this.lines = linesOf(engine, instance, execution.runId, loggedOf(definition.logged, this.namedInputs));
    this.items = definition.each && linkedToken(execution.cancelToken);
    const stage = createStageActivity(engine, instance, execution, this.lines, this.unplanned);
    const outer = findActivity();
    this.activity = { ...outer, cell: definition.cell ?? outer.cell, source: execution.source, stage };
  }

  /** `failed`: see `untilCancelled`. */
  call(failed: (error: unknown) => void): MaybePromise<unknown> {
    const { each, fn, takesInputs } = this.instance.definition;
    const { recorder } = this.execution;
    // The items of an `each` share one sequence, in an order that depends on time.
    if (this.instance.definition.seed !== undefined && !each) recorder.random = this.numbers.ofMath;
    return withinActivity(this.activity, () =>
      observing(recorder, () => {
        const context = createStageContext(this);
        const returned = each
          ? this.callEach(each, context, failed)
          : takesInputs
            ? fn(this.inputs, context)
            : fn(context);
        // Within the activity, because the code of a generator runs while it is read.
        return isPlainValue(returned) ? returned : this.readAll(returned, context);
      }),
    );
  }

  /** Fails the stream's readers immediately, also when the function is abandoned while it waits for one of them. */
  fail(error: unknown): void {
    this.stream?.fail(error);
  }

  end(): void {
    this.items?.unlink();
    this.items?.token.cancel(stageEnded(this.instance.definition.name));
  }

  signal(): AbortSignal {
    return this.cancelToken.signal;
  }

  get random(): () => number {
    return this.numbers.ofContext;
  }

  previous(): Promise<unknown> {
    return findPrevious(this.engine, this.instance);
  }

  fileOut(name: string): string {
    return this.files.pathOf(name);
  }

  async checkpoint(state: unknown): Promise<void> {
    const kept = { bytes: encodeState(state), ...this.kept() };
    await unobserved(async () => this.checkpoints?.keep(kept));
  }

  async restored(): Promise<unknown> {
    const kept = await unobserved(async () => this.checkpoints?.restore());
    if (!kept) return undefined;
    this.execution.recorder.add(kept.reads, kept.volatile);
    this.numbers.goOn(kept.random);
    return v8Codec.decode(kept.bytes);
  }

  async resumeFrom(): Promise<number> {
    const found = await unobserved(async () => this.checkpoints?.resume());
    if (found) this.numbers.goOn(found.random);
    return found?.items ?? 0;
  }

  report(progress: { readonly done: number; readonly total?: number }): void {
    this.execution.report(progress);
  }

  private kept(): KeptReads {
    const { recorder } = this.execution;
    return { reads: recorder.reads(), volatile: recorder.volatile(), random: this.numbers.states() };
  }

  /** Throws `checkpoint-each`. */
  private get checkpoints(): Checkpoints | undefined {
    const { name, each } = this.instance.definition;
    if (each) throw noCheckpoint(name);
    return this.execution.checkpoints;
  }

  private get cancelToken(): CancelToken {
    return this.items?.token ?? this.execution.cancelToken;
  }

  /** The inputs as the stage names them; for an `each` without the source. */
  private get namedInputs(): unknown {
    return this.instance.definition.each ? (this.inputs as { readonly inputs?: unknown }).inputs : this.inputs;
  }

  private async callEach(
    plan: EachPlan,
    context: StageContext,
    failed: (error: unknown) => void,
  ): Promise<AsyncIterable<unknown> | SpooledItems> {
    const { engine, instance, execution, activity, cancelToken } = this;
    const remember = plan.cacheItems ? await rememberItems(engine, instance, execution) : undefined;
    const options = { activity, cancelToken, inputs: this.namedInputs };
    const caller = plan.inThreads ? await execution.createItemCaller(options) : undefined;
    const limit = caller && (() => caller.limit());
    const ports = { seed: execution.seed, signal: context.signal, failed, remember, caller, limit };
    const inputs = this.inputs as EachInputs;
    const definition = { ...instance.definition, each: plan };
    const key = execution.sharedKey;
    if (!key) return runEach(definition, inputs, context, ports);
    const call = itemCall(definition, inputs.inputs, context, ports);
    return shareItems(
      engine,
      instance,
      { plan, key, execution },
      {
        source: inputs.source,
        call: remember ? (item, index) => remember(item, () => call(item, index)) : call,
        signal: context.signal,
        failed,
        limit,
        progress: (done, total) => context.progress(done, total),
        unplanned: this.unplanned,
      },
    );
  }

  /** The value; a stream is read to its end. */
  private async readAll(returned: unknown, context: StageContext): Promise<unknown> {
    const value = await returned;
    const items = itemsOf(value);
    return items ? this.spool(items, context) : value;
  }

  /** Puts the items into the store as they come; other stages may read them meanwhile. */
  private async spool(items: AsyncIterable<unknown>, context: StageContext): Promise<SpooledItems> {
    const { codec } = this.instance.definition;
    const stream = this.execution.beginStream(reviver(codec));
    this.stream = stream;
    const { checkpoints } = this.execution;
    const all = checkpoints ? await this.afterKept(items, checkpoints) : items;
    const stored = await storeItems(all, codec, {
      put: (blob) => this.engine.store.putBlob(blob),
      signal: this.execution.cancelToken.signal,
      count: (done) => context.progress(done),
      offer: (item) => stream?.offer(item),
      kept: (chunk, size) => {
        stream?.kept(chunk, size);
        return checkpoints?.keepChunk(chunk, size, () => this.kept());
      },
      isDue: checkpoints && (() => checkpoints.isDue),
    });
    stream?.finish();
    return new SpooledItems(stored);
  }

  /** The items, after those that an earlier execution has stored, if the function has asked for them until its first item. */
  private async afterKept(items: AsyncIterable<unknown>, checkpoints: Checkpoints): Promise<AsyncIterable<unknown>> {
    const { codec } = this.instance.definition;
    const begun = await BegunItems.of(items);
    const found = await checkpoints.begin();
    if (!found) return begun;
    const read = (blob: BlobRef): Promise<Uint8Array | undefined> => this.engine.store.readBlob(blob);
    return chained(readItems(found.blobs, codec, read), begun);
  }
}

/** Neither a promise, of whatever library, nor a stream. */
function isPlainValue(returned: unknown): boolean {
  return !isThenable(returned) && itemsOf(returned) === undefined;
}

function stageEnded(stage: string): StagebookError {
  return new StagebookError("ended", `stage "${stage}" has ended`, "Results of its remaining items are dropped.", {
    stage,
  });
}

/**
 * The value of the call. Throws or rejects immediately when it is cancelled, because a function that ignores the signal is abandoned,
 * and with what the call reports by `failed`: it may itself be waiting for a reader to take an item. `failed` must not be called
 * synchronously.
 */
function untilCancelled(
  work: { call(failed: (error: unknown) => void): MaybePromise<unknown> },
  cancelToken: CancelToken,
): MaybePromise<unknown> {
  cancelToken.throwIfCancelled();
  let fail: ((error: unknown) => void) | undefined;
  const pending = work.call((error) => fail?.(error));
  if (!(pending instanceof Promise)) {
    cancelToken.throwIfCancelled();
    return pending;
  }
  const { signal } = cancelToken;
  return new Promise((resolve, reject) => {
    fail = reject;
    const onAbort = (): void => reject(signal.reason as Error);
    const unlistened =
      <A>(settle: (value: A) => void) =>
      (value: A): void => {
        signal.removeEventListener("abort", onAbort);
        settle(value);
      };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    pending.then(unlistened(resolve), unlistened(reject));
  });
}
