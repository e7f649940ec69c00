/** Limits on work at the same time: one at a time for each name, and so many in all. Used by the disk store. */

/** Runs work for the same name one after the other; work for different names does not wait. */
export class Turns {
  private readonly last = new Map<string, Promise<unknown>>();

  async take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.last.get(name) ?? Promise.resolve()).then(work, work);
    this.last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.last.get(name) === turn) this.last.delete(name);
    }
  }
}

/** Work of which one run serves all who asked before it began. */
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

/** Work that nobody waits for when it begins. Whatever may fail is caught before. */
export class Background {
  private readonly underWay = new Set<Promise<unknown>>();

  add(work: Promise<unknown>): void {
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  /** Until what had begun has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.underWay);
  }
}

/** Lets so many pieces of work go on at once; the others wait in order. */
export class Gate {
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(atOnce: number) {
    this.free = atOnce;
  }

  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** Does the work for each item, so many at once, and stops at the first error. */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let isStopped = false;
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !isStopped && next.done !== true; next = rest.next()) await work(next.value);
  };
  const workers = Array.from({ length: atOnce }, worker);
  for (const running of workers) running.catch(() => (isStopped = true));
  await allEnded(workers);
}

/** Waits for all of them, also when one fails: then nothing goes on behind the caller's back. Throws what the first in order threw. */
export async function allEnded(works: readonly Promise<unknown>[]): Promise<void> {
  const results = await Promise.allSettled(works);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}
