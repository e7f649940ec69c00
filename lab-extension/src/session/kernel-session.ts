/**
 * The connection to the kernel of one notebook: finds out whether the kernel has Stagebook, keeps a Wire to it, and follows
 * restarts, crashes, reconnections and changes of the kernel. Created by the tracker plugin, one per session context: two views
 * of one notebook share it. Read by NotebookModel; disposed with the session context.
 */
import type { ISessionContext } from "@jupyterlab/apputils";
import type { Kernel, KernelMessage } from "@jupyterlab/services";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { IDisposable } from "@lumino/disposable";
import { BehaviorSubject, Subject } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import { COMM_TARGET, KERNEL_INFO_MARK, PROTOCOL_VERSION } from "stagebook/protocol";
import type { KernelNotebook, PageNotebook } from "stagebook/protocol";
import type { Connection } from "../tokens";
import { openComm } from "./comm-transport";
import { Wire } from "./wire";
import type { WireUpdate } from "./wire";

/** The state of the connection, with the wire for commands while it is live. */
export type Link =
  | { readonly connection: "live"; readonly wire: Pick<Wire, "send">; readonly problem?: undefined }
  | { readonly connection: Exclude<Connection, "live" | "past">; readonly problem?: string };

/** The kernel, as a model reads it. */
export interface KernelLink {
  /** Replays the current link. */
  readonly link$: Observable<Link>;
  readonly updates$: Observable<WireUpdate>;
}

/** The page around a session. */
export interface SessionPage {
  /** The notebook's path now, relative to the server's root. */
  readonly notebook: () => string;
  /** The server's root, as its page config names it. */
  readonly root?: string;
  /** A connection of this window to the same kernel that may have comms. */
  readonly findCarrier?: (kernel: Kernel.IKernelConnection) => Kernel.IKernelConnection | null;
}

export class KernelSession implements KernelLink, IDisposable {
  readonly link$: Observable<Link>;
  readonly updates$: Observable<WireUpdate>;
  isDisposed = false;
  private readonly link = new BehaviorSubject<Link>({ connection: "absent" });
  private readonly updates = new Subject<WireUpdate>();
  private readonly texts: SessionTexts;
  private kernel: Kernel.IKernelConnection | null = null;
  private wire: Wire | null = null;
  /** The id of the wire's comm. */
  private commId: string | null = null;
  private wireUpdates: Subscription | null = null;
  /** Counts the probes: the result of an earlier one is ignored. */
  private probeCount = 0;
  private isProbing = false;
  /** The connection that carries the comms: the notebook's own, or that of another notebook in this window which has the same kernel. */
  private carrier: Kernel.IKernelConnection | null = null;
  /** The kernel belongs to another notebook. */
  private isGuest = false;
  private isRestarting = false;

  constructor(
    private readonly context: ISessionContext,
    private readonly page: SessionPage,
    trans: TranslationBundle,
  ) {
    this.texts = createTexts(trans);
    this.link$ = this.link.asObservable();
    this.updates$ = this.updates.asObservable();
    context.kernelChanged.connect(this.onKernelChanged, this);
    context.statusChanged.connect(this.onStatusChanged, this);
    context.connectionStatusChanged.connect(this.onConnectionStatusChanged, this);
    context.iopubMessage.connect(this.onMessage, this);
    context.disposed.connect(this.dispose, this);
    this.link.next({ connection: "connecting" });
    // Until the session is ready, a missing kernel may still be on its way.
    if (context.isReady || context.session?.kernel) this.onKernelChanged();
    else void context.ready.then(() => this.onKernelChanged());
  }

  /** Requests a snapshot: for a model that was created after the first one, or because the notebook has another path. */
  sync(): void {
    if (this.isGuest && this.kernel) void this.probe(this.kernel, true);
    else this.wire?.sync();
  }

  /** Another notebook of this window has a connection to a kernel: it may be able to carry the comms. */
  findCarrier(): void {
    const { kernel } = this;
    if (!kernel || this.carrier) return;
    this.release(this.texts.kernelChanged);
    this.attach(kernel);
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.context.kernelChanged.disconnect(this.onKernelChanged, this);
    this.context.statusChanged.disconnect(this.onStatusChanged, this);
    this.context.connectionStatusChanged.disconnect(this.onConnectionStatusChanged, this);
    this.context.iopubMessage.disconnect(this.onMessage, this);
    this.context.disposed.disconnect(this.dispose, this);
    this.release(this.texts.closed);
    this.link.complete();
    this.updates.complete();
  }

  private onKernelChanged(): void {
    if (this.isDisposed) return;
    const kernel = this.context.session?.kernel ?? null;
    if (kernel === this.kernel && kernel) return;
    this.release(this.texts.kernelChanged);
    if (kernel) this.attach(kernel);
    else this.setLink({ connection: "absent" });
  }

