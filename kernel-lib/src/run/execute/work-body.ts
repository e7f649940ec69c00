/** What one body is given by the run that it belongs to. */
import type { Digest, RunId, RunSource } from "../../protocol";
import { StagebookError } from "../../protocol";
import { readChunk, type KeptItem } from "../../store/codecs/items";
import type { BlobRef, Claim, Entry } from "../../store/store";
import type { BodyRun, Finished } from "../call/call-parts";
import type { EngineParts } from "../engine-parts";
import type { Externals } from "../external/external-inputs";
import type { OutputDigest } from "../plan/input-digests";
import type { Instance } from "../state/instances";
import type { LiveStream } from "../streams/live-stream";
import { seedOf } from "../call/seed";
import type { Place } from "../control/semaphore";
import type { Stop } from "../control/cancel-token";
import type { WorkOrder, WorkRun } from "./work-order";

export class WorkBody implements BodyRun {
  readonly run: RunId;
  readonly source: RunSource;
  readonly externals: Externals;

  /** `held`: what the work holds while it runs. `stop`: of this attempt. */
  constructor(
    private readonly engine: EngineParts,
    private readonly owner: WorkRun,
    private readonly order: WorkOrder,
    private readonly held: { readonly claim: Claim | undefined; readonly place: Place },
    readonly stop: Stop,
  ) {
    ({ id: this.run, source: this.source, externals: this.externals } = owner);
  }

  /** The same for an attempt that is stopped earlier. */
  under(stop: Stop): WorkBody {
    return stop === this.stop ? this : new WorkBody(this.engine, this.owner, this.order, this.held, stop);
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

  finished(): Promise<Finished | undefined> | Finished {
    const { needs, key } = this.order;
    return needs.isLive ? needs.finished() : { key, paramsAbove: needs.paramsAbove() };
  }

  beginStream(revive: (kept: KeptItem) => unknown): LiveStream | undefined {
    const { instance, key } = this.order;
    const { id, definition } = instance;
    // Who retries begins anew, and who is checked may turn out invalid: nobody reads ahead of that.
    if (definition.retries > 0 || definition.validate !== undefined) return undefined;
    return this.owner.lives.begin({ producer: id, key: key.key, revive, readChunk: (chunk) => this.readChunk(chunk) });
  }

  report(progress: { readonly done: number; readonly total?: number }): void {
    this.held.claim?.report(progress);
  }

  /** A body that waits for another stage holds no place, and nobody's stream: that one may need it. */
  valueOf(need: Instance): Promise<unknown> {
    const { instance } = this.order;
    if (this.owner.lives.of(need.id)?.isOpen !== true) this.owner.lives.letGo(instance.id);
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
