/** The items of the source of an `each`, any part of them as often as needed. */
import { itemsOf, StoredStream } from "../streams/streams";
import type { Range } from "./range";

export class ItemSource {
  /** The reader of a stored stream, and the index of the item that it reads next: ranges are mostly read in order. */
  private reader: { readonly items: AsyncIterator<unknown>; at: number } | undefined;

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
  async *items(range: Range, from: number, taken: (index: number) => void): AsyncGenerator<unknown, void, undefined> {
    for (let index = from; index < range.to; index++) {
      taken(index);
      yield this.list ? this.list[index] : await this.read(index);
    }
  }

  async close(): Promise<void> {
    await this.reader?.items.return?.();
    this.reader = undefined;
  }

  private async read(index: number): Promise<unknown> {
    if (this.reader?.at !== index) {
      await this.close();
      this.reader = { items: (this.stream as StoredStream<unknown>).from(index), at: index };
    }
    this.reader.at++;
    const next: IteratorResult<unknown, unknown> = await this.reader.items.next();
    if (next.done === true) throw new RangeError(`a stream of ${this.length} items ended at item ${index}`);
    return next.value;
  }
}
