/**
 * An open stream: its producer is still running, and its readers follow. Items go to the store; the newest ones stay in memory for readers. A reader
 * that keeps up blocks the producer (backpressure) when it falls behind by `AHEAD` items. A reader that comes late, or that itself waits
 * for this producer, reads from the store until it has caught up.
 */
import { isError, type Digest } from "../../protocol";
import type { Stream } from "../../stage/public/streams";
import type { KeptItem } from "../../store/codecs/items";
import type { BlobRef } from "../../store/store";
import { Condition } from "../../async/condition";
import type { MaybePromise } from "../../async/maybe-promise";
import { done, PulledItems, type Pulled } from "../../async/pulled-items";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** How many items the producer may be ahead of a reader that keeps up. */
export const AHEAD = 128;
/** A blocked producer goes on when it is this far ahead: then it has several items to produce before it is blocked again. */
const AHEAD_AGAIN = AHEAD / 2;

/** The reason of a cancelled producer: the stream has no readers left. */
export class UnreadError extends Error {
  constructor() {
    super("its stream is not read any more");
  }
}

export interface OpenStreamPorts {
  /** The producer, by instance id. */
  readonly producer: string;
  /** The key under which its result will be stored. */
  readonly key: Digest;
  /** An item as its producer yielded it. */
  revive(kept: KeptItem): unknown;
  /** A chunk that is in the store. Throws when it is missing. */
  readChunk(chunk: BlobRef): Promise<readonly KeptItem[]>;
  /** Called when a reader begins to wait, or blocks the producer: they may wait for each other. */
  onWait(): void;
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

export class OpenStream {
  readonly readers = new Set<StreamReader>();
  count = 0;
  end: { readonly error?: unknown } | undefined;
  /** The producer waits for a reader. */
  isBlocked = false;
  private readonly chunks: Chunk[] = [];
  private inStore = 0;
  /** The items from `tailFrom` on: those that are in no chunk yet, and the last chunk. */
  private tail: KeptItem[] = [];
  private tailFrom = 0;
  private readonly more = new Condition();
  private readonly room = new Condition();

  /** Resolves when the producer fails. */
  readonly failed: Promise<void>;
  private notifyFailed: () => void = () => undefined;

  constructor(readonly ports: OpenStreamPorts) {
    this.failed = new Promise((resolve) => (this.notifyFailed = resolve));
  }

  get isOpen(): boolean {
    return !this.end;
  }

  get key(): Digest {
    return this.ports.key;
  }

  /** Adds an item. The producer awaits the promise, if any, before the next one. */
  offer(item: KeptItem): Promise<void> | undefined {
    this.tail.push(item);
    this.count++;
    this.more.notify();
    return this.isAhead() ? this.block() : undefined;
  }

  /** The next `items` items are in the store, as one chunk. */
  kept(ref: BlobRef, items: number): void {
    // From now on the chunk before it is in the store only.
    this.tail.splice(0, this.inStore - this.tailFrom);
    this.tailFrom = this.inStore;
    this.chunks.push({ ref, from: this.inStore, items });
    this.inStore += items;
  }

  finish(): void {
    this.close({});
  }

  /** `error`: whatever the producer threw, `undefined` included. */
  fail(error: unknown): void {
    this.close({ error });
  }

  private close(end: { readonly error?: unknown }): void {
    if (this.end) return;
    this.end = end;
    if ("error" in end && !(isError(end.error) && end.error instanceof UnreadError)) this.notifyFailed();
    this.more.notify();
    this.room.notify();
  }

  /** The stream for one consumer, by instance id. Each loop begins at the first item. */
  view(consumer: string): Stream<unknown> {
    return new ConsumedStream(this, consumer);
  }

  /** Readers that block the producer. */
  lagging(): readonly StreamReader[] {
    return [...this.readers].filter((reader) => this.isBlockedBy(reader));
  }

  private isAhead(): boolean {
    for (const reader of this.readers) if (this.isBlockedBy(reader)) return true;
    return false;
  }

  private isBlockedBy(reader: StreamReader): boolean {
    return reader.keepsUp && reader.at < this.count - (this.isBlocked ? AHEAD_AGAIN : AHEAD);
  }

  /** An item, if it is still in memory. */
  inMemory(at: number): { readonly kept: KeptItem } | undefined {
    return at >= this.tailFrom ? { kept: this.tail[at - this.tailFrom] } : undefined;
  }

  /** The chunk with an item that is in the store. */
  async chunkWith(at: number): Promise<ReadChunk> {
    const chunk = this.chunks.find(({ from, items }) => at < from + items);
    if (!chunk) throw new Error("a chunk of an open stream is unknown");
    return { from: chunk.from, items: await this.ports.readChunk(chunk.ref) };
  }

  /** A reader has taken an item, or left. */
  moved(): void {
    if (this.isBlocked && !this.isAhead()) this.room.notify();
  }

  /** Resolves when there may be another item, or the end. */
  async another(): Promise<void> {
    await this.more.wait();
  }

  private async block(): Promise<void> {
    this.isBlocked = true;
    this.ports.onWait();
    while (!this.end && this.isAhead()) await this.room.wait();
    this.isBlocked = false;
  }
}

/** One loop over an open stream. */
export class StreamReader extends PulledItems {
  at = 0;
  /** It is waiting for the producer's next item. */
  isWaiting = false;
  keepsUp = false;
  private chunk: ReadChunk | undefined;
  private isOver = false;

  constructor(
    private readonly stream: OpenStream,
    readonly consumer: string,
  ) {
    super();
    stream.readers.add(this);
  }

  pull(): MaybePromise<Pulled> {
    const item = !this.isOver && this.at < this.stream.count ? this.stream.inMemory(this.at) : undefined;
    return item ? this.take(item) : this.pullLater();
  }

  private async pullLater(): Promise<Pulled> {
    while (!this.isOver) {
      if (this.at < this.stream.count) return this.take(this.stream.inMemory(this.at) ?? (await this.fromStore()));
      if (this.stream.end) return this.close();
      await this.wait();
    }
    return done;
  }

  leave(): void {
    this.isOver = true;
    this.stream.readers.delete(this);
    this.stream.moved();
  }

  /** Stops blocking the producer until it has caught up again. */
  fallBehind(): void {
    this.keepsUp = false;
    this.stream.moved();
  }

  private async fromStore(): Promise<{ readonly kept: KeptItem }> {
    if (!this.chunk || this.at >= this.chunk.from + this.chunk.items.length)
      this.chunk = await this.stream.chunkWith(this.at);
    return { kept: this.chunk.items[this.at - this.chunk.from] };
  }

  private take({ kept }: { readonly kept: KeptItem }): Pulled {
    const value = this.stream.ports.revive(kept);
    this.at++;
    if (!this.keepsUp && this.stream.count - this.at < AHEAD) this.keepsUp = true;
    this.stream.moved();
    return { done: false, value };
  }

  private async wait(): Promise<void> {
    this.keepsUp = true;
    this.isWaiting = true;
    this.stream.ports.onWait();
    await this.stream.another();
    this.isWaiting = false;
  }

  private close(): Pulled {
    this.leave();
    const { end } = this.stream;
    if (end && "error" in end) throw end.error;
    return done;
  }
}

class ConsumedStream implements Stream<unknown> {
  constructor(
    private readonly stream: OpenStream,
    private readonly consumer: string,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    return new StreamReader(this.stream, this.consumer);
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
