/**
 * A function mapped over the items of a source, several items in parallel. At most `workers` items are in progress (with `limit`: at most
 * as many as it says), and at most as many more are finished and wait for their turn or for the consumer. Nothing else is taken from the
 * source.
 */
import { Condition } from "../../async/condition";
import { itemsOf } from "./streams";

export interface EachSettings {
  /** How many items are processed in parallel. */
  readonly workers: number;
  /** Results are in the order of their items; otherwise in the order in which they are ready. */
  readonly ordered: boolean;
}

export interface EachPorts {
  readonly signal: AbortSignal;
  /** Called immediately with the first error, even while the consumer waits. */
  failed(error: unknown): void;
  /** How many items may be in progress now, where the caller sends several at a time to where they are processed. Default: `workers`. */
  readonly limit?: (() => number) | undefined;
  /** Called for each item, in their order: with the last of its results, the consumer has had `results` of them in all. */
  ended?(results: number): void;
  /** Called when the consumer leaves before the end, or an item has failed: what later items have returned by then. */
  finishedLater?(items: readonly FinishedItem[]): void;
}

/** All results of an item of which the consumer has had none. */
export interface FinishedItem {
  /** Counted from 0. */
  readonly nth: number;
  readonly results: readonly unknown[];
}

/** How many results of a generator may wait for their turn. */
const FANNED_AHEAD = 64;

/** The results; those of a generator one by one. Leaving the loop stops the source. Throws what the source or the function throws. */
export function mapItems(
  source: unknown,
  call: (item: unknown) => unknown,
  settings: EachSettings,
  ports: EachPorts,
): AsyncIterable<unknown> {
  const items = itemsOf(source) ?? itemsOfList(source);
  if (settings.workers === 1 && !ports.limit) return oneByOne(items, call, ports);
  return new Workers(items, call, settings, ports).results();
}

async function* itemsOfList(source: unknown): AsyncGenerator<unknown, void, undefined> {
  if (typeof source !== "object" || source === null || !(Symbol.iterator in source))
    throw new TypeError("the source of each is neither a stream nor iterable");
  for (const item of source as Iterable<unknown>) yield item;
}

async function* oneByOne(
  items: AsyncIterable<unknown>,
  call: (item: unknown) => unknown,
  ports: EachPorts,
): AsyncGenerator<unknown, void, undefined> {
  let passed = 0;
  for await (const item of items) {
    const result: unknown = await call(item);
    const fanned = fannedOf(result);
    if (!fanned) {
      ports.ended?.(++passed);
      yield result;
    } else {
      for await (const each of fanned) {
        passed++;
        yield each;
      }
      ports.ended?.(passed);
    }
  }
}

/** A generator has several results for one item; any other iterable is a single result. */
function fannedOf(result: unknown): AsyncIterable<unknown> | undefined {
  return typeof result === "object" && result !== null && "next" in result ? itemsOf(result) : undefined;
}

/** The results of one item, in order, and whether there will be more. */
interface Job extends FinishedItem {
  readonly results: unknown[];
  /** The consumer has had some of its results, or all. */
  isBegun: boolean;
  isEnded: boolean;
  isOver: boolean;
  /** It is over, and has not failed. */
  isWhole: boolean;
}

class Workers {
  /** In order of their items. */
  private readonly jobs: Job[] = [];
  private working = 0;
  private begun = 0;
  /** Results that the consumer has had. */
  private passed = 0;
  private isDrained = false;
  private isLeft = false;
  private failure: { readonly error: unknown } | undefined;
  private readonly source: AsyncIterator<unknown>;
  /** A change for the consumer; room for the loop that takes items; results taken, for generators that are ahead. */
  private readonly changed = new Condition();
  private readonly room = new Condition();
  private readonly taken = new Condition();

  constructor(
    items: AsyncIterable<unknown>,
    private readonly call: (item: unknown) => unknown,
    private readonly settings: EachSettings,
    private readonly ports: EachPorts,
  ) {
    this.source = items[Symbol.asyncIterator]();
  }

  async *results(): AsyncGenerator<unknown, void, undefined> {
    void this.takeItems();
    try {
      for (;;) {
        if (this.failure) throw this.failure.error;
        const job = this.nextJob();
        if (job && job.results.length > 0) {
          const result = job.results.shift();
          job.isBegun = true;
          this.passed++;
          if (job.isWhole && job.results.length === 0) this.ended(job);
          this.taken.notify();
          yield result;
        } else if (job?.isOver === true) {
          this.ended(job);
          if (job === this.jobs[0]) this.jobs.shift();
          else this.jobs.splice(this.jobs.indexOf(job), 1);
          this.room.notify();
        } else if (this.isDrained && this.jobs.length === 0) return;
        else await this.changed.wait();
      }
    } finally {
      this.isLeft = true;
      for (const condition of [this.room, this.taken]) condition.notify();
      this.ports.finishedLater?.(this.jobs.filter((job) => job.isWhole && !job.isBegun));
      // Not awaited: a source in the middle of an item stops when that item is done.
      if (!this.isDrained) this.source.return?.().catch(() => undefined);
    }
  }

  /** The consumer has all its results, or gets the last one now. */
  private ended(job: Job): void {
    if (!job.isEnded) this.ports.ended?.(this.passed);
    job.isEnded = true;
  }

  /** The job whose results are next. */
  private nextJob(): Job | undefined {
    if (this.settings.ordered) return this.jobs[0];
    return this.jobs.find((job) => job.results.length > 0 || job.isOver);
  }

  private async takeItems(): Promise<void> {
    try {
      for (;;) {
        while (!this.isLeft && !this.hasRoom()) await this.room.wait();
        if (this.isLeft) break;
        const next: IteratorResult<unknown, unknown> = await this.source.next();
        if (next.done === true || this.isLeft) break;
        const job: Job = {
          nth: this.begun++,
          results: [],
          isBegun: false,
          isEnded: false,
          isOver: false,
          isWhole: false,
        };
        this.jobs.push(job);
        this.working++;
        void this.work(job, next.value);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.isDrained = true;
      this.changed.notify();
    }
  }

  private hasRoom(): boolean {
    const limit = this.ports.limit?.() ?? this.settings.workers;
    return this.working < limit && this.jobs.length < 2 * limit;
  }

  private async work(job: Job, item: unknown): Promise<void> {
    try {
      const result: unknown = await this.call(item);
      const fanned = fannedOf(result);
      if (fanned) job.isWhole = await this.fanOut(job, fanned);
      else {
        job.results.push(result);
        job.isWhole = true;
      }
    } catch (error) {
      this.fail(error);
    } finally {
      job.isOver = true;
      this.working--;
      this.changed.notify();
      this.room.notify();
    }
  }

  /** False when the consumer has left before the end. */
  private async fanOut(job: Job, results: AsyncIterable<unknown>): Promise<boolean> {
    for await (const result of results) {
      if (this.isLeft) return false;
      job.results.push(result);
      this.changed.notify();
      while (!this.isLeft && job.results.length >= FANNED_AHEAD) await this.taken.wait();
    }
    return true;
  }

  private fail(error: unknown): void {
    if (this.failure || this.isLeft) return;
    this.failure = { error };
    this.isLeft = true;
    this.ports.failed(error);
    for (const condition of [this.changed, this.room, this.taken]) condition.notify();
  }
}
