/** What one body is given by the run that it belongs to. */
import type { Digest, RunId, RunSource } from "../../protocol";
import { StagebookError } from "../../protocol";
import { readChunk, type KeptItem } from "../../store/codecs/items";
import type { BlobRef, Claim, Entry } from "../../store/store";
import type { ExecutionContext, FinalKey } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { ExternalInputs } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { LiveStream } from "../streams/live-stream";
import { seedOf } from "../call/seed";
import type { Permit } from "../../async/semaphore";
import type { CancelToken } from "../../async/cancel-token";
import type { ExecutionOrder, RunContext } from "./execution-order";

export class StageCall implements ExecutionContext {
  readonly run: RunId;
  readonly source: RunSource;
  readonly externalInputs: ExternalInputs;

  /** `held`: what the work holds while it runs. `stop`: of this attempt. */
  constructor(
    private readonly engine: EngineContext,
    private readonly owner: RunContext,
    private readonly order: ExecutionOrder,
    private readonly held: { readonly claim: Claim | undefined; readonly place: Permit },
    readonly stop: CancelToken,
  ) {
    ({ id: this.run, source: this.source, externalInputs: this.externalInputs } = owner);
  }

  /** The same for an attempt that is stopped earlier. */
  under(stop: CancelToken): StageCall {
    return stop === this.stop ? this : new StageCall(this.engine, this.owner, this.order, this.held, stop);
  }

  get seed(): Digest {
    const { instance, needs, key } = this.order;
    return seedOf(instance.definition, needs.haveStreams ? key.partial : key.key);
  }

  outputsNow(): ReadonlyMap<string, OutputDigest> {
    return this.order.needs.outputs();
  }

  entriesAbove(): ReadonlyMap<string, Entry> {
    return this.order.needs.entries();
  }

  finished(): Promise<FinalKey | undefined> | FinalKey {
    const { needs, key } = this.order;
    return needs.isLive ? needs.finished() : { key, paramsAbove: needs.paramsAbove() };
  }

  beginStream(revive: (kept: KeptItem) => unknown): LiveStream | undefined {
    const { instance, key } = this.order;
    const { id, definition } = instance;
    // Who retries begins anew, and who is checked may turn out invalid: nobody reads ahead of that.
    if (definition.retries > 0 || definition.validate !== undefined) return undefined;
    return this.owner.liveStreams.begin({
      producer: id,
      key: key.key,
      revive,
      readChunk: (chunk) => this.readChunk(chunk),
    });
  }

  report(progress: { readonly done: number; readonly total?: number }): void {
    this.held.claim?.report(progress);
  }

  /** A body that waits for another stage holds no place, and nobody's stream: that one may need it. */
  valueOf(need: Instance): Promise<unknown> {
    const { instance } = this.order;
    if (this.owner.liveStreams.of(need.id)?.isOpen !== true) this.owner.liveStreams.letGo(instance.id);
    return this.owner.noteRead(this.held.place.lend(() => this.owner.valueOf(need, instance)));
  }

  private async readChunk(chunk: BlobRef): Promise<readonly KeptItem[]> {
    const items = await readChunk(chunk, (blob) => this.engine.store.readBlob(blob));
    if (items) return items;
    throw new StagebookError(
      "stream-lost",
      "a part of a stream that is being made is gone from the store",
      "Leave the files of the store to Stagebook while it runs, and run the stage again.",
    );
  }
}
