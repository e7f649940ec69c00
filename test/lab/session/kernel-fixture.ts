/** A fake of the kernel's end of the wire. */
import { Subject } from "rxjs";
import type { EventBody, KernelMessage, PageMessage, StagebookEvent, View } from "stagebook/protocol";
import { emptyView } from "stagebook/protocol";
import type { Transport } from "../../../lab-extension/src/session/transport";

export class FakeKernel implements Transport {
  readonly incoming$ = new Subject<unknown>();
  readonly received: PageMessage[] = [];
  closed = false;
  /** How often the page reopened the channel. */
  opened = 0;
  /** The id of this kernel process. */
  life: string | undefined;
  private seq = 0;

  send(message: PageMessage): void {
    if (this.closed) throw new Error("closed");
    this.received.push(message);
  }

  open(): void {
    this.opened++;
  }

  close(): void {
    this.closed = true;
  }

  /** The types of the commands that came in, in order. */
  commands(): readonly PageMessage["type"][] {
    return this.received.map((message) => message.type);
  }

  sendSnapshot(view: View = emptyView): void {
    this.post({
      v: 1,
      type: "snapshot",
      kernel: this.life,
      seq: this.seq,
      view: { ...view, seq: this.seq },
      stagebook: "0.1.0",
    });
  }

  sendEvents(...executed: readonly EventBody[]): void {
    this.post({
      v: 1,
      type: "events",
      kernel: this.life,
      from: this.seq + 1,
      events: this.makeEvents(...executed),
    });
  }

  /** Emits events whose message is lost. */
  loseEvents(...executed: readonly EventBody[]): void {
    this.makeEvents(...executed);
  }

  /** The message that the kernel sends while nothing happens. */
  sendBeacon(): void {
    this.sendEvents();
  }

  /** A new process: numbers begin again. */
  restart(): void {
    this.life = `${this.life ?? ""}again`;
    this.seq = 0;
  }

  accept(result: unknown, index = this.received.length - 1): void {
    this.post({ v: 1, type: "reply", id: this.idAt(index), ok: true, result });
  }

  refuse(message: string, advice: string, index = this.received.length - 1): void {
    this.post({
      v: 1,
      type: "reply",
      id: this.idAt(index),
      ok: false,
      error: { code: "refused", message, advice },
    });
  }

  post(message: KernelMessage): void {
    this.incoming$.next(JSON.parse(JSON.stringify(message)));
  }

  private idAt(index: number): string {
    const message = this.received[index];
    if (!message || message.type === "alive") throw new Error(`message ${index} is not a command`);
    return message.id;
  }

  makeEvents(...executed: readonly EventBody[]): StagebookEvent[] {
    return executed.map((body) => ({ ...body, seq: ++this.seq, at: this.seq * 1000 }));
  }
}

export function stageDefined(name: string): EventBody {
  return { type: "stage:defined", stage: { name, cell: null } };
}

export function logWritten(message: string, at = 0): EventBody {
  return {
    type: "log:written",
    record: { at, level: "info", stage: null, cell: null, run: null, message, fields: {}, source: "log" },
  };
}
