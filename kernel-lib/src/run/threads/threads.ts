/** The threads of this process that run stages: started when they are needed, ended when idle. One pool for all pipelines. */
import os from "node:os";
import path from "node:path";
import { SHARE_ENV, type MessagePort, type ResourceLimits } from "node:worker_threads";
import { Piscina } from "piscina";
import { Semaphore } from "../../async/semaphore";
import type { CallOrder } from "./messages";

/** What a thread is handed. */
export interface ThreadTask {
  readonly port: MessagePort;
  readonly order: CallOrder;
}

/** Calls that wait for another stage give up their place: more threads than places may exist. */
const MAX_THREADS = 256;
const IDLE_MS = 10_000;
/** Compiled; beside the sources it is the one that was built from them. */
const FILE = path.join(__dirname, "..", "..", "..", "lib", "worker.js");

export class Threads {
  /** At most so many calls work at the same time. */
  readonly places: Semaphore;
  private readonly pool: Piscina;

  constructor({ count = os.availableParallelism(), limits }: { count?: number; limits?: ResourceLimits } = {}) {
    this.places = new Semaphore(count);
    this.pool = new Piscina({
      filename: FILE,
      minThreads: 0,
      maxThreads: MAX_THREADS,
      concurrentTasksPerWorker: 1,
      idleTimeout: IDLE_MS,
      // A variable of the environment means the same in both.
      env: SHARE_ENV,
      execArgv: [],
      ...(limits ? { resourceLimits: limits } : {}),
    });
    // A thread that ends while nothing is asked of it harms nobody: the next call starts another.
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