  /** A restart is visible here only: `kernelChanged` does not fire for it. One restart may be reported several times. */
  private onStatusChanged(_: ISessionContext, status: Kernel.Status): void {
    if (status === "restarting" || status === "autorestarting") {
      if (this.isRestarting) return;
      this.isRestarting = true;
      this.loseWire(this.texts.restarted, this.texts.restarting);
    } else if (status === "dead" || status === "terminating") {
      this.isRestarting = false;
      this.loseWire(this.texts.stopped, this.texts.restartToContinue);
    } else if ((status === "idle" || status === "busy") && this.isRestarting) {
      this.isRestarting = false;
      if (this.kernel && !this.wire) void this.probe(this.kernel, true);
    }
  }

  private onConnectionStatusChanged(_: ISessionContext, status: Kernel.ConnectionStatus): void {
    if (!this.kernel) return;
    if (status !== "connected") {
      // A reply that was on its way may be lost.
      this.isProbing = false;
      if (this.wire && !this.isRestarting) this.setLink({ connection: "lost", problem: this.texts.reconnecting });
    } else if (!this.isProbing && this.link.value.connection !== "live") {
      // The kernel may have been restarted meanwhile. After a restart tslab reports no status until a cell runs: its reply
      // to the probe is the first sign of life.
      void this.probe(this.kernel, true);
    }
  }

  /** A message from Stagebook to another client reveals that the kernel has it, when its announcement was lost. */
  private onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    if (this.wire || this.isProbing || this.isGuest || this.link.value.connection !== "absent") return;
    if (!this.kernel || !this.carrier || message.header.msg_type !== "comm_msg") return;
    const { data } = message.content as { readonly data?: { readonly v?: unknown; readonly from?: unknown } };
    if (data?.v === PROTOCOL_VERSION && typeof data.from === "number") void this.probe(this.kernel, true);
  }

  private attach(kernel: Kernel.IKernelConnection): void {
    this.kernel = kernel;
    this.isGuest = false;
    // JupyterLab allows comms on only one connection per kernel and window.
    this.carrier = kernel.handleComms ? kernel : (this.page.findCarrier?.(kernel) ?? null);
    if (this.carrier !== kernel) this.carrier?.disposed.connect(this.onCarrierDisposed, this);
    else kernel.registerCommTarget(COMM_TARGET, this.onAnnounced);
    if (this.carrier) void this.probe(kernel, false);
    else this.setLink({ connection: "absent", problem: this.texts.shownElsewhere });
  }

  /** The notebook with the other connection was closed. */
  private onCarrierDisposed(carrier: Kernel.IKernelConnection): void {
    const { kernel } = this;
    if (carrier !== this.carrier || carrier === kernel || !kernel || kernel.isDisposed) return;
    this.release(this.texts.kernelChanged);
    // Without another notebook to take over, the comms of this window have no connection: this one becomes it.
    if (!this.page.findCarrier?.(kernel)) kernel.handleComms = true;
    this.attach(kernel);
  }

  private release(reason: string): void {
    this.endProbe();
    const { kernel, carrier } = this;
    if (carrier !== kernel) carrier?.disposed.disconnect(this.onCarrierDisposed, this);
    else if (kernel && !kernel.isDisposed) kernel.removeCommTarget(COMM_TARGET, this.onAnnounced);
    this.closeWire(reason);
    this.carrier = null;
    this.kernel = null;
  }

  /** Asks the kernel whether it has Stagebook. `refresh`: the kernel info that JupyterLab caches may be out of date. */
  private async probe(kernel: Kernel.IKernelConnection, refresh: boolean): Promise<void> {
    const probe = ++this.probeCount;
    this.isProbing = true;
    if (this.link.value.connection !== "lost" || this.wire) this.setLink({ connection: "connecting" });
    let found: ProbeResult = "nothing";
    try {
      found = await this.identify(kernel, refresh);
    } catch (cause) {
      // The kernel stopped while it was asked; its next status says what happened.
      console.debug("stagebook: no kernel info", cause);
    }
    if (probe !== this.probeCount) return;
    this.endProbe();
    if (found === "our comm") this.wire?.sync();
    else if (found === "stagebook") this.open(kernel);
    else {
      this.closeWire(this.texts.restarted);
      this.setLink({ connection: "absent" });
    }
  }

  /** Ends the probe in flight, if any: its result is ignored. */
  private endProbe(): void {
    this.probeCount++;
    this.isProbing = false;
    this.isRestarting = false;
  }

  private async identify(kernel: Kernel.IKernelConnection, refresh: boolean): Promise<ProbeResult> {
    const info = refresh ? (await kernel.requestKernelInfo())?.content : await kernel.info;
    if (!hasMark(info)) return "nothing";
    if (!this.wire || this.commId === null) return "stagebook";
    const { content } = await kernel.requestCommInfo({ target_name: COMM_TARGET });
    return content.status === "ok" && this.commId in content.comms ? "our comm" : "stagebook";
  }

  /**
   * The kernel opens a comm when Stagebook is imported. It is only an announcement: the page closes it and opens one of its
   * own, because every client of the kernel sees the kernel's comm, and a client that does not know it (a console) closes it
   * for all.
   */
  private readonly onAnnounced = (comm: Kernel.IComm, message: KernelMessage.ICommOpenMsg): void => {
    comm.close();
    const kernel = this.kernel;
    if (!kernel) return;
    const { v } = message.content.data as { readonly v?: unknown };
    // The kernel is probed: this may be a late announcement from before a restart.
    if (v === undefined || v === PROTOCOL_VERSION) return void this.probe(kernel, true);
    this.endProbe();
    this.setIncompatible(JSON.stringify(v));
  };

  private open(kernel: Kernel.IKernelConnection): void {
    this.closeWire(this.texts.startedAgain);
    this.setLink({ connection: "connecting" });
    this.isGuest = false;
    const page = (): PageNotebook => this.describePage(kernel);
    const comm = openComm(this.carrier ?? kernel, page());
    const wire = new Wire(comm, page);
    this.commId = comm.id;
    this.wire = wire;
    this.wireUpdates = wire.updates$.subscribe({
      next: (update) => {
        if (update.type === "incompatible") this.setIncompatible(update.version);
        if (update.type === "snapshot" && update.notebook?.isGuest) {
          this.becomeGuest(update.notebook);
          return;
        }
        if (update.type === "snapshot") this.setLink({ connection: "live", wire });
        this.updates.next(update);
      },
      complete: () => {
        if (this.wire !== wire) return;
        this.wire = null;
        const wasLive = this.link.value.connection === "live";
        this.setLink({ connection: "lost", problem: this.texts.closedByKernel });
        // The kernel took this page for gone: it was asleep.
        if (wasLive) void this.probe(kernel, true);
      },
    });
  }

  private describePage(kernel: Kernel.IKernelConnection): PageNotebook {
    const { root } = this.page;
    return {
      notebook: this.page.notebook(),
      ...(root !== undefined && { root }),
      // Execute requests go over the notebook's own connection.
      ...(this.carrier !== kernel && { session: kernel.clientId }),
    };
  }

  /** The pipeline is that of another notebook: nothing of it is shown here. The kernel remembers whose cells are whose. */
  private becomeGuest({ name }: KernelNotebook): void {
    this.isGuest = true;
    this.closeWire(this.texts.guest(name));
    this.setLink({ connection: "absent", problem: this.texts.guest(name) });
  }

  private loseWire(reason: string, problem: string): void {
    this.closeWire(reason);
    this.setLink({ connection: "lost", problem });
  }

  private closeWire(reason: string): void {
    const wire = this.wire;
    this.wire = null;
    this.wireUpdates?.unsubscribe();
    this.wireUpdates = null;
    wire?.close(reason);
  }

  private setIncompatible(version: string): void {
    this.setLink({ connection: "incompatible", problem: this.texts.incompatible(version) });
  }

  private setLink(link: Link): void {
    if (!isSameLink(this.link.value, link)) this.link.next(link);
  }
}

