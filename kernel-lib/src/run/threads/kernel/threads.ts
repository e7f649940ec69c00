/** The worker threads of this process, for all pipelines: they start on demand and end when idle. */
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { SHARE_ENV } from "node:worker_threads";
import type * as piscinaPackage from "piscina";
import type { Piscina } from "piscina";
import { lazyModule } from "../../../async/lazy-module";
import { builtFile } from "../../../async/own-code";
import { Semaphore } from "../../../async/semaphore";
import { MemoryWatch } from "./memory-watch";
import type { ThreadTask } from "../messages";

/** Calls that wait for another stage lend their permit: more threads than permits may exist. */
const MAX_THREADS = 256;
const MB = 2 ** 20;
const IDLE_MS = 10_000;
/** Maximum wait for a thread that is about to be free: its function may have left something behind that blocks it. */
const FREED_MS = 50;
const loadPiscina = lazyModule<typeof piscinaPackage>("piscina");

export class Threads {
  /** One permit for each call that is running. */
  readonly permits: Semaphore;
  readonly memoryWatch = new MemoryWatch();
  /** Threads that are about to be free. */
  private readonly freed = new Set<Promise<void>>();
  /** One pool for each limit of memory, in MB: a thread has its limit from its start on. */
  private readonly pools = new Map<number, Piscina>();

  constructor({ count = os.availableParallelism() }: { count?: number } = {}) {
    this.permits = new Semaphore(count);
  }

  /** A thread is about to be free. */
  frees(ended: Promise<void>): void {
    const freed = ended.catch(() => undefined).finally(() => this.freed.delete(freed));
    this.freed.add(freed);
  }

  /** Rejects when the thread ends first. When the signal aborts, the thread is ended. `limitBytes`: how much memory it may use. */
  async run(task: ThreadTask, limitBytes: number, signal: AbortSignal): Promise<void> {
    // Otherwise the pool would start another one.
    if (this.freed.size > 0) await Promise.race([Promise.all(this.freed), sleep(FREED_MS, undefined, { ref: false })]);
    await this.poolOf(Math.ceil((limitBytes + leewayOf(limitBytes)) / MB)).run(task, {
      transferList: [task.port],
      signal,
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.pools.values()].map((pool) => pool.destroy()));
  }

  private poolOf(limitMb: number): Piscina {
    const known = this.pools.get(limitMb);
    if (known) return known;
    const pool = new (loadPiscina().Piscina)({
      filename: builtFile("worker.js"),
      minThreads: 0,
      maxThreads: MAX_THREADS,
      concurrentTasksPerWorker: 1,
      idleTimeout: IDLE_MS,
      // Environment variables have the same values in both.
      env: SHARE_ENV,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: limitMb },
    });
    // A thread that ends while idle affects no call: the next one starts another thread.
    pool.on("error", () => undefined);
    this.pools.set(limitMb, pool);
    return pool;
  }
}

/**
 * What V8 allows beyond the limit. The watch ends a call that passes its limit; V8 ends one that it meets in the middle of an allocation,
 * and ends the whole process when that allocation needs much more: large enough that this does not happen with values of usual sizes.
 */
function leewayOf(limitBytes: number): number {
  return Math.max(256 * MB, Math.min(limitBytes / 2, 1024 * MB));
}

let shared: Threads | undefined;

export function sharedThreads(): Threads {
  return (shared ??= new Threads());
}
