/** What is to be sent to the pages, in order and paced, so that neither a page nor the server is flooded. Used by PageLink. */
import {
  BEACON_MS,
  EVENTS_PER_MESSAGE,
  MESSAGES_PER_SECOND,
  PROTOCOL_VERSION,
  type KernelMessage,
  type StagebookEvent,
} from "../../protocol";

export interface OutboxParts {
  /** Tells this life of the kernel from the next. */
  readonly kernel: string;
  send(comm: string, message: KernelMessage): void;
  comms(): readonly string[];
  /** Of the last event that happened. */
  seq(): number;
}

/** Events go to every comm that is open when they are sent. */
type Letter =
  { readonly events: readonly StagebookEvent[] } | { readonly comm: string; readonly message: KernelMessage };

/** After that many nothing is said any more: the server is to see that the kernel is idle. */
const BEACONS = 60;

export class Outbox {
  private events: StagebookEvent[] = [];
  private readonly letters: Letter[] = [];
  private next: NodeJS.Timeout | undefined;
  private beacon: NodeJS.Timeout | undefined;
  private beaconsLeft = 0;
  private isClosed = false;

  constructor(private readonly parts: OutboxParts) {}

  /** Sent together with the others of the same moment. */
  add(event: StagebookEvent): void {
    if (this.isClosed || this.parts.comms().length === 0) return;
    this.events.push(event);
    this.sendLater();
  }

  /** Sent as soon as every event so far is out. */
  post(comm: string, message: KernelMessage): void {
    if (this.isClosed) return;
    this.seal();
    this.letters.push({ comm, message });
    this.send();
  }

  /** Sends up to one message with events, and what need not wait for more of them. */
  send(): void {
    clearTimeout(this.next);
    this.next = undefined;
    this.seal();
    let hasSentEvents = false;
    for (let letter = this.letters[0]; letter; letter = this.letters[0]) {
      if ("events" in letter) {
        if (hasSentEvents) break;
        hasSentEvents = true;
        this.tellAll(letter.events[0]?.seq ?? 0, letter.events);
      } else this.parts.send(letter.comm, letter.message);
      this.letters.shift();
    }
    if (this.letters.length > 0) this.sendLater();
    this.beaconsLeft = BEACONS;
    this.startBeacon();
  }

  /** Nothing is sent any more. */
  close(): void {
    this.isClosed = true;
    clearTimeout(this.next);
    clearTimeout(this.beacon);
  }

  /** What comes now goes into another message. */
  private seal(): void {
    for (let at = 0; at < this.events.length; at += EVENTS_PER_MESSAGE)
      this.letters.push({ events: this.events.slice(at, at + EVENTS_PER_MESSAGE) });
    this.events = [];
  }

  private sendLater(): void {
    const comms = Math.max(1, this.parts.comms().length);
    this.next ??= setTimeout(() => this.send(), (1000 / MESSAGES_PER_SECOND) * comms);
  }

  private tellAll(from: number, events: readonly StagebookEvent[]): void {
    const { kernel } = this.parts;
    for (const comm of this.parts.comms())
      this.parts.send(comm, { v: PROTOCOL_VERSION, type: "events", kernel, from, events });
  }

  private startBeacon(): void {
    clearTimeout(this.beacon);
    if (this.beaconsLeft <= 0) return;
    this.beacon = setTimeout(() => {
      this.beaconsLeft -= 1;
      if (!this.next) this.tellAll(this.parts.seq() + 1, []);
      this.startBeacon();
    }, BEACON_MS).unref();
  }
}
