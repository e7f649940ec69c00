/**
 * The kernel of one notebook: finds out whether it has Stagebook, keeps a Wire to it, and follows restart, death,
 * reconnection and change of the kernel. Made by the plugin, one per session: two
 * views of one notebook share it. Read by NotebookStore; goes with the session.
 */
import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject, Subject } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import { COMM_TARGET, KERNEL_INFO_MARK, PROTOCOL_VERSION } from "stagebook/protocol";
import type { Command, CommandType, Result } from "stagebook/protocol";
import type { Connection } from "../tokens";
import { openComm } from "./comm-transport";
import { CommandError, Wire } from "./wire";
import type { WireUpdate } from "./wire";

/** How it stands with the kernel. */
export interface Link {
  readonly connection: Connection;
  readonly problem?: string;
}

/** What a store needs of a kernel. */
export interface KernelLink {
  /** Replays the current one. */
  readonly link$: Observable<Link>;
  readonly updates$: Observable<WireUpdate>;
  send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>>;
}

export class KernelSession implements KernelLink, IDisposable {
  readonly link$: Observable<Link>;
  readonly updates$: Observable<WireUpdate>;
  isDisposed = false;
  private readonly link = new BehaviorSubject<Link>({ connection: "absent" });
  private readonly updates = new Subject<WireUpdate>();
  private kernel: Kernel.IKernelConnection | null = null;
  private wire: Wire | null = null;
  /** The wire's comm. */
  private comm: string | null = null;
  private wireUpdates: Subscription | null = null;
  /** Counts the questions asked of kernels: an answer to an old one is ignored. */
  private question = 0;
  private asking = false;
  private restarting = false;

  /** `notebook` gives the notebook's path relative to the server. */
  constructor(
    private readonly context: ISessionContext,
    private readonly notebook: () => string,
    private readonly trans: TranslationBundle,
  ) {
    this.link$ = this.link.asObservable();
    this.updates$ = this.updates.asObservable();
    context.kernelChanged.connect(this.onKernelChanged, this);
    context.statusChanged.connect(this.onStatusChanged, this);
    context.connectionStatusChanged.connect(this.onConnectionStatusChanged, this);
    context.iopubMessage.connect(this.onMessage, this);
    context.disposed.connect(this.dispose, this);
    this.link.next({ connection: "connecting" });
    // Until the session is ready, no kernel does not mean that there is none.
    if (context.isReady || context.session?.kernel) this.onKernelChanged();
    else void context.ready.then(() => this.onKernelChanged());
  }

