/** A function mapped over the items of a source, one after the other: without a promise where item and result are there at once. */
import { isThenable, type MaybePromise } from "../../async/maybe-promise";
import { done, leaveAfter, PulledItems, pullerOf, type ItemPuller, type Pulled } from "../../async/pulled-items";
import { fannedOf } from "./streams";

export interface OneByOnePorts {
  /** Called for each item, in their order: with the last of its results, the consumer has had `results` of them in all. */
  ended?(results: number): void;
}

export class OneByOne extends PulledItems {
  private readonly source: ItemPuller;
  /** The results of the latest item, when they are several. */
  private fanned: ItemPuller | undefined;
  private passed = 0;
  private isOver = false;

  constructor(
    items: AsyncIterable<unknown>,
    private readonly call: (item: unknown) => unknown,
    private readonly ports: OneByOnePorts,
  ) {
    super();
    this.source = pullerOf(items);
  }

  pull(): MaybePromise<Pulled> {
    if (this.fanned || this.isOver) return this.pullLater();
    const item = this.itemNow();
    if (item instanceof Promise) return this.pullLater(item);
    if (item.done === true) return done;
    let result: unknown;
    try {
      result = this.call(item.value);
    } catch (error) {
      return this.leaveFor(error);
    }
    if (isThenable(result) || fannedOf(result)) return this.pullLater(item, result);
    this.ports.ended?.(this.passed + 1);
    return this.pass(result);
  }

  /** `item`: that of the source, if it was pulled already; `called`: what the call has returned, if it was called already. */
  private async pullLater(item?: MaybePromise<Pulled>, called?: unknown): Promise<Pulled> {
    try {
      for (let [begun, pending] = [item, called]; ; begun = pending = undefined) {
        if (this.fanned) {
          const each = await this.fanned.pull();
          if (each.done !== true) return this.pass(each.value);
          this.fanned = undefined;
          this.ports.ended?.(this.passed);
        }
        if (this.isOver && !begun) return done;
        const item = await this.nextItem(begun);
        if (item.done === true) return done;
        const result: unknown = await (pending ?? this.call(item.value));
        const fanned = fannedOf(result);
        if (!fanned) {
          this.ports.ended?.(this.passed + 1);
          return this.pass(result);
        }
        this.fanned = pullerOf(fanned);
      }
    } catch (error) {
      return this.leaveFor(error);
    }
  }

  private async leaveFor(error: unknown): Promise<never> {
    this.fanned = undefined;
    if (!this.isOver) await leaveAfter(this.source);
    this.isOver = true;
    throw error;
  }

  async leave(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.fanned?.leave();
    await this.source.leave();
  }

  private itemNow(): MaybePromise<Pulled> {
    try {
      const item = this.source.pull();
      if (!(item instanceof Promise) && item.done === true) this.isOver = true;
      return item;
    } catch (error) {
      this.isOver = true;
      throw error;
    }
  }

  /** `begun`: the item, if it was pulled already. */
  private async nextItem(begun: MaybePromise<Pulled> = this.itemNow()): Promise<Pulled> {
    try {
      const item = await begun;
      if (item.done === true) this.isOver = true;
      return item;
    } catch (error) {
      this.isOver = true;
      throw error;
    }
  }

  private pass(result: unknown): Pulled {
    this.passed++;
    return { done: false, value: result };
  }
}
