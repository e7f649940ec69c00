/** One thread that works through items of an `each`: what was sent to it, and what comes back. */
import type { ReadRecorder } from "../../../../observe";
import { errorOfData } from "../../error-data";
import type { CallRequest, ItemMessage, ItemResult, ThreadMessage } from "../../messages";
import { noPermit, ThreadSession, type SessionPorts } from "../thread-session";
import { packItems, type EncodedItem } from "../../items/item-batch";
import { ItemMemory } from "../../items/item-memory";

/** An item whose result is awaited. */
export interface Job extends EncodedItem {
  /** Takes over what the function reads from outside. */
  readonly recorder: ReadRecorder;
  resolve(result: ItemResult): void;
  reject(error: unknown): void;
}

export interface ItemThreadPorts extends Pick<SessionPorts, "handler" | "threads" | "limitBytes"> {
  /** The thread is ready, has ended items, or has no items left. */
  changed(): void;
  /** It receives no further items; those that have not begun are for other threads. `error`: why, when the worker thread itself has ended. */
  ended(thread: ItemThread, left: readonly Job[], error?: unknown): void;
  /** An item has ended; the length of its result. */
  settled(job: Job, resultBytes: number): void;
  /** How long items took that have ended, in sum. */
  took(ms: number, items: number): void;
}

export class ItemThread {
  /** Whether it accepts items: false until it has started, and while it is being ended. */
  isReady = false;
  /** When it had nothing left to do, by the caller's clock. */
  idleSince = 0;
  private readonly memory = new ItemMemory();
  private readonly session: ThreadSession;
  /** In the order in which they were sent. */
  private readonly jobs = new Map<number, Job>();
  private sent = 0;
  private hasStarted = false;
  private isBlamed = false;
  private finished = 0;
  private busyMs = 0;
  /** The item that it was working on at the last poll. */
  private seen: number | undefined;

  constructor(
    call: Omit<CallRequest, "task">,
    task: { readonly areShipped: boolean; readonly folder: string | undefined },
    private readonly ports: ItemThreadPorts,
  ) {
    const { handler, threads, limitBytes } = ports;
    const { folder, areShipped } = task;
    const own = { kind: "items", memory: this.memory.shared, areShipped, ...(folder === undefined ? {} : { folder }) } as const; // prettier-ignore
    const receive = (message: ThreadMessage): void => this.receive(message as ItemMessage);
    this.session = new ThreadSession(
      { ...call, task: own },
      { handler, threads, limitBytes, permit: noPermit, receive },
    );
    this.session.ended().then(
      () => this.end(),
      (error: unknown) => this.end(error),
    );
  }

  /** Whether any item has ended in it, or was to blame for its end. */
  get hasWorked(): boolean {
    return this.finished !== 0 || this.isBlamed;
  }

  /** Items that were sent, and have not ended. */
  get load(): number {
    return this.jobs.size;
  }

  /** It has worked on one item for so long that the items behind it went to other threads. */
  get isStuck(): boolean {
    return this.seen !== undefined && this.memory.current === this.seen;
  }

  send(jobs: readonly Job[]): void {
    const from = this.sent;
    for (const job of jobs) {
      this.memory.queue(this.sent);
      this.jobs.set(this.sent++, job);
    }
    const batch = packItems(from, jobs);
    this.session.send({ type: "items", batch }, [batch.bytes.buffer]);
  }

  /** Settles the items that have ended, even if the thread is too busy to send a message. */
  collect(): void {
    for (let result = this.memory.take(); result; result = this.memory.take()) {
      const { at, value, isFanned } = result;
      this.settle(at, value.byteLength)?.resolve({ value, isFanned });
    }
    const { finished, busyMs } = this.memory;
    const items = (finished - this.finished) | 0;
    if (items > 0) this.ports.took(busyMs - this.busyMs, items);
    this.finished = finished;
    this.busyMs = busyMs;
  }

  /** Whether the thread is working on the same item as at the last call; called at regular intervals. */
  isStillOnSameItem(): boolean {
    const { current } = this.memory;
    const isSame = current !== undefined && current === this.seen;
    this.seen = current;
    return isSame;
  }

  /** The last items that have not begun, in order, up to a number of them. */
  takeBack(count = Infinity): readonly Job[] {
    const left: Job[] = [];
    for (const [at, job] of [...this.jobs].reverse()) {
      if (left.length >= count) break;
      if (!this.memory.takeBack(at)) continue;
      this.jobs.delete(at);
      left.unshift(job);
    }
    return left;
  }

  /** Ends it when its items have ended. */
  finish(): void {
    this.isReady = false;
    this.ports.threads.frees(this.session.ended());
    this.session.send({ type: "end" });
  }

  /** Ends it soon, whatever the function does. */
  abort(reason: unknown): void {
    this.isReady = false;
    this.session.abort(reason);
  }

  private settle(at: number, resultBytes = 0): Job | undefined {
    const job = this.jobs.get(at);
    this.jobs.delete(at);
    if (job) this.ports.settled(job, resultBytes);
    return job;
  }

  private receive(message: ItemMessage): void {
    // Before one that fails: what has ended before it is kept.
    this.collect();
    switch (message.type) {
      case "worked":
        if (!this.hasStarted) this.hasStarted = this.isReady = true;
        break;
      case "item-observed": {
        const { reads, volatile, changed } = message.observed;
        this.jobs.get(message.at)?.recorder.add(reads, volatile, changed);
        return;
      }
      case "item-returned":
        this.settle(message.at, message.result.value.byteLength)?.resolve(message.result);
        break;
      case "item-failed":
        this.settle(message.at)?.reject(errorOfData(message.error));
        // If the stage fails, it has been aborted by then.
        setImmediate(() => this.session.send({ type: "resume" }));
    }
    this.ports.changed();
  }

  private end(error?: unknown): void {
    this.isReady = false;
    this.collect();
    if (error !== undefined) this.blame(error);
    const left = [...this.jobs.values()];
    this.jobs.clear();
    void this.session.close();
    this.ports.ended(this, left, error);
  }

  /** The item that was being processed fails. */
  private blame(error: unknown): void {
    const begun = [...this.jobs.keys()].find((at) => this.memory.hasBegun(at));
    // Memory that earlier items have kept is the stage's too.
    const at = begun ?? (this.session.hasTooMuchMemory ? [...this.jobs.keys()][0] : undefined);
    if (at === undefined) return;
    this.isBlamed = true;
    this.settle(at)?.reject(error);
  }
}