  send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    if (this.wire && this.link.value.connection === "live") return this.wire.send(command);
    const message =
      this.link.value.problem ?? this.trans.__("The kernel has no Stagebook yet: run the cell that imports it first.");
    return Promise.reject(new CommandError({ code: "not-connected", message }));
  }

  /** Asks for a snapshot, for a store that came later than the first one. */
  sync(): void {
    this.wire?.sync();
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.context.kernelChanged.disconnect(this.onKernelChanged, this);
    this.context.statusChanged.disconnect(this.onStatusChanged, this);
    this.context.connectionStatusChanged.disconnect(this.onConnectionStatusChanged, this);
    this.context.iopubMessage.disconnect(this.onMessage, this);
    this.context.disposed.disconnect(this.dispose, this);
    this.release(this.trans.__("the notebook was closed"));
    this.link.complete();
    this.updates.complete();
  }

  private onKernelChanged(): void {
    if (this.isDisposed) return;
    const kernel = this.context.session?.kernel ?? null;
    if (kernel === this.kernel && kernel) return;
    this.release(this.trans.__("the notebook has another kernel now"));
    if (kernel) this.attach(kernel);
    else this.setLink({ connection: "absent" });
  }

  /** A restart is seen here only: `kernelChanged` is silent about it. One restart may be reported more than once. */
  private onStatusChanged(_: ISessionContext, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") {
      if (this.restarting) return;
      this.restarting = true;
      this.closeWire(this.trans.__("the kernel was restarted"));
      this.setLink({ connection: "lost", problem: this.trans.__("The kernel is restarting.") });
    } else if (status === "dead" || status === "terminating") {
      this.restarting = false;
      this.closeWire(this.trans.__("the kernel stopped"));
      this.setLink({ connection: "lost", problem: this.trans.__("The kernel stopped. Restart it to go on.") });
    } else if ((status === "idle" || status === "busy") && this.restarting) {
      this.restarting = false;
      if (this.kernel && !this.wire) void this.ask(this.kernel, true);
    }
  }

  private onConnectionStatusChanged(_: ISessionContext, status: Kernel.ConnectionStatus): void {
    if (!this.kernel) return;
    if (status !== "connected") {
      // An answer that was on its way may be lost.
      this.asking = false;
      if (this.wire && !this.restarting)
        this.setLink({ connection: "lost", problem: this.trans.__("No answer from the kernel: connecting again.") });
    } else if (!this.asking && !(this.wire && this.link.value.connection === "live")) {
      // It may have been restarted meanwhile. After a restart tslab tells no status until a cell runs: its answer is the first sign of life.
      void this.ask(this.kernel, true);
    }
  }

  /** What the kernel says to others tells that it has Stagebook, when its announcement was lost. */
  private onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    if (this.wire || this.asking || this.link.value.connection !== "absent") return;
    if (!this.kernel?.handleComms || message.header.msg_type !== "comm_msg") return;
    const { data } = message.content as { readonly data?: { readonly v?: unknown; readonly from?: unknown } };
    if (data?.v === PROTOCOL_VERSION && typeof data.from === "number") void this.ask(this.kernel, true);
  }

  private attach(kernel: Kernel.IKernelConnection): void {
    this.kernel = kernel;
    if (kernel.handleComms) {
      kernel.registerCommTarget(COMM_TARGET, this.onAnnounced);
      void this.ask(kernel, false);
    } else {
      // JupyterLab lets one connection per kernel and window have comms.
      this.setLink({
        connection: "absent",
        problem: this.trans.__(
          "Another notebook or console of this window is connected to this kernel: Stagebook shows it there.",
        ),
      });
    }
  }

  private release(reason: string): void {
    this.question++;
    this.asking = false;
    this.restarting = false;
    if (this.kernel && !this.kernel.isDisposed) this.kernel.removeCommTarget(COMM_TARGET, this.onAnnounced);
    this.closeWire(reason);
    this.kernel = null;
  }

  /** `again`: the kernel's first answer, which JupyterLab keeps, may be out of date. */
  private async ask(kernel: Kernel.IKernelConnection, again: boolean): Promise<void> {
    const question = ++this.question;
    this.asking = true;
    if (this.link.value.connection !== "lost" || this.wire) this.setLink({ connection: "connecting" });
    let found: Found = "nothing";
    try {
      found = await this.find(kernel, again);
    } catch (cause) {
      // A kernel that goes away while it is asked; the next status says what became of it.
      console.debug("stagebook: no kernel info", cause);
    }
    if (question !== this.question) return;
    this.asking = false;
    this.restarting = false;
    if (found === "our comm") this.wire?.sync();
    else if (found === "stagebook") this.open(kernel);
    else {
      this.closeWire(this.trans.__("the kernel was restarted"));
      this.setLink({ connection: "absent" });
    }
  }

  private async find(kernel: Kernel.IKernelConnection, again: boolean): Promise<Found> {
    const info = again ? (await kernel.requestKernelInfo())?.content : await kernel.info;
    if (!hasMark(info)) return "nothing";
    if (!this.wire || this.comm === null) return "stagebook";
    const { content } = await kernel.requestCommInfo({ target_name: COMM_TARGET });
    return content.status === "ok" && this.comm in content.comms ? "our comm" : "stagebook";
  }

  /**
   * The kernel opens a comm when Stagebook is imported. It is taken as news and closed, and the page opens one of its own:
   * every client of the kernel sees the kernel's, and each that does not know it (a console) closes it for all.
   */
  private readonly onAnnounced = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    comm.close();
    const kernel = this.kernel;
    if (!kernel) return;
    const { v } = message.content.data as { readonly v?: unknown };
    // The kernel itself is asked: this may be late news of one that was restarted.
    if (v === undefined || v === PROTOCOL_VERSION) return void this.ask(kernel, true);
    this.question++;
    this.asking = false;
    this.restarting = false;
    this.setIncompatible(JSON.stringify(v));
  };

  private open(kernel: Kernel.IKernelConnection): void {
    this.closeWire(this.trans.__("Stagebook was started again"));
    this.setLink({ connection: "connecting" });
    const comm = openComm(kernel, this.notebook());
    const wire = new Wire(comm, this.notebook);
    this.comm = comm.id;
    this.wire = wire;
    this.wireUpdates = wire.updates$.subscribe({
      next: (update) => {
        if (update.type === "incompatible") this.setIncompatible(update.version);
        if (update.type === "snapshot") this.setLink({ connection: "live" });
        this.updates.next(update);
      },
      complete: () => {
        if (this.wire !== wire) return;
        this.wire = null;
        this.setLink({ connection: "lost", problem: this.trans.__("The kernel closed the connection.") });
      },
    });
  }

  private closeWire(reason: string): void {
    const wire = this.wire;
    this.wire = null;
    this.wireUpdates?.unsubscribe();
    this.wireUpdates = null;
    wire?.close(reason);
  }

  private setIncompatible(version: string): void {
    this.setLink({
      connection: "incompatible",
      problem: this.trans.__(
        "The kernel's Stagebook speaks version %1 of the protocol, this sidebar version %2: update the older of the npm package stagebook and the extension jupyterlab-stagebook.",
        version,
        PROTOCOL_VERSION,
      ),
    });
  }

  private setLink(link: Link): void {
    const before = this.link.value;
    if (before.connection !== link.connection || before.problem !== link.problem) this.link.next(link);
  }
}

/** What a kernel was found to have. */
type Found = "nothing" | "stagebook" | "our comm";

function hasMark(info: unknown): boolean {
  return typeof info === "object" && info !== null && KERNEL_INFO_MARK in info;
}
