/**
 * Items that are usually there already, read without waiting. A loop over an async iterable costs several promises an item, which is more
 * than most of what is done for a small item, and several times as much while reads are observed.
 */
import { isThenable, type MaybePromise } from "./maybe-promise";

export type Pulled = IteratorResult<unknown, undefined>;

/** Where items are pulled from, one after the other: the next one is requested when the one before is there. */
export interface ItemPuller {
  /** The next item: immediately when there is one. Throws or rejects when the source fails; nothing is pulled afterwards. */
  pull(): MaybePromise<Pulled>;
  /** Stops before the end. */
  leave(): MaybePromise<unknown>;
}

/**
 * An async iterable of Stagebook's own, which can be pulled. As an iterator it is in the hands of the user, whose calls may overlap: they are
 * served one after the other, as by an async generator.
 */
export abstract class PulledItems implements AsyncIterableIterator<unknown>, ItemPuller {
  /** Resolves when the calls so far are served. */
  private served: Promise<void> | undefined;

  abstract pull(): MaybePromise<Pulled>;
  abstract leave(): MaybePromise<unknown>;

  next(): Promise<Pulled> {
    return this.serve(() => this.pull());
  }

  return(): Promise<Pulled> {
    return this.serve(async () => {
      await this.leave();
      return done;
    });
  }

  private serve(act: () => MaybePromise<Pulled>): Promise<Pulled> {
    let serving: MaybePromise<Pulled>;
    try {
      serving = this.served ? this.served.then(act) : act();
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
    if (!(serving instanceof Promise)) return Promise.resolve(serving);
    const end = (): void => {
      if (this.served === served) this.served = undefined;
    };
    const served = serving.then(end, end);
    this.served = served;
    return serving;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

export const done: Pulled = { done: true, value: undefined };

/** Reads an async iterable of whatever kind. */
export function pullerOf(items: AsyncIterable<unknown>): ItemPuller {
  const iterator = items[Symbol.asyncIterator]();
  if (iterator instanceof PulledItems) return iterator;
  return { pull: () => toPromise(iterator.next() as Promise<Pulled>), leave: () => iterator.return?.() };
}

/** Of whatever library: `pull` is read by whether it returns a promise of the language. */
function toPromise<T>(value: PromiseLike<T>): Promise<T> {
  return value instanceof Promise ? (value as Promise<T>) : Promise.resolve(value);
}

/** Calls a function with each item, and pulls the next one once a returned promise has resolved: `for await`, only faster. */
export async function forEachPulled(
  items: AsyncIterable<unknown>,
  act: (item: unknown) => MaybePromise<void>,
): Promise<void> {
  const puller = pullerOf(items);
  for (;;) {
    const pulling = puller.pull();
    const pulled = pulling instanceof Promise ? await pulling : pulling;
    if (pulled.done === true) return;
    try {
      const acting = act(pulled.value);
      if (acting) await acting;
    } catch (error) {
      await leaveAfter(puller);
      throw error;
    }
  }
}

/** After an error, which is the one to report: as in `for await`, one of leaving is of no interest. */
export async function leaveAfter(puller: ItemPuller): Promise<void> {
  try {
    await puller.leave();
  } catch {
    // See above.
  }
}

/** The items of an iterable. An item that is a promise is waited for, as an async generator does with what it yields. */
export class ListedItems extends PulledItems {
  private iterator: Iterator<unknown> | undefined;
  private isOver = false;

  constructor(private readonly items: Iterable<unknown>) {
    super();
  }

  pull(): MaybePromise<Pulled> {
    if (this.isOver) return done;
    let next: IteratorResult<unknown>;
    try {
      this.iterator ??= this.items[Symbol.iterator]();
      next = this.iterator.next();
    } catch (error) {
      this.isOver = true;
      throw error;
    }
    if (next.done === true) {
      this.isOver = true;
      return done;
    }
    const { value } = next;
    return isThenable(value) ? this.waitFor(value) : { done: false, value };
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.iterator?.return?.();
  }

  private async waitFor(value: PromiseLike<unknown>): Promise<Pulled> {
    try {
      return { done: false, value: await value };
    } catch (error) {
      this.leave();
      throw error;
    }
  }
}
