/**
 * A stream that is being made, and those that read it meanwhile. Its items go to the store; the newest stay in memory for readers. A
 * reader that keeps up holds the producer back when it falls behind by `AHEAD` items. One that comes late, or that itself waits for
 * this producer, reads from the store until it has caught up.
 */
import type { Digest } from "../../protocol";
import type { Stream } from "../../stage/face";
import type { KeptItem } from "../../store/codecs/items";
import type { BlobRef } from "../../store/store";
import { Condition } from "../../async/condition";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** So many items at most are made and not yet taken by a reader that keeps up. */
export const AHEAD = 128;

/** A producer's stream that nobody reads to its end: the producer is stopped. */
export class UnreadError extends Error {
  constructor() {
    super("nobody reads its items any more");
  }
}

export interface LivePorts {
  /** The producer, by instance id. */
  readonly producer: string;
  /** Under which its result will be stored. */
  readonly key: Digest;
  /** An item as its producer made it. */
  revive(kept: KeptItem): unknown;
  /** A chunk that is in the store; throws when it is gone. */
  readChunk(chunk: BlobRef): Promise<readonly KeptItem[]>;
  /** Told when a reader begins to wait, or holds the producer back: perhaps for each other. */
  stuck(): void;
}

interface Chunk {
  readonly ref: BlobRef;
  readonly from: number;
  readonly items: number;
}

interface ReadChunk {
  readonly from: number;
  readonly items: readonly KeptItem[];
}

export class LiveStream {
  readonly readers = new Set<LiveReader>();
  count = 0;
  end: { readonly error?: unknown } | undefined;
  /** The producer waits for a reader. */
  isHeld = false;
  private readonly chunks: Chunk[] = [];
  private inStore = 0;
  /** The items from `tailFrom` on: those that are in no chunk yet, and the last chunk. */
  private tail: KeptItem[] = [];
  private tailFrom = 0;
  private readonly more = new Condition();
  private readonly room = new Condition();

  /** Resolves when the producer fails. */
  readonly failed: Promise<void>;
  private tellFailed: () => void = () => undefined;

  constructor(readonly ports: LivePorts) {
    this.failed = new Promise((resolve) => (this.tellFailed = resolve));
  }

  get isOpen(): boolean {
    return !this.end;
  }

  get key(): Digest {
    return this.ports.key;
  }

  /** One item more. The promise, if any, is waited for before the next. */
  offer(item: KeptItem): Promise<void> | undefined {
    this.tail.push(item);
    this.count++;
    this.more.ring();
    return this.lagging().length > 0 ? this.holdBack() : undefined;
  }

  kept(ref: BlobRef, items: number): void {
    // The chunk before it is in the store alone from now on.
    this.tail.splice(0, this.inStore - this.tailFrom);
    this.tailFrom = this.inStore;
    this.chunks.push({ ref, from: this.inStore, items });
    this.inStore += items;
  }

  finish(error?: unknown): void {
    if (this.end) return;
    this.end = error === undefined ? {} : { error };
    if (error !== undefined && !(error instanceof UnreadError)) this.tellFailed();
    this.more.ring();
    this.room.ring();
  }

  /** The stream for one consumer, by instance id. Each loop begins at the first item. */
  view(consumer: string): Stream<unknown> {
    return new LiveView(this, consumer);
  }

  /** Readers that hold the producer back. */
  lagging(): readonly LiveReader[] {
    return [...this.readers].filter((reader) => reader.keepsUp && reader.at < this.count - AHEAD);
  }

  /** An item that is made, where it is still in memory. */
  inMemory(at: number): { readonly kept: KeptItem } | undefined {
    return at >= this.tailFrom ? { kept: this.tail[at - this.tailFrom] } : undefined;
  }

  /** The chunk with an item that is in the store. */
  async chunkWith(at: number): Promise<ReadChunk> {
    const chunk = this.chunks.find(({ from, items }) => at < from + items);
    if (!chunk) throw new Error("a chunk of a live stream is unknown");
    return { from: chunk.from, items: await this.ports.readChunk(chunk.ref) };
  }

  /** A reader has taken an item, or left. */
  moved(): void {
    if (this.isHeld) this.room.ring();
  }

  /** When there may be another item, or the end. */
  async another(): Promise<void> {
    await this.more.heard();
  }

  private async holdBack(): Promise<void> {
    this.isHeld = true;
    this.ports.stuck();
    while (!this.end && this.lagging().length > 0) await this.room.heard();
    this.isHeld = false;
  }
}

/** One loop over a live stream. */
export class LiveReader implements AsyncIterableIterator<unknown> {
  at = 0;
  /** It is waiting for an item that is not made yet. */
  isWaiting = false;
  keepsUp = false;
  private chunk: ReadChunk | undefined;
  private isOver = false;

  constructor(
    private readonly stream: LiveStream,
    readonly consumer: string,
  ) {
    stream.readers.add(this);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<unknown, undefined>> {
    while (!this.isOver) {
      if (this.at < this.stream.count) return this.take(this.stream.inMemory(this.at) ?? (await this.fromStore()));
      if (this.stream.end) return this.close();
      await this.wait();
    }
    return { done: true, value: undefined };
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.leave();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** From now on it does not hold the producer back, until it has caught up once more. */
  fallBehind(): void {
    this.keepsUp = false;
    this.stream.moved();
  }

  private async fromStore(): Promise<{ readonly kept: KeptItem }> {
    if (!this.chunk || this.at >= this.chunk.from + this.chunk.items.length)
      this.chunk = await this.stream.chunkWith(this.at);
    return { kept: this.chunk.items[this.at - this.chunk.from] };
  }

  private take({ kept }: { readonly kept: KeptItem }): IteratorResult<unknown, undefined> {
    const value = this.stream.ports.revive(kept);
    this.at++;
    if (!this.keepsUp && this.stream.count - this.at < AHEAD) this.keepsUp = true;
    this.stream.moved();
    return { done: false, value };
  }

  private async wait(): Promise<void> {
    this.keepsUp = true;
    this.isWaiting = true;
    this.stream.ports.stuck();
    await this.stream.another();
    this.isWaiting = false;
  }

  private close(): IteratorResult<unknown, undefined> {
    this.leave();
    const { end } = this.stream;
    if (end && "error" in end) throw end.error;
    return { done: true, value: undefined };
  }

  private leave(): void {
    this.isOver = true;
    this.stream.readers.delete(this);
    this.stream.moved();
  }
}

class LiveView implements Stream<unknown> {
  constructor(
    private readonly stream: LiveStream,
    private readonly consumer: string,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return new LiveReader(this.stream, this.consumer);
  }

  async toArray(): Promise<unknown[]> {
    const items: unknown[] = [];
    for await (const item of this) items.push(item);
    return items;
  }

  [inspect](): string {
    return `stream of ${this.stream.count} items so far: for await (const item of …), or await ….toArray()`;
  }
}
