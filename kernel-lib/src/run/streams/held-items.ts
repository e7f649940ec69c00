/** Stored items that are held while they are read. When they turn out to be lost, the reader continues with those of another source. */
import type { MaybePromise } from "../../async/maybe-promise";
import { done, PulledItems, type Pulled } from "../../async/pulled-items";

export interface HeldItemsPorts {
  /** Maintenance removes nothing until the returned function is called. */
  hold(): Promise<() => Promise<void>>;
  /** The items from an index on. */
  read(from: number): PulledItems;
  /** The items from index `count` on after an error of the source. Rejects when there are none: with the error that the reader gets. */
  continueAfter(error: unknown, count: number): Promise<PulledItems>;
}

export class HeldItems extends PulledItems {
  private source: PulledItems | undefined;
  private release: (() => Promise<void>) | undefined;
  private isOver = false;

  constructor(
    /** Index of the next item. */
    private count: number,
    private readonly ports: HeldItemsPorts,
  ) {
    super();
  }

  pull(): MaybePromise<Pulled> {
    if (this.isOver) return done;
    try {
      const pulled = this.source?.pull();
      const isItem = pulled !== undefined && !(pulled instanceof Promise) && pulled.done !== true;
      return isItem ? this.take(pulled) : this.pullLater(pulled);
    } catch (error) {
      // An item that cannot be decoded.
      return this.recover(error);
    }
  }

  async leave(): Promise<void> {
    if (this.isOver) return;
    this.isOver = true;
    await this.source?.leave();
    await this.release?.();
  }

  private take(pulled: Pulled): Pulled {
    this.count++;
    return pulled;
  }

  private async pullLater(pulling: MaybePromise<Pulled> | undefined): Promise<Pulled> {
    try {
      const pulled = await (pulling ?? this.begin());
      if (pulled.done !== true) return this.take(pulled);
    } catch (error) {
      if (!this.isOver) return await this.recover(error);
    }
    await this.leave();
    return done;
  }

  private async begin(): Promise<Pulled> {
    const release = await this.ports.hold();
    if (this.isOver) {
      await release();
      return done;
    }
    this.release = release;
    this.source = this.ports.read(this.count);
    return this.source.pull();
  }

  private async recover(error: unknown): Promise<Pulled> {
    try {
      this.source = await this.ports.continueAfter(error, this.count);
    } catch (final) {
      await this.leave();
      throw final;
    }
    return this.pullLater(this.source.next());
  }
}
