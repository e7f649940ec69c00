/** Events, snapshots and replies to the pages that show this kernel: numbered, batched, repeated on request. */
import type { Subscription } from "rxjs";
import type { EventBus } from "../../events/bus";
import { PROTOCOL_VERSION, StagebookError, type Command, type KernelMessage } from "../../protocol";
import { viewOfError } from "../../run/error-view";
import type { CommListener } from "./comms";
import { decodeCommand } from "./decode-command";
import { Outbox } from "./outbox";

export interface PageLinkParts {
  readonly bus: EventBus;
  /** Tells this life of the kernel from the next. */
  readonly kernel: string;
  readonly stagebook: string;
  send(comm: string, message: KernelMessage): void;
  comms(): readonly string[];
  execute(command: Command): Promise<unknown>;
}

export class PageLink implements CommListener {
  private readonly outbox: Outbox;
  private readonly subscription: Subscription;

  constructor(private readonly parts: PageLinkParts) {
    this.outbox = new Outbox({ ...parts, seq: () => parts.bus.view.seq });
    this.subscription = parts.bus.events$.subscribe((event) => this.outbox.add(event));
  }

  opened(comm: string): void {
    this.sendSnapshot(comm);
  }

  received(comm: string, data: unknown): void {
    const { id, v } = (data ?? {}) as { readonly id?: unknown; readonly v?: unknown };
    const reply = (
      answer:
        | { readonly ok: true; readonly result: unknown }
        | { readonly ok: false; readonly error: ReturnType<typeof viewOfError> },
    ): void =>
      this.outbox.post(comm, { v: PROTOCOL_VERSION, type: "reply", id: typeof id === "string" ? id : "", ...answer });
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
    // At once, however long the plan takes: what it brings comes as events.
    if (command.type === "sync") this.sendSnapshot(comm);
    this.parts.execute(command).then(
      // What the command caused is seen before its reply.
      (result) => reply({ ok: true, result: result ?? null }),
      (error: unknown) => reply({ ok: false, error: viewOfError(error) }),
    );
  }

  /** Sends events that wait for others of the same moment. */
  tell(): void {
    this.outbox.send();
  }

  close(): void {
    this.subscription.unsubscribe();
    this.outbox.close();
  }

  private sendSnapshot(comm: string): void {
    const { bus, kernel, stagebook } = this.parts;
    const { view } = bus;
    this.outbox.post(comm, { v: PROTOCOL_VERSION, type: "snapshot", kernel, seq: view.seq, view, stagebook });
  }
}
