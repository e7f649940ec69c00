/** One call of a stage's function, as `call/` and `threads/` see it: what the call may request from the stage's execution and its run. */
import type { CancelToken } from "../../async/cancel-token";
import type { Permit } from "../../async/semaphore";
import type { KnownKey } from "../../key/key";
import { unobserved, type ReadRecorder } from "../../observe";
import type { Digest, RunId, RunSource } from "../../protocol";
import { StagebookError } from "../../protocol";
import { readChunk, type KeptItem } from "../../store/codecs/items";
import type { BlobRef, Claim, Entry } from "../../store/store";
import type { ItemCaller, ExecutionContext, FinalKey, ItemCallOptions } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { Checkpoints } from "../checkpoints/checkpoints";
import type { ExternalInputs } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { OpenStream } from "../streams/open-stream";
import { createItemCaller } from "../threads/kernel/items/worker-items";
import type { RunContext } from "./run-context";
import type { UpstreamResults } from "./upstream-results";

/** What the call belongs to, and what it holds while it runs. */
export interface CallOwner {
  readonly run: RunContext;
  readonly instance: Instance;
  readonly upstream: UpstreamResults;
  readonly key: KnownKey;
  /** What the function reads, in all attempts. */
  readonly recorder: ReadRecorder;
  readonly permit: Permit;
  /** Absent where the result is of use to this kernel only, or its items are shared with other processes. */
  readonly claim: Claim | undefined;
  /** The items are shared with other processes. */
  readonly isShared: boolean;
  readonly checkpoints: Checkpoints | undefined;
}

export class StageCall implements ExecutionContext {
  readonly runId: RunId;
  readonly source: RunSource;
  readonly externalInputs: ExternalInputs;

  constructor(
    private readonly engine: EngineContext,
    private readonly owner: CallOwner,
    readonly cancelToken: CancelToken,
    readonly checkpoints = owner.checkpoints,
  ) {
    ({ id: this.runId, source: this.source, externalInputs: this.externalInputs } = owner.run);
  }

  /** The same for the first attempt, which may have a cancel token of its own. */
  under(cancelToken: CancelToken): StageCall {
    return cancelToken === this.cancelToken ? this : new StageCall(this.engine, this.owner, cancelToken);
  }

  /** The same for a further attempt. */
  again(cancelToken: CancelToken): StageCall {
    return new StageCall(this.engine, this.owner, cancelToken, this.owner.checkpoints?.again());
  }

  get recorder(): ReadRecorder {
    return this.owner.recorder;
  }

  get seed(): Digest {
    return this.owner.upstream.seed(this.owner.key);
  }

  get sharedKey(): KnownKey | undefined {
    return this.owner.isShared ? this.owner.key : undefined;
  }

  upstreamOutputs(): ReadonlyMap<string, OutputDigest> {
    return this.owner.upstream.outputs();
  }

  upstreamEntries(): ReadonlyMap<string, Entry> {
    return this.owner.upstream.entries();
  }

  finalKey(): Promise<FinalKey | undefined> | FinalKey {
    const { upstream, key } = this.owner;
    return upstream.readsOpenStreams ? upstream.finalKey() : { key, upstreamParams: upstream.params() };
  }

  beginStream(revive: (kept: KeptItem) => unknown): OpenStream | undefined {
    const { run, instance, key } = this.owner;
    const { id, definition } = instance;
    // A retry begins a new stream, and a value that is validated may turn out invalid: no stage may read ahead of either.
    if (definition.retries > 0 || definition.validate !== undefined) return undefined;
    return run.openStreams.begin({
      producer: id,
      key: key.key,
      revive,
      readChunk: (chunk) => this.readChunk(chunk),
    });
  }

  report(progress: { readonly done: number; readonly total?: number }): void {
    this.owner.claim?.report(progress);
  }

  /** While the function waits for another stage, that stage may use its permit, and its own producers need not wait for it. */
  valueOf(upstream: Instance): Promise<unknown> {
    const { run, instance, permit } = this.owner;
    if (run.openStreams.of(upstream.id)?.isOpen !== true) run.openStreams.releaseProducers(instance.id);
    return unobserved(() => run.trackRead(permit.lend(() => run.valueOf(upstream, instance))));
  }

  createItemCaller(options: ItemCallOptions): Promise<ItemCaller> {
    return createItemCaller(this.engine, this.owner.instance, this, options);
  }

  private async readChunk(chunk: BlobRef): Promise<readonly KeptItem[]> {
    const items = await readChunk(chunk, (blob) => this.engine.store.readBlob(blob));
    if (items) return items;
    throw new StagebookError(
      "stream-lost",
      "a part of an open stream is missing from the store",
      "Check whether another program deletes files in the store folder, then run the stage again.",
    );
  }
}
