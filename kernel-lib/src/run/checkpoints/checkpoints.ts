/**
 * What an execution keeps in the store while it runs, so that one that is killed continues instead of starting over: a state that its
 * function passes to `checkpoint`, and the items of a generator that asks `resumeFrom`. Both lie under keys that follow from the stage's
 * key: an execution with other code or inputs never finds them. They are not read once the result is stored.
 */
import { digestOf } from "../../key/digest";
import type { KnownKey } from "../../key/key";
import { unobserved, type ObservedRead, type ReadRecorder } from "../../observe";
import type { Digest, RunId } from "../../protocol";
import { v8Codec } from "../../store/codecs/v8-codec";
import type { BlobRef, Entry, NewBlob } from "../../store/store";
import type { EngineContext } from "../engine-context";
import { ObservedResults } from "../plan/observed-results";
import { StoredRecords } from "../ranges/stored-records";
import type { Instance } from "../state/instances";
import { checkpointsOf } from "../state/stored-names";
import { ChunkTimer, tooLate, type KeptItems, type KeptReads, type KeptState, type RandomStates } from "./kept-state";

export interface CheckpointParts {
  readonly key: KnownKey;
  readonly run: RunId;
  readonly recorder: ReadRecorder;
  /** False for an execution that starts over. */
  readonly mayRestore: boolean;
  /** The kinds of which something was kept or found, in all attempts of the execution. */
  readonly used: Set<string>;
}

/** A blob of each record, encoded. */
interface About {
  readonly random: RandomStates;
  /** How many items are stored. */
  readonly items?: number;
}

const STATE = "checkpoint";
const ITEMS = "checkpoint-items";
const ENDED = "checkpoint-ended";
const noChunks: readonly BlobRef[] = [];

