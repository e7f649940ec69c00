/** Events, snapshots and replies to the pages that show this kernel: numbered, batched, repeated on request. */
import type { Subscription } from "rxjs";
import type { EventBus } from "../events/bus";
import {
  decodeCommand,
  MESSAGES_PER_SECOND,
  PROTOCOL_VERSION,
  type Command,
  type KernelMessage,
  type StagebookEvent,
} from "../protocol";
import { StagebookError } from "../protocol";
import { viewOfError } from "../run/error-view";
import type { CommListener } from "./comms";

export interface PageLinkParts {
  readonly bus: EventBus;
  readonly stagebook: string;
  send(comm: string, message: KernelMessage): void;
  comms(): readonly string[];
  execute(command: Command): Promise<unknown>;
}

export class PageLink implements CommListener {
  private waiting: StagebookEvent[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly subscription: Subscription;

  constructor(private readonly parts: PageLinkParts) {
    this.subscription = parts.bus.events$.subscribe((event) => this.collect(event));
  }

  opened(comm: string): void {
    this.flush();
    this.sendSnapshot(comm);
  }

  received(comm: string, data: unknown): void {
    const { id, v } = (data ?? {}) as { readonly id?: unknown; readonly v?: unknown };
    const reply = (
      answer:
        | { readonly ok: true; readonly result: unknown }
        | { readonly ok: false; readonly error: ReturnType<typeof viewOfError> },
    ): void =>
      this.parts.send(comm, { v: PROTOCOL_VERSION, type: "reply", id: typeof id === "string" ? id : "", ...answer });
    const refuse = (code: string, message: string, advice: string): void =>
      reply({ ok: false, error: viewOfError(new StagebookError(code, message, advice)) });
    if (v !== PROTOCOL_VERSION)
      return refuse(
        "protocol",
        `the page speaks version ${String(v)} of the protocol, this kernel ${PROTOCOL_VERSION}`,
        "Use the same version of stagebook and jupyterlab-stagebook, then reload the page.",
      );
    if (typeof id !== "string" || id === "") return refuse("command", "a command needs an id", "Send { v, id, type }.");
    const command = decodeCommand(data);
    if (typeof command === "string") return refuse("command", command, "Nothing was changed.");
    this.parts.execute(command).then(
      (result) => {
        // What the command caused is seen before its reply.
        this.flush();
        if (command.type === "sync") this.sendSnapshot(comm);
        reply({ ok: true, result: result ?? null });
      },
      (error: unknown) => {
        this.flush();
        reply({ ok: false, error: viewOfError(error) });
      },
    );
  }

  close(): void {
    this.subscription.unsubscribe();
    clearTimeout(this.timer);
  }

  private collect(event: StagebookEvent): void {
    if (this.parts.comms().length === 0) return;
    this.waiting.push(event);
    this.timer ??= setTimeout(
      () => this.flush(),
      (1000 / MESSAGES_PER_SECOND) * Math.max(1, this.parts.comms().length),
    );
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const events = this.waiting;
    this.waiting = [];
    const first = events[0];
    if (!first) return;
    for (const comm of this.parts.comms())
      this.parts.send(comm, { v: PROTOCOL_VERSION, type: "events", from: first.seq, events });
  }

  private sendSnapshot(comm: string): void {
    const { view } = this.parts.bus;
    this.parts.send(comm, {
      v: PROTOCOL_VERSION,
      type: "snapshot",
      seq: view.seq,
      view,
      stagebook: this.parts.stagebook,
    });
  }
}
