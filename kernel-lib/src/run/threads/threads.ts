/** The pool of worker threads of this process: threads start on demand and end when idle. One pool for all pipelines. */
import os from "node:os";
import path from "node:path";
import { SHARE_ENV, type MessagePort, type ResourceLimits } from "node:worker_threads";
import { Piscina } from "piscina";
import { Semaphore } from "../../async/semaphore";
import type { CallRequest } from "./messages";

/** One call, with the port for its messages. */
export interface ThreadTask {
  readonly port: MessagePort;
  readonly call: CallRequest;
}

/** Calls that wait for another stage lend their permit: more threads than permits may exist. */
const MAX_THREADS = 256;
const IDLE_MS = 10_000;
/** The compiled file, also when this file runs from its source. */
const FILE = path.join(__dirname, "..", "..", "..", "lib", "worker.js");

export class Threads {
  /** One permit for each call that is running. */
  readonly permits: Semaphore;
  private readonly pool: Piscina;

  constructor({ count = os.availableParallelism(), limits }: { count?: number; limits?: ResourceLimits } = {}) {
    this.permits = new Semaphore(count);
    this.pool = new Piscina({
      filename: FILE,
      minThreads: 0,
      maxThreads: MAX_THREADS,
      concurrentTasksPerWorker: 1,
      idleTimeout: IDLE_MS,
      // Environment variables have the same values in both.
      env: SHARE_ENV,
      execArgv: [],
      ...(limits ? { resourceLimits: limits } : {}),
    });
    // A thread that ends while idle affects no call: the next one starts another thread.
    this.pool.on("error", () => undefined);
  }

  /** Rejects when the thread ends first. When the signal aborts, the thread is ended. */
  async run(task: ThreadTask, signal: AbortSignal): Promise<void> {
    await this.pool.run(task, { transferList: [task.port], signal });
  }

  async close(): Promise<void> {
    await this.pool.destroy();
  }
}

let shared: Threads | undefined;

export function sharedThreads(): Threads {
  return (shared ??= new Threads());
}