/** Of one call of the function: what an attempt that has been given up still stores is not mixed with the items of the next one. */
export class Checkpoints {
  /** Of an earlier execution or attempt; set once the function has called `resumeFrom`. */
  private found: KeptItems | undefined;
  private asked: Promise<KeptItems | undefined> | undefined;
  private hasItems = false;
  private readonly timer = new ChunkTimer();
  private chunks: readonly BlobRef[] = noChunks;
  private chunkItems = 0;
  private observedResults: ObservedResults | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly parts: CheckpointParts,
  ) {}

  /** For the next attempt of the same execution: it continues after what this one has kept. */
  again(): Checkpoints {
    return new Checkpoints(this.engine, this.instance, this.parts);
  }

  /** Throws StagebookError `store-write`, and `secret-result` for a state that contains a secret. */
  async keep(state: KeptState): Promise<void> {
    await this.publish(STATE, [blobOf(state.bytes), await aboutBlob({ random: state.random })], state);
  }

  /** The newest state of an earlier execution, or of this one. */
  async restore(): Promise<KeptState | undefined> {
    const found = await this.find(STATE);
    const [state, about] = found?.entry.output.blobs ?? [];
    const bytes = state && (await this.engine.store.readBlob(state));
    const random = (await this.about(about))?.random;
    return bytes && random && found && { bytes, random, reads: found.reads, volatile: found.entry.volatile ?? [] };
  }

  /**
   * The items of an earlier execution that are stored. From now on those of this one are stored as they are produced. Rejects with
   * `checkpoint-late` after the first item.
   */
  async resume(): Promise<KeptItems | undefined> {
    if (!this.asked && this.hasItems) throw tooLate(this.instance.definition.name);
    return (this.asked ??= this.findItems());
  }

  /** The function has produced its first item. The stored items that come before it. */
  async begin(): Promise<KeptItems | undefined> {
    this.hasItems = true;
    return this.asked;
  }

  /** Whether something was kept, or found. */
  get isUsed(): boolean {
    return this.parts.used.size > 0;
  }

  /** Whether the items since the last chunk are due to be stored. */
  get isDue(): boolean {
    return this.timer.isDue;
  }

  /** The next chunk of the stream is in the store. */
  async keepChunk(chunk: BlobRef, items: number, kept: () => KeptReads): Promise<void> {
    if (!this.asked) return;
    this.timer.restart();
    this.chunks = [...this.chunks, chunk];
    this.chunkItems += items;
    // Until the items of the earlier execution have been passed on, what is kept already is more.
    if (this.chunkItems <= (this.found?.items ?? 0)) return;
    const before = kept();
    const about = await aboutBlob({ random: before.random, items: this.chunkItems });
    await this.publish(ITEMS, [about, ...this.chunks], before);
  }

  /** The result is stored: what was kept is of no use. A store that cannot be written keeps it until the next clean-up. */
  async end(): Promise<void> {
    for (const kind of this.parts.used)
      await this.engine.results
        .commitPart(this.owner, this.entry(this.declared(kind), ENDED, []), [])
        .catch(() => undefined);
  }

  private get owner(): string {
    return checkpointsOf(this.instance.definition.name);
  }

  /** Created when needed: few functions keep anything. */
  private get observed(): ObservedResults {
    const { clock, files } = this.engine;
    return (this.observedResults ??= new ObservedResults({
      results: new StoredRecords(this.engine, this.owner),
      clock,
      files,
    }));
  }

  private async findItems(): Promise<KeptItems | undefined> {
    this.timer.restart();
    const found = await this.find(ITEMS);
    const [about, ...blobs] = found?.entry.output.blobs ?? [];
    const { items, random } = (await this.about(about)) ?? {};
    if (!found || items === undefined || !random) return undefined;
    // Once the function continues after them, it is too late to find out that one is damaged.
    for (const blob of blobs) if (!(await this.engine.store.readBlob(blob))) return undefined;
    const { reads } = found;
    const { volatile = [] } = found.entry;
    this.parts.recorder.add(reads, volatile);
    return (this.found = { blobs, items, reads, volatile, random });
  }

  private async about(blob: BlobRef | undefined): Promise<About | undefined> {
    const bytes = blob && (await this.engine.store.readBlob(blob));
    return bytes && (v8Codec.decode(bytes) as About);
  }

  private async find(
    kind: string,
  ): Promise<{ readonly entry: Entry; readonly reads: readonly ObservedRead[] } | undefined> {
    if (!this.parts.mayRestore && !this.parts.used.has(kind)) return undefined;
    const { entry, reads } = await unobserved(async () => this.observed.find(this.instance, this.declared(kind)));
    if (entry?.output.codec !== kind) return undefined;
    this.parts.used.add(kind);
    return { entry, reads };
  }

  private async publish(kind: string, blobs: readonly (BlobRef | NewBlob)[], kept: KeptReads): Promise<void> {
    this.parts.used.add(kind);
    const declared = this.declared(kind);
    const { reads } = kept;
    const key = await this.observed.extend(declared, reads);
    const refs = blobs.map((blob) => ("ref" in blob ? blob.ref : blob));
    const entry = { ...this.entry(key, kind, refs), ...(kept.volatile.length > 0 ? { volatile: kept.volatile } : {}) };
    if (reads.length > 0) await this.observed.remember(this.instance, declared, reads, entry);
    const added = blobs.filter((blob) => "ref" in blob);
    await this.engine.results.commitPart(this.owner, entry, added);
  }

  private declared(kind: string): KnownKey {
    const { key, partial, parts } = this.parts.key;
    return { key: digestOf(`${key} ${kind}`), partial, parts, pending: [] };
  }

  private entry({ key, partial, parts }: KnownKey, codec: string, blobs: readonly BlobRef[]): Entry {
    const sizeBytes = blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0);
    const digest: Digest = digestOf(blobs.map((blob) => blob.digest).join());
    const output = { digest, blobs, files: [], sizeBytes, codec, summary: codec };
    const { clock, versions: made } = this.engine;
    return {
      format: 1,
      key,
      partial,
      parts,
      output,
      at: clock.now(),
      durationMs: 0,
      params: {},
      run: this.parts.run,
      made,
    };
  }
}

function blobOf(bytes: Uint8Array): NewBlob {
  return { ref: { digest: digestOf(bytes), sizeBytes: bytes.byteLength }, pieces: [bytes] };
}

async function aboutBlob(about: About): Promise<NewBlob> {
  return blobOf(await v8Codec.encode(about));
}
