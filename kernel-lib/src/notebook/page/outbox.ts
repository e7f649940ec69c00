/** The queue of messages to the pages: in order, and paced, so that neither a page nor the server is flooded. Used by PageLink. */
import {
  BEACON_MS,
  CHARS_PER_MESSAGE,
  EVENTS_PER_MESSAGE,
  MESSAGES_PER_SECOND,
  PROTOCOL_VERSION,
  textSizeOf,
  type KernelMessage,
  type StagebookEvent,
} from "../../protocol";
import type { Comms } from "./comms";

export interface OutboxParts {
  readonly comms: Pick<Comms, "ids" | "send">;
  /** Identifies this life of the kernel. */
  readonly kernel: string;
  /** The number of the latest event. */
  seq(): number;
}

/** Events go to every comm that is open when they are sent. */
type QueuedMessage =
  { readonly events: readonly StagebookEvent[] } | { readonly comm: string; readonly message: KernelMessage };

/** Number of beacons after the last message. Then the kernel is silent: the server should see that it is idle. */
const MAX_BEACONS = 60;

export class Outbox {
  private events: StagebookEvent[] = [];
  private readonly queue: QueuedMessage[] = [];
  private next: NodeJS.Timeout | undefined;
  private beacon: NodeJS.Timeout | undefined;
  private beaconsLeft = 0;
  private isClosed = false;

  constructor(private readonly parts: OutboxParts) {}

  /** Queues an event; it is sent together with the others of the same moment. */
  add(event: StagebookEvent): void {
    if (this.isClosed || this.parts.comms.ids.length === 0) return;
    this.events.push(event);
    this.sendLater();
  }

  /** Queues a message behind every event so far, and sends what may be sent now. */
  post(comm: string, message: KernelMessage): void {
    if (this.isClosed) return;
    this.seal();
    this.queue.push({ comm, message });
    this.send();
  }

  /** Sends at most one message with events, and every other message that need not wait behind a second one. */
  send(): void {
    clearTimeout(this.next);
    this.next = undefined;
    this.seal();
    let hasSentEvents = false;
    for (let first = this.queue[0]; first; first = this.queue[0]) {
      if ("events" in first) {
        if (hasSentEvents) break;
        hasSentEvents = true;
        this.broadcast(first.events[0]?.seq ?? 0, first.events);
      } else this.parts.comms.send(first.comm, first.message);
      this.queue.shift();
    }
    if (this.queue.length > 0) this.sendLater();
    this.beaconsLeft = MAX_BEACONS;
    this.startBeacon();
  }

  /** Ends the sending. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.next);
    clearTimeout(this.beacon);
  }

  /** Later events go into the next message. */
  private seal(): void {
    let some: StagebookEvent[] = [];
    let chars = 0;
    for (const event of this.events) {
      const more = textSizeOf(event);
      if (some.length >= EVENTS_PER_MESSAGE || (some.length > 0 && chars + more > CHARS_PER_MESSAGE)) {
        this.queue.push({ events: some });
        [some, chars] = [[], 0];
      }
      some.push(event);
      chars += more;
    }
    if (some.length > 0) this.queue.push({ events: some });
    this.events = [];
  }

  private sendLater(): void {
    const comms = Math.max(1, this.parts.comms.ids.length);
    this.next ??= setTimeout(() => this.send(), (1000 / MESSAGES_PER_SECOND) * comms);
  }

  private broadcast(from: number, events: readonly StagebookEvent[]): void {
    const { kernel, comms } = this.parts;
    for (const comm of comms.ids) comms.send(comm, { v: PROTOCOL_VERSION, type: "events", kernel, from, events });
  }

  private startBeacon(): void {
    clearTimeout(this.beacon);
    if (this.beaconsLeft <= 0) return;
    this.beacon = setTimeout(() => {
      this.beaconsLeft -= 1;
      if (!this.next) this.broadcast(this.parts.seq() + 1, []);
      this.startBeacon();
    }, BEACON_MS).unref();
  }
}
