/** The items of the source of an `each`, any part of them as often as needed. */
import { isThenable, mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { done, PulledItems, pullerOf, type ItemPuller, type Pulled } from "../../async/pulled-items";
import { itemsOf, StoredStream } from "../streams/streams";
import type { Range } from "./range";

export class ItemSource {
  /** The reader of a stored stream, and the index of the item that it reads next: ranges are mostly read in order. */
  private reader: { readonly items: ItemPuller; at: number } | undefined;

  private constructor(
    readonly length: number,
    private readonly list: readonly unknown[] | undefined,
    private readonly stream: StoredStream<unknown> | undefined,
  ) {}

  /** `source`: a list, anything that is iterable, or a stream whose stage has ended. */
  static async of(source: unknown): Promise<ItemSource> {
    if (source instanceof StoredStream) return new ItemSource(source.length, undefined, source);
    if (Array.isArray(source)) return new ItemSource(source.length, source, undefined);
    const list: unknown[] = [];
    const items = itemsOf(source) ?? (source as Iterable<unknown>);
    for await (const item of items) list.push(item);
    return new ItemSource(list.length, list, undefined);
  }

  /** The items of a range from an index on. The range's end may be lowered while they are read. `taken` is called before each item with its index. */
  items(range: Range, from: number, taken: (index: number) => void): PulledItems {
    return new RangeItems(range, from, taken, (index) => (this.list ? this.list[index] : this.read(index)));
  }

  async close(): Promise<void> {
    await this.reader?.items.leave();
    this.reader = undefined;
  }

  private read(index: number): unknown {
    const { reader } = this;
    if (reader?.at !== index) return this.readFrom(index);
    reader.at++;
    return mapMaybe(reader.items.pull(), (next) => this.itemOf(next, index));
  }

  private async readFrom(index: number): Promise<unknown> {
    await this.close();
    const items = pullerOf((this.stream as StoredStream<unknown>).from(index));
    this.reader = { items, at: index + 1 };
    return this.itemOf(await items.pull(), index);
  }

  private itemOf(next: Pulled, index: number): unknown {
    if (next.done === true) throw new RangeError(`a stream of ${this.length} items ended at item ${index}`);
    return next.value;
  }
}

class RangeItems extends PulledItems {
  private isOver = false;

  constructor(
    private readonly range: Range,
    private index: number,
    private readonly taken: (index: number) => void,
    private readonly itemAt: (index: number) => unknown,
  ) {
    super();
  }

  pull(): MaybePromise<Pulled> {
    if (this.isOver || this.index >= this.range.to) return done;
    this.taken(this.index);
    const item = this.itemAt(this.index++);
    return isThenable(item) ? this.waitFor(item) : { done: false, value: item };
  }

  leave(): void {
    this.isOver = true;
  }

  private async waitFor(item: PromiseLike<unknown>): Promise<Pulled> {
    return { done: false, value: await item };
  }
}
