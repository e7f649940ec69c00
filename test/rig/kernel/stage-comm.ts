/** The page's side of the comm `stagebook`: messages from a kernel, and commands to it. Follows the same rules as the browser. */
import { randomUUID } from "node:crypto";
import { COMM_TARGET, PROTOCOL_VERSION, emptyView, reduce, unreachable } from "stagebook/protocol";
import type { Command, ErrorView, KernelMessage, Result, StagebookEvent, View } from "stagebook/protocol";
import { describeEvent } from "./event-log";
import type { JsonRecord, JupyterMessage } from "./wire";

/** A command that the kernel refused, or that failed. */
export class CommandError extends Error {
  constructor(readonly error: ErrorView) {
    super(error.message);
  }
}

/** A page answers what the kernel sends at most this often. */
const ANSWER_EVERY_MS = 60_000;

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

export class StageComm {
  /** The open comms, oldest first; commands are sent over the latest. */
  readonly open: string[] = [];
  /** Every kernel message as received, for tests of the wire format. */
  readonly received: { readonly comm: string; readonly at: number; readonly message: KernelMessage }[] = [];
  /** All events in order, each once. */
  readonly events: StagebookEvent[] = [];
  /** Gaps in the events, after each of which a sync was requested. */
  readonly gaps: { readonly after: number; readonly next: number }[] = [];
  view: View = emptyView;
  private readonly waiting = new Map<string, Waiting>();
  private readonly watchers = new Set<() => void>();
  private readonly answeredAt = new Map<string, number>();

  constructor(private readonly send: (type: string, content: JsonRecord) => void) {}

  /** Opens a comm from this side, as a page does after a reload. Resolves with its id once the kernel's snapshot has arrived. */
  async openComm(page: JsonRecord = {}, timeoutMs = 60_000): Promise<string> {
    const comm = randomUUID();
    const before = this.received.length;
    this.send("comm_open", { comm_id: comm, target_name: COMM_TARGET, data: page });
    this.open.push(comm);
    const hasSnapshot = (): boolean =>
      this.received.slice(before).some((r) => r.comm === comm && r.message.type === "snapshot");
    await this.until(hasSnapshot, "a snapshot on the comm that the page opened", timeoutMs);
    return comm;
  }

  /** Sends a command and resolves with its result. Rejects with CommandError when the kernel's reply is an error. */
  async command<C extends Command>(command: C, timeoutMs = 60_000): Promise<Result<C["type"]>> {
    const id = randomUUID();
    const reply = new Promise<Result<C["type"]>>((resolve, reject) => this.waiting.set(id, { resolve, reject }));
    this.sendRaw({ ...command, v: PROTOCOL_VERSION, id });
    const timer = setTimeout(
      () => this.waiting.get(id)?.reject(new Error(`no reply to ${command.type} in ${timeoutMs} ms\n${this.dump()}`)),
      timeoutMs,
    );
    try {
      return await reply;
    } finally {
      clearTimeout(timer);
      this.waiting.delete(id);
    }
  }

  /** Sends any data over the latest comm, well-formed or not. */
  sendRaw(data: JsonRecord): void {
    const comm = this.open.at(-1);
    if (comm === undefined) throw new Error("no comm is open: has a cell imported stagebook?");
    this.send("comm_msg", { comm_id: comm, data });
  }

  /** Waits for a state of the events and the view; checks after every message. */
  async until(
    reached: (events: readonly StagebookEvent[], view: View) => boolean,
    label: string,
    timeoutMs = 60_000,
  ): Promise<void> {
    if (reached(this.events, this.view)) return;
    await new Promise<void>((resolve, reject) => {
      const watch = (): void => {
        if (!reached(this.events, this.view)) return;
        finish();
        resolve();
      };
      const timer = setTimeout(() => {
        finish();
        reject(new Error(`waited ${timeoutMs} ms for: ${label}\n${this.dump()}`));
      }, timeoutMs);
      const finish = (): void => {
        clearTimeout(timer);
        this.watchers.delete(watch);
      };
      this.watchers.add(watch);
    });
  }

  /** Called by the rig for comm messages of the kernel. */
  accept(message: JupyterMessage): void {
    const comm = String(message.content.comm_id);
    if (message.type === "comm_open" && message.content.target_name === COMM_TARGET) this.open.push(comm);
    if (!this.open.includes(comm)) return;
    if (message.type === "comm_close") this.open.splice(this.open.indexOf(comm), 1);
    const data = message.content.data as KernelMessage | undefined;
    if (data && "type" in data) {
      this.received.push({ comm, at: message.at, message: data });
      this.answer(comm);
      this.apply(data);
    }
    for (const watch of [...this.watchers]) watch();
  }

  /** Resets everything, for a new kernel. */
  reset(): void {
    this.open.length = this.received.length = this.events.length = this.gaps.length = 0;
    this.answeredAt.clear();
    this.view = emptyView;
    for (const waiting of this.waiting.values()) waiting.reject(new Error("the kernel was stopped"));
  }

  /** The known state, for the message of a failed wait. */
  dump(): string {
    const stages = Object.values(this.view.stages).map((stage) => `${stage.name}: ${stage.status}`);
    return [
      `comms open: ${this.open.length}, messages: ${this.received.length}, view at seq ${this.view.seq}`,
      `stages: ${stages.join(", ") || "none"}`,
      `last events:`,
      ...this.events.slice(-30).map(describeEvent),
    ].join("\n");
  }

  /** As a page does, which the kernel would take for gone otherwise. */
  private answer(comm: string): void {
    if (!this.answeredAt.has(comm)) this.answeredAt.set(comm, Date.now());
    if (Date.now() - (this.answeredAt.get(comm) ?? 0) < ANSWER_EVERY_MS) return;
    this.answeredAt.set(comm, Date.now());
    this.send("comm_msg", { comm_id: comm, data: { v: PROTOCOL_VERSION, id: randomUUID(), type: "alive" } });
  }

  private apply(message: KernelMessage): void {
    switch (message.type) {
      case "snapshot":
        if (message.seq >= this.view.seq) this.view = message.view;
        return;
      case "events":
        for (const event of message.events) this.applyEvent(event);
        return;
      case "reply": {
        const waiting = this.waiting.get(message.id);
        if (message.ok) waiting?.resolve(message.result as never);
        else waiting?.reject(new CommandError(message.error));
        return;
      }
      default:
        unreachable(message);
    }
  }

  private applyEvent(event: StagebookEvent): void {
    if (event.seq > (this.events.at(-1)?.seq ?? 0)) this.events.push(event);
    if (event.seq <= this.view.seq) return;
    if (event.seq > this.view.seq + 1) {
      this.gaps.push({ after: this.view.seq, next: event.seq });
      this.sendRaw({ v: PROTOCOL_VERSION, id: randomUUID(), type: "sync" });
      return;
    }
    this.view = reduce(this.view, event);
  }
}
