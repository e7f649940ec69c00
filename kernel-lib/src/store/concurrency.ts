/** Small building blocks for concurrent work: one at a time per key, a limited number overall, or once. Used by all stores. */

/** A mutex per key: work for the same key runs one after the other; work for different keys does not wait. */
export class KeyedMutex {
  private readonly last = new Map<string, Promise<unknown>>();

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(key) ?? Promise.resolve()).then(work, work);
    this.last.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.last.get(key) === turn) this.last.delete(key);
    }
  }
}

/** Work that is done once: all callers share its outcome. After a failure the next caller tries again. */
export class Once<T> {
  private outcome: Promise<T> | undefined;

  /** `isFinal`: false for an outcome that the next caller must not reuse. */
  constructor(
    private readonly work: () => Promise<T>,
    private readonly isFinal: (value: T) => boolean = () => true,
  ) {}

  run(): Promise<T> {
    this.outcome ??= this.work().then(
      (value) => {
        if (!this.isFinal(value)) this.outcome = undefined;
        return value;
      },
      (error: unknown) => {
        this.outcome = undefined;
        throw error;
      },
    );
    return this.outcome;
  }
}

/** Coalesced work: one run serves all callers that asked before it began. */
export class Coalesced {
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;

  constructor(private readonly work: () => Promise<void>) {}

  /** A run that begins after this call; runs follow each other. */
  run(): Promise<void> {
    this.next ??= this.current
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        this.current = this.work();
        return this.current;
      });
    return this.next;
  }
}

/** Fire-and-forget tasks. They must not reject. */
export class BackgroundTasks {
  private readonly pending = new Set<Promise<unknown>>();

  add(task: Promise<unknown>): void {
    this.pending.add(task);
    void task.finally(() => this.pending.delete(task));
  }

  /** Waits for all tasks that had begun. */
  async settled(): Promise<void> {
    await Promise.all(this.pending);
  }
}

/** Does the work for each item, with at most `limit` items in flight, and stops at the first error. */
export async function forEachParallel<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let isStopped = false;
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !isStopped && next.done !== true; next = rest.next()) await work(next.value);
  };
  const workers = Array.from({ length: limit }, worker);
  for (const running of workers) running.catch(() => (isStopped = true));
  await settleAll(workers);
}

/** Waits for all promises even when one rejects, so that no work continues after the caller returns. Throws the first rejection in order. */
export async function settleAll(promises: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(promises);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
