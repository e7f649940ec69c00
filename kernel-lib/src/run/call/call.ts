/** One call of a stage's function in this thread: with its context, under its own activity, until it returns or is cancelled. */
import { linkedToken, type CancelToken, type LinkedToken } from "../../async/cancel-token";
import type { MaybePromise } from "../../async/maybe-promise";
import { observing } from "../../observe";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { EachPlan } from "../../stage/definition";
import type { StageContext } from "../../stage/public/context";
import { reviver, storeItems } from "../../store/codecs/items";
import type { EngineContext } from "../engine-context";
import { FileOutputs } from "../external/file-outputs";
import { findActivity, withinActivity, type Activity, type StageActivity } from "../state/activity";
import type { Instance } from "../state/instances";
import type { LiveStream } from "../streams/live-stream";
import { itemsOf } from "../streams/streams";
import type { ExecutionContext, Returned } from "./call-parts";
import { runEach } from "./each-call";
import { encodeOutput, SpooledItems } from "./encode-output";
import { rememberItems } from "./item-results";
import { createRandom } from "./random";
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
  const durationMs = engine.clock.now() - startedAt;
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
  private live: LiveStream | undefined;

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
    if (this.instance.definition.seed !== undefined && !each) recorder.random = createRandom(() => this.seed());
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
    this.live?.fail(error);
  }

  end(): void {
    this.items?.unlink();
    this.items?.token.cancel(stageEnded(this.instance.definition.name));
  }

  signal(): AbortSignal {
    return this.cancelToken.signal;
  }

  seed(): Digest {
    return this.execution.seed;
  }

  previous(): Promise<unknown> {
    return findPrevious(this.engine, this.instance);
  }

  fileOut(name: string): string {
    return this.files.pathOf(name);
  }

  report(progress: { readonly done: number; readonly total?: number }): void {
    this.execution.report(progress);
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
  ): Promise<AsyncIterable<unknown>> {
    const { engine, instance, execution, activity, cancelToken } = this;
    const remember = plan.cacheItems ? await rememberItems(engine, instance, execution) : undefined;
    const options = { activity, cancelToken, inputs: this.namedInputs };
    const callItem = plan.inThreads ? await execution.createItemCaller(options) : undefined;
    const ports = { seed: execution.seed, signal: context.signal, failed, remember, callItem };
    return runEach({ ...instance.definition, each: plan }, this.inputs, context, ports);
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
    const live = this.execution.beginStream(reviver(codec));
    this.live = live;
    const stored = await storeItems(items, codec, {
      put: (blob) => this.engine.store.putBlob(blob),
      signal: this.execution.cancelToken.signal,
      count: (done) => context.progress(done),
      offer: (item) => live?.offer(item),
      kept: (chunk, size) => live?.kept(chunk, size),
    });
    live?.finish();
    return new SpooledItems(stored);
  }
}

/** Neither a promise, of whatever library, nor a stream. */
function isPlainValue(returned: unknown): boolean {
  if ((typeof returned !== "object" && typeof returned !== "function") || returned === null) return true;
  return typeof (returned as { readonly then?: unknown }).then !== "function" && itemsOf(returned) === undefined;
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
