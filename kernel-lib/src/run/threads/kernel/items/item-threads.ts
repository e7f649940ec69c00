/**
 * The worker threads of one `each`. Items are sent in messages of a few milliseconds of work, and each thread has a second message
 * waiting. Items behind one that takes long are taken back, and sent to threads that are free.
 */
import { monotonicNow } from "../../../../async/clock";
import type { CallRequest } from "../../messages";
import { BatchSize } from "./batch-size";
import { ItemThread, type Job, type ItemThreadPorts } from "./item-thread";

/** How often threads that send no message are polled for their progress. */
const POLL_MS = 20;
/** A thread that has had no items for this long is free for other stages. */
const IDLE_MS = 200;
/** Bytes of items and results in flight: above this limit each thread has one item. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Taking back items that are shorter than this costs more than it saves. */
const WORTH_MS = 0.2;

export interface ItemThreadsSetup extends Pick<ItemThreadPorts, "handler" | "threads" | "limitBytes"> {
  readonly call: Omit<CallRequest, "task">;
  readonly task: { readonly areShipped: boolean; readonly folder: string | undefined };
  /** How many threads. */
  readonly workers: number;
  readonly signal: AbortSignal;
}

export class ItemThreads {
  private readonly size = new BatchSize();
  private readonly threads = new Set<ItemThread>();
  /** In the order in which they are to begin. */
  private pending: Job[] = [];
  private bytes = 0;
  private isScheduled = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly setup: ItemThreadsSetup) {
    setup.signal.addEventListener("abort", () => this.abort(), { once: true });
  }

  /** How many items may be in progress now. */
  get limit(): number {
    const { workers } = this.setup;
    // For each thread what it has, and the next message.
    const { perThread, count } = this.size;
    return perThread === 1 || this.bytes > MAX_BYTES ? workers : workers * (perThread + count);
  }

  /**
   * Rejected with what the function throws, the reason when cancelled, and StagebookError: `worker-memory`, `worker-crashed` when its
   * thread ends while it processes the item.
   */
  add(job: Job): void {
    const { signal } = this.setup;
    if (signal.aborted) {
      job.reject(signal.reason);
      return;
    }
    this.bytes += job.bytes.byteLength;
    this.size.addSize(job.bytes.byteLength);
    this.pending.push(job);
    this.schedule();
  }

  /** The item has succeeded, failed or was cancelled. */
  private settled({ bytes }: Job, resultBytes: number): void {
    this.bytes -= bytes.byteLength;
    this.size.addSize(resultBytes);
  }

  /** Once for all items that come in the same turn. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      if (!this.setup.signal.aborted) this.dispatch();
    });
  }

  private dispatch(): void {
    // The one with the least first.
    const ready = [...this.threads]
      .filter((thread) => thread.isReady && !thread.isStuck)
      .sort((a, b) => a.load - b.load);
    const takers = ready.filter((thread) => this.roomOf(thread) > 0);
    for (const [at, thread] of takers.entries()) {
      // The last items go to all threads.
      const share = Math.ceil(this.pending.length / (takers.length - at));
      this.fill(thread, Math.min(this.roomOf(thread), share));
    }
    if (this.pending.length > 0) this.startThreads();
    else this.balance(ready);
  }

  /** How many items to send to it: none while it has more than one message. */
  private roomOf({ load }: ItemThread): number {
    const { perThread, count } = this.size;
    return load <= count ? Math.max(0, perThread - load) : 0;
  }

  private fill(thread: ItemThread, items: number): void {
    for (let left = items; left > 0 && this.pending.length > 0; left -= this.size.count)
      thread.send(this.pending.splice(0, Math.min(left, this.size.count)));
  }

  private startThreads(): void {
    const starting = [...this.threads].filter((thread) => !thread.isReady).length;
    const missing = Math.min(this.pending.length - starting, this.setup.workers - this.threads.size);
    for (let n = 0; n < missing; n++) this.startThread();
  }

  private startThread(): void {
    const { call, task, handler, threads, limitBytes } = this.setup;
    this.timer ??= setInterval(() => this.poll(), POLL_MS).unref();
    const thread = new ItemThread(call, task, {
      handler,
      threads,
      limitBytes,
      changed: () => this.schedule(),
      settled: (job, resultBytes) => this.settled(job, resultBytes),
      took: (ms, items) => this.size.addTime(ms, items),
      ended: (ended, left, error) => this.ended(ended, left, error),
    });
    this.threads.add(thread);
  }

  /** Without further items, a thread that has none helps the one with the most. */
  private balance(ready: readonly ItemThread[]): void {
    const { itemMs = 0 } = this.size;
    const fullest = ready.at(-1);
    if (itemMs < WORTH_MS || !fullest || fullest.load < 2) return;
    const free = ready.find((thread) => thread.load === 0);
    if (!free) return;
    const taken = fullest.takeBack(Math.floor(fullest.load / 2));
    if (taken.length > 0) free.send(taken);
  }

  private poll(): void {
    for (const thread of this.threads) {
      thread.collect();
      if (thread.isStillOnSameItem()) this.takeBack(thread);
      if (thread.load > 0) thread.idleSince = monotonicNow();
      else if (thread.isReady && monotonicNow() - (thread.idleSince ||= monotonicNow()) > IDLE_MS) thread.finish();
    }
    if (this.pending.length > 0) this.schedule();
  }

  private takeBack(thread: ItemThread): void {
    const taken = thread.takeBack();
    if (taken.length > 0) this.pending = [...taken, ...this.pending];
  }

  private ended(thread: ItemThread, left: readonly Job[], error: unknown): void {
    this.threads.delete(thread);
    this.pending = [...left, ...this.pending];
    if (this.threads.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    const { signal } = this.setup;
    if (signal.aborted) this.reject(this.pending.splice(0), signal.reason);
    // Another thread would end in the same way.
    else if (error !== undefined && !thread.hasWorked) this.reject(this.pending.splice(0, 1), error);
    if (this.pending.length > 0) this.schedule();
  }

  private abort(): void {
    const { reason } = this.setup.signal as { readonly reason: unknown };
    this.reject(this.pending.splice(0), reason);
    for (const thread of this.threads)
      if (thread.load === 0) thread.finish();
      else thread.abort(reason);
  }

  private reject(jobs: readonly Job[], reason: unknown): void {
    for (const job of jobs) {
      this.settled(job, 0);
      job.reject(reason);
    }
  }
}
