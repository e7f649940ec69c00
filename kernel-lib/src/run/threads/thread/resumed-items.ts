/** A generator in a worker thread that asks `resumeFrom`: the kernel knows what an earlier execution has stored, and records each chunk. */
import { currentRecorder, type ReadRecorder } from "../../../observe";
import type { CodecName } from "../../../stage/stage-options";
import type { Codec } from "../../../store/codecs/codec";
import { readItems } from "../../../store/codecs/items";
import type { BlobRef } from "../../../store/store";
import type { CallRandom } from "../../call/random";
import { ChunkTimer, tooLate, type KeptItems } from "../../checkpoints/kept-state";
import { BegunItems, chained } from "../../streams/streams";
import type { ExecutionTask } from "../messages";
import { readerOf } from "./inputs";
import type { CallLink } from "./kernel-link";

export class ResumedItems {
  private found: Promise<KeptItems | undefined> | undefined;
  private recorder: ReadRecorder | undefined;
  private hasItems = false;
  private readonly timer = new ChunkTimer();

  constructor(
    private readonly link: CallLink,
    private readonly stage: string,
    readonly random: CallRandom,
  ) {}

  /** How many items of an earlier execution are stored. Rejects with `checkpoint-late` after the first item. */
  async resumeFrom(): Promise<number> {
    if (!this.found && this.hasItems) throw tooLate(this.stage);
    this.found ??= this.ask();
    return (await this.found)?.items ?? 0;
  }

  /** The items, after those that are stored, if the function has asked for them until its first item. */
  async after(
    items: AsyncIterable<unknown>,
    codec: Codec | CodecName | undefined,
    task: ExecutionTask,
  ): Promise<AsyncIterable<unknown>> {
    const begun = await BegunItems.of(items);
    this.hasItems = true;
    const found = await this.found;
    if (!found) return begun;
    return chained(
      readItems(found.blobs, codec, readerOf("kept", { isStored: true }, { task, link: this.link })),
      begun,
    );
  }

  get isDue(): boolean {
    return this.timer.isDue;
  }

  /** The next chunk is in the store. */
  async keepChunk(chunk: BlobRef, items: number): Promise<void> {
    const { found, recorder, random, link } = this;
    if (!found) return;
    this.timer.restart();
    const kept = { reads: recorder?.reads() ?? [], volatile: recorder?.volatile() ?? [], random: random.states() };
    await link.request({ kind: "chunk", chunk, items, kept });
  }

  private async ask(): Promise<KeptItems | undefined> {
    this.recorder = currentRecorder();
    this.timer.restart();
    const found = (await this.link.request({ kind: "resume" })) as KeptItems | undefined;
    if (!found) return undefined;
    this.recorder?.add(found.reads, found.volatile);
    this.random.goOn(found.random);
    return found;
  }
}
