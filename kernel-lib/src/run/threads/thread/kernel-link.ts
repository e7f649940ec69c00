/** The connection of a worker thread to the kernel, while it works on one stage. */
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import { errorOfData } from "../error-data";
import type { ForItems, FromKernel, FromThread, KernelRequest, Notification } from "../messages";

/** What a function may ask of the kernel, and report to it. */
export interface CallLink {
  /** Aborts with the reason that the kernel sends. */
  readonly signal: AbortSignal;
  /** Resolves with the response. Rejects with the kernel's error. */
  request(request: KernelRequest): Promise<unknown>;
  notify(notification: Notification): void;
}

export class KernelLink implements CallLink {
  private readonly pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private readonly abort = new AbortController();
  private requests = 0;

  /** `receiveItems`: called with what is not about a single call. */
  constructor(
    private readonly port: MessagePort,
    private readonly receiveItems: (message: ForItems) => void = () => undefined,
  ) {
    port.on("message", (message: FromKernel) => this.receive(message));
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  request(request: KernelRequest): Promise<unknown> {
    const id = this.requests++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve, reject });
      this.send({ type: "request", id, request });
    });
  }

  notify(notification: Notification): void {
    this.send({ type: "notification", notification });
  }

  /** `transfer`: memory that belongs to the kernel from now on. */
  send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer);
  }

  /** Handles the messages that have arrived, even while the event loop is blocked. */
  receiveNow(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.port);
      if (!received) return;
      this.receive(received.message as FromKernel);
    }
  }

  private receive(message: FromKernel): void {
    if (message.type === "abort") this.abort.abort(errorOfData(message.reason));
    else if (message.type === "response") this.settle(message);
    else this.receiveItems(message);
  }

  private settle(message: Extract<FromKernel, { type: "response" }>): void {
    const request = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.error) request?.reject(errorOfData(message.error));
    else request?.resolve(message.value);
  }
}
