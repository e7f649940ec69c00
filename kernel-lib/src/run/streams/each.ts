/**
 * A function mapped over the items of a source, several items in parallel. At most `workers` items are in progress (with `limit`: at most
 * as many as it says), and at most as many more are finished and wait for their turn or for the consumer. Nothing else is taken from the
 * source.
 */
import { Condition } from "../../async/condition";
import { isThenable, type MaybePromise } from "../../async/maybe-promise";
import {
  done,
  leaveAfter,
  ListedItems,
  PulledItems,
  pullerOf,
  type ItemPuller,
  type Pulled,
} from "../../async/pulled-items";
import { OneByOne, type OneByOnePorts } from "./one-by-one";
import { fannedOf, itemsOf } from "./streams";

export interface EachSettings {
  /** How many items are processed in parallel. */
  readonly workers: number;
  /** Results are in the order of their items; otherwise in the order in which they are ready. */
  readonly ordered: boolean;
}

export interface EachPorts extends OneByOnePorts {
  readonly signal: AbortSignal;
  /** Called immediately with the first error, even while the consumer waits. */
  failed(error: unknown): void;
  /** How many items may be in progress now, where the caller sends several at a time to where they are processed. Default: `workers`. */
  readonly limit?: (() => number) | undefined;
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
  const items = itemsOf(source) ?? new ListedItems(listOf(source));
  if (settings.workers === 1 && !ports.limit) return new OneByOne(items, call, ports);
  return new Workers(items, call, settings, ports);
}

function listOf(source: unknown): Iterable<unknown> {
  if (typeof source === "object" && source !== null && Symbol.iterator in source) return source as Iterable<unknown>;
  throw new TypeError("the source of each is neither a stream nor iterable");
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

class Workers extends PulledItems {
  /** In order of their items. */
  private readonly jobs: Job[] = [];
  private working = 0;
  private begun = 0;
  /** Results that the consumer has had. */
  private passed = 0;
  private isBegun = false;
  /** The next item of the source has been requested, or its function is being called. */
  private isTaking = false;
  private isDrained = false;
  private isLeft = false;
  private isOver = false;
  private failure: { readonly error: unknown } | undefined;
  private readonly source: ItemPuller;
  /** A change for the consumer; results taken, for generators that are ahead. */
  private readonly changed = new Condition();
  private readonly taken = new Condition();

  constructor(
    items: AsyncIterable<unknown>,
    private readonly call: (item: unknown) => unknown,
    private readonly settings: EachSettings,
    private readonly ports: EachPorts,
  ) {
    super();
    this.source = pullerOf(items);
  }

  pull(): MaybePromise<Pulled> {
    if (this.isOver) return done;
    if (!this.isBegun) {
      this.isBegun = true;
      this.takeItems();
    }
    for (;;) {
      if (this.failure) {
        this.leave();
        throw this.failure.error;
      }
      const job = this.nextJob();
      if (job && job.results.length > 0) return { done: false, value: this.resultOf(job) };
      if (job?.isOver === true) this.drop(job);
      else if (this.isDrained && this.jobs.length === 0) {
        this.leave();
        return done;
      } else return this.changed.wait().then(() => this.pull());
    }
  }

  leave(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.isLeft = true;
    this.taken.notify();
    this.ports.finishedLater?.(this.jobs.filter((job) => job.isWhole && !job.isBegun));
    // Not awaited: a source in the middle of an item stops when that item is done.
    if (!this.isDrained) void leaveAfter(this.source);
    this.isDrained = true;
  }

  private resultOf(job: Job): unknown {
    const result = job.results.shift();
    job.isBegun = true;
    this.passed++;
    if (job.isWhole && job.results.length === 0) this.ended(job);
    this.taken.notify();
    return result;
  }

  private drop(job: Job): void {
    this.ended(job);
    if (job === this.jobs[0]) this.jobs.shift();
    else this.jobs.splice(this.jobs.indexOf(job), 1);
    this.takeItems();
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

  /** Takes as many items as there is room for. Called whenever there may be more room. */
  private takeItems(): void {
    if (this.isTaking) return;
    this.isTaking = true;
    try {
      while (!this.isDrained && !this.isLeft && this.hasRoom()) {
        const pulling = this.source.pull();
        if (pulling instanceof Promise) {
          pulling.then((next) => this.takeAfter(next)).catch((error: unknown) => this.failSource(error));
          return;
        }
        this.begin(pulling);
      }
    } catch (error) {
      this.failSource(error);
    }
    this.isTaking = false;
  }

  private takeAfter(next: Pulled): void {
    this.begin(next);
    this.isTaking = false;
    this.takeItems();
  }

  private begin(next: Pulled): void {
    if (next.done === true || this.isLeft) {
      this.drained();
      return;
    }
    const job: Job = { nth: this.begun++, results: [], isBegun: false, isEnded: false, isOver: false, isWhole: false };
    this.jobs.push(job);
    this.working++;
    this.work(job, next.value);
  }

  private failSource(error: unknown): void {
    this.fail(error);
    this.drained();
  }

  private drained(): void {
    this.isDrained = true;
    this.changed.notify();
  }

  private hasRoom(): boolean {
    const limit = this.ports.limit?.() ?? this.settings.workers;
    return this.working < limit && this.jobs.length < 2 * limit;
  }

  private work(job: Job, item: unknown): void {
    try {
      const result: unknown = this.call(item);
      if (!isThenable(result)) return this.finish(job, result);
      Promise.resolve(result).then(
        (value) => this.finish(job, value),
        (error: unknown) => this.failJob(job, error),
      );
    } catch (error) {
      this.failJob(job, error);
    }
  }

  private finish(job: Job, result: unknown): void {
    let fanned: AsyncIterable<unknown> | undefined;
    try {
      fanned = fannedOf(result);
    } catch (error) {
      this.failJob(job, error);
      return;
    }
    if (fanned) {
      this.fanOut(job, fanned).then(
        (isWhole) => this.over(job, isWhole),
        (error: unknown) => this.failJob(job, error),
      );
      return;
    }
    job.results.push(result);
    this.over(job, true);
  }

  private failJob(job: Job, error: unknown): void {
    this.fail(error);
    this.over(job, false);
  }

  private over(job: Job, isWhole: boolean): void {
    job.isWhole = isWhole;
    job.isOver = true;
    this.working--;
    this.changed.notify();
    this.takeItems();
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
    for (const condition of [this.changed, this.taken]) condition.notify();
  }
}
