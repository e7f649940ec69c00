/** The protocol over one Transport: numbered events in, commands out, replies matched. Created by KernelSession, one per comm. */
import { Subject } from "rxjs";
import type { Observable, Subscription } from "rxjs";
import { ALIVE_MS, messageOf, PROTOCOL_VERSION } from "stagebook/protocol";
import type {
  Command,
  CommandType,
  ErrorView,
  KernelMessage,
  KernelNotebook,
  PageMessage,
  PageNotebook,
  Result,
  StagebookEvent,
  View,
} from "stagebook/protocol";
import type { Transport } from "./transport";

export type WireUpdate =
  | { readonly type: "snapshot"; readonly view: View; readonly stagebook: string; readonly notebook?: KernelNotebook }
  /** Continue the last snapshot or events without a gap. */
  | { readonly type: "events"; readonly events: readonly StagebookEvent[] }
  /** The kernel uses another version of the protocol. */
  | { readonly type: "incompatible"; readonly version: string };

/** The failure of a command that the kernel refused or that did not reach it. `message` can be shown to the user. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(readonly error: ErrorView) {
    super(error.advice && !error.message.includes(error.advice) ? `${error.message}: ${error.advice}` : error.message);
  }
}

export class Wire {
  readonly updates$: Observable<WireUpdate>;
  private readonly updates = new Subject<WireUpdate>();
  private readonly pending = new Map<string, Pending>();
  private readonly incoming: Subscription;
  private readonly prefix = Math.random().toString(36).slice(2, 10);
  private sent = 0;
  private sentAt = performance.now();
  /** Null until the first snapshot, and while one is requested after a gap. */
  private position: Position | null = null;
  /** The kernel has shown a sign of life since a snapshot was requested: it is not busy, so the snapshot was lost. */
  private isLate = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private closed: string | null = null;

  /** `page` returns what the page shows now, for the command `sync`. */
  constructor(
    private readonly transport: Transport,
    private readonly page: () => PageNotebook,
  ) {
    this.updates$ = this.updates.asObservable();
    this.incoming = transport.incoming$.subscribe({
      next: (data) => this.receive(data),
      complete: () => this.close("the kernel closed the connection"),
    });
    this.expectSnapshot();
  }

  /** Rejects with a CommandError. */
  send<T extends CommandType>(command: Extract<Command, { readonly type: T }>): Promise<Result<T>> {
    return new Promise<Result<T>>((resolve, reject) => {
      if (this.closed !== null) {
        reject(notSent(this.closed));
        return;
      }
      const id = `${this.prefix}-${++this.sent}`;
      // The kernel replies to each type with its own result. This is the only place that relies on it unchecked.
      this.pending.set(id, { resolve: (result) => resolve(result as Result<T>), reject });
      try {
        this.transmit({ ...(command as Command), v: PROTOCOL_VERSION, id });
      } catch (cause) {
        this.pending.delete(id);
        reject(notSent(messageOf(cause)));
      }
    });
  }

  /** Requests a new snapshot; events until then are ignored. */
  sync(): void {
    if (this.closed !== null) return;
    this.position = null;
    this.expectSnapshot();
    // The reply adds nothing to the snapshot. A lost snapshot is requested again.
    this.send({ type: "sync", ...this.page() }).catch(() => undefined);
  }

  /** Rejects the pending commands with `reason`. */
  close(reason: string): void {
    if (this.closed !== null) return;
    this.closed = reason;
    clearTimeout(this.retry);
    this.incoming.unsubscribe();
    this.transport.close();
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const command of pending) command.reject(notSent(reason));
    this.updates.complete();
  }

  private transmit(message: PageMessage): void {
    this.transport.send(message);
    this.sentAt = performance.now();
  }

  /** The kernel forgets a page that is silent. */
  private answer(): void {
    if (performance.now() - this.sentAt < ALIVE_MS) return;
    try {
      this.transmit({ v: PROTOCOL_VERSION, type: "alive" });
    } catch (cause) {
      console.debug("stagebook: cannot answer the kernel", cause);
    }
  }

  private receive(data: unknown): void {
    this.answer();
    const message = decodeMessage(data);
    if (!message) {
      this.updates.next({ type: "incompatible", version: versionOf(data) });
      return;
    }
    switch (message.type) {
      case "snapshot": {
        const { kernel, seq, view, stagebook, notebook } = message;
        // Later events have overtaken it.
        if (this.position && this.position.kernel === kernel && this.position.seq > seq) return;
        clearTimeout(this.retry);
        this.position = { kernel, seq };
        this.updates.next({ type: "snapshot", view, stagebook, ...(notebook && { notebook }) });
        return;
      }
      case "events":
        this.receiveEvents(message);
        return;
      case "reply": {
        if (!this.position) this.expectSnapshotSoon();
        const command = this.pending.get(message.id);
        this.pending.delete(message.id);
        if (!command) return;
        if (message.ok) command.resolve(message.result);
        else command.reject(new CommandError(message.error));
      }
    }
  }

  private receiveEvents({ kernel, from, events }: Extract<KernelMessage, { type: "events" }>): void {
    if (!this.position) return this.expectSnapshotSoon();
    const { seq } = this.position;
    const fresh = events.filter((event) => event.seq > seq);
    const isNext = fresh.length > 0 || from <= seq + 1;
    if (kernel !== this.position.kernel || !isNext || !fresh.every((event, index) => event.seq === seq + 1 + index)) {
      this.sync();
      return;
    }
    if (fresh.length === 0) return;
    this.position = { kernel, seq: seq + fresh.length };
    this.updates.next({ type: "events", events: fresh });
  }

  /** A snapshot can be lost like any message, and a busy kernel answers late. */
  private expectSnapshot(): void {
    clearTimeout(this.retry);
    this.isLate = false;
    this.retry = setTimeout(() => this.reopen(), SNAPSHOT_TIMEOUT_MS);
  }

  private expectSnapshotSoon(): void {
    if (this.isLate) return;
    this.isLate = true;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.sync(), SNAPSHOT_LATE_MS);
  }

  /** A kernel that has lost the channel answers to nothing else. */
  private reopen(): void {
    this.expectSnapshot();
    try {
      this.transport.open();
    } catch (cause) {
      console.debug("stagebook: cannot open the comm again", cause);
    }
  }
}

/** How long to wait for a kernel that sends nothing. */
export const SNAPSHOT_TIMEOUT_MS = 10_000;
/** How long to wait for a snapshot after a sign of life. */
export const SNAPSHOT_LATE_MS = 400;

/** The last event that the page has received. */
interface Position {
  /** The life of the kernel: numbers begin again after a restart. */
  readonly kernel: string | undefined;
  readonly seq: number;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

function notSent(reason: string): CommandError {
  return new CommandError({ code: "not-connected", message: `Command not executed: ${reason}` });
}

const MESSAGE_TYPES: readonly string[] = ["snapshot", "events", "reply"] satisfies readonly KernelMessage["type"][];

/** Null for a message of another version. A message of this version is assumed to be well formed. */
function decodeMessage(data: unknown): KernelMessage | null {
  if (typeof data !== "object" || data === null) return null;
  const { v, type } = data as { readonly v?: unknown; readonly type?: unknown };
  if (v !== PROTOCOL_VERSION || typeof type !== "string" || !MESSAGE_TYPES.includes(type)) return null;
  return data as KernelMessage;
}

function versionOf(data: unknown): string {
  return typeof data === "object" && data !== null && "v" in data ? String(data.v) : "?";
}
