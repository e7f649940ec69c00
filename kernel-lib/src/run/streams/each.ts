/**
 * A function mapped over the items of a source, several items in parallel. At most `workers` items are in progress, and at most as many
 * more are finished and wait for their turn or for the consumer. Nothing else is taken from the source.
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
  /** Called immediately with the first error, whatever the consumer waits for. */
  failed(error: unknown): void;
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
  return settings.workers === 1 ? oneByOne(items, call) : new Workers(items, call, settings, ports).results();
}

async function* itemsOfList(source: unknown): AsyncGenerator<unknown, void, undefined> {
  if (typeof source !== "object" || source === null || !(Symbol.iterator in source))
    throw new TypeError("the source of each is neither a stream nor iterable");
  for (const item of source as Iterable<unknown>) yield item;
}

async function* oneByOne(
  items: AsyncIterable<unknown>,
  call: (item: unknown) => unknown,
): AsyncGenerator<unknown, void, undefined> {
  for await (const item of items) {
    const result: unknown = await call(item);
    const fanned = fannedOf(result);
    if (!fanned) yield result;
    else for await (const each of fanned) yield each;
  }
}

/** A generator has several results for one item; any other iterable is a single result. */
function fannedOf(result: unknown): AsyncIterable<unknown> | undefined {
  return typeof result === "object" && result !== null && "next" in result ? itemsOf(result) : undefined;
}

/** The results of one item, in order, and whether there will be more. */
interface Job {
  readonly results: unknown[];
  isOver: boolean;
}

class Workers {
  /** In order of their items. */
  private readonly jobs: Job[] = [];
  private working = 0;
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
          this.taken.notify();
          yield result;
        } else if (job?.isOver === true) {
          this.jobs.splice(this.jobs.indexOf(job), 1);
          this.room.notify();
        } else if (this.isDrained && this.jobs.length === 0) return;
        else await this.changed.wait();
      }
    } finally {
      this.isLeft = true;
      for (const condition of [this.room, this.taken]) condition.notify();
      // Not awaited: a source in the middle of an item stops when that item is done.
      if (!this.isDrained) this.source.return?.().catch(() => undefined);
    }
  }

  /** The job whose results are next. */
  private nextJob(): Job | undefined {
    if (this.settings.ordered) return this.jobs[0];
    return this.jobs.find((job) => job.results.length > 0 || job.isOver);
  }

  private async takeItems(): Promise<void> {
    const { workers } = this.settings;
    try {
      for (;;) {
        while (!this.isLeft && (this.working >= workers || this.jobs.length >= 2 * workers)) await this.room.wait();
        if (this.isLeft) break;
        const next: IteratorResult<unknown, unknown> = await this.source.next();
        if (next.done === true || this.isLeft) break;
        const job: Job = { results: [], isOver: false };
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

  private async work(job: Job, item: unknown): Promise<void> {
    try {
      const result: unknown = await this.call(item);
      const fanned = fannedOf(result);
      if (fanned) await this.fanOut(job, fanned);
      else job.results.push(result);
    } catch (error) {
      this.fail(error);
    } finally {
      job.isOver = true;
      this.working--;
      this.changed.notify();
      this.room.notify();
    }
  }

  private async fanOut(job: Job, results: AsyncIterable<unknown>): Promise<void> {
    for await (const result of results) {
      if (this.isLeft) return;
      job.results.push(result);
      this.changed.notify();
      while (!this.isLeft && job.results.length >= FANNED_AHEAD) await this.taken.wait();
    }
  }

  private fail(error: unknown): void {
    if (this.failure || this.isLeft) return;
    this.failure = { error };
    this.isLeft = true;
    this.ports.failed(error);
    for (const condition of [this.changed, this.room, this.taken]) condition.notify();
  }
}