type ProbeResult = "nothing" | "stagebook" | "our comm";

function hasMark(info: unknown): boolean {
  return typeof info === "object" && info !== null && KERNEL_INFO_MARK in info;
}

function isSameLink(a: Link, b: Link): boolean {
  if (a.connection === "live" || b.connection === "live")
    return a.connection === "live" && b.connection === "live" && a.wire === b.wire;
  return a.connection === b.connection && a.problem === b.problem;
}

type SessionTexts = ReturnType<typeof createTexts>;

/** First the reasons why a pending command failed, then the problems shown in the page. */
function createTexts(trans: TranslationBundle) {
  return {
    closed: trans.__("the notebook was closed"),
    kernelChanged: trans.__("the notebook switched to another kernel"),
    restarted: trans.__("the kernel was restarted"),
    stopped: trans.__("the kernel stopped"),
    startedAgain: trans.__("Stagebook was restarted"),
    restarting: trans.__("The kernel is restarting."),
    restartToContinue: trans.__("The kernel has stopped. Restart it to continue."),
    reconnecting: trans.__("The kernel does not respond. Reconnecting …"),
    shownElsewhere: trans.__("This kernel is already shown by another notebook or console in this window."),
    guest: (notebook: string): string =>
      trans.__(
        "This notebook runs on the kernel of %1, and what it defines belongs to the pipeline of %1. For a pipeline of its own, give it a kernel of its own: Kernel > Change Kernel, then Start New Kernel.",
        notebook,
      ),
    closedByKernel: trans.__("The kernel closed the connection."),
    incompatible: (version: string): string =>
      trans.__(
        "The kernel uses version %1 of the Stagebook protocol, this extension version %2. Update the older one: the npm package stagebook or the extension jupyterlab-stagebook.",
        version,
        PROTOCOL_VERSION,
      ),
  };
}
