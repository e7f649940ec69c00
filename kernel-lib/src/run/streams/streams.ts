/** Streams of items: what counts as one, how each kind is read, and the stream of stored items. */
import type { Stream } from "../../stage/public/streams";
import type { MaybePromise } from "../../async/maybe-promise";
import { ListedItems, PulledItems, pullerOf, type ItemPuller, type Pulled } from "../../async/pulled-items";
import { StagebookError } from "../../protocol";

const inspect = Symbol.for("nodejs.util.inspect.custom");

/** How many items an Observable may have sent before they are read: it cannot be asked to wait. */
const MAX_WAITING = 100_000;

/** The items of whatever yields items: generators, async iterables, Node streams, Observables. Undefined for a plain value. */
export function itemsOf(value: unknown): AsyncIterable<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Symbol.asyncIterator in value) return value as AsyncIterable<unknown>;
  if ("next" in value && Symbol.iterator in value) return new ListedItems(value as unknown as Iterable<unknown>);
  return "subscribe" in value && typeof value.subscribe === "function" ? pushed(value as Pushing) : undefined;
}

/** A generator has several results for one item; any other iterable is a single result. */
export function fannedOf(result: unknown): AsyncIterable<unknown> | undefined {
  return typeof result === "object" && result !== null && "next" in result ? itemsOf(result) : undefined;
}

/** Items of which the first has been requested: the code of a generator until there has run. */
export class BegunItems extends PulledItems {
  private constructor(
    private readonly items: ItemPuller,
    private first: Pulled | undefined,
  ) {
    super();
  }

  static async of(items: AsyncIterable<unknown>): Promise<BegunItems> {
    const puller = pullerOf(items);
    return new BegunItems(puller, await puller.pull());
  }

  pull(): MaybePromise<Pulled> {
    const { first } = this;
    if (!first) return this.items.pull();
    this.first = undefined;
    return first;
  }

  leave(): MaybePromise<unknown> {
    return this.items.leave();
  }
}

export async function* chained(
  before: AsyncIterable<unknown>,
  after: AsyncIterable<unknown>,
): AsyncGenerator<unknown, void, undefined> {
  for await (const item of before) yield item;
  for await (const item of after) yield item;
}

interface Pushing {
  subscribe(observer: { next(item: unknown): void; error(error: unknown): void; complete(): void }): {
    unsubscribe(): void;
  };
}

async function* pushed(source: Pushing): AsyncGenerator<unknown, void, undefined> {
  const waiting: unknown[] = [];
  let wake: () => void = () => undefined;
  let end: { readonly error?: unknown } | undefined;
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how;
    wake();
  };
  const subscription = source.subscribe({
    next: (item) => {
      waiting.push(item);
      if (waiting.length > MAX_WAITING) finish({ error: overflow() });
      wake();
    },
    error: (error) => finish({ error }),
    complete: () => finish({}),
  });
  try {
    for (;;) {
      while (waiting.length > 0) yield waiting.shift();
      if (end && "error" in end) throw end.error;
      if (end) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    subscription.unsubscribe();
  }
}

/** A stored stream: each reader reads from the store, beginning with the first item. */
export class StoredStream<T> implements Stream<T> {
  constructor(
    readonly length: number,
    /** The items from index `from` on. */
    private readonly read: (from?: number) => AsyncIterableIterator<unknown>,
  ) {}

  /** The items from an index on, counted from 0. */
  from(index: number): AsyncIterableIterator<T> {
    return this.read(index) as AsyncIterableIterator<T>;
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.read() as AsyncIterator<T>;
  }

  async toArray(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) items.push(item);
    return items;
  }

  [inspect](): string {
    return `stream of ${this.length} ${this.length === 1 ? "item" : "items"}: for await (const item of …), or await ….toArray()`;
  }
}

function overflow(): StagebookError {
  return new StagebookError(
    "stream-overflow",
    `the observable sent ${MAX_WAITING} items that have not been read`,
    "Slow it down, or use an async generator, which waits for its readers.",
  );
}
