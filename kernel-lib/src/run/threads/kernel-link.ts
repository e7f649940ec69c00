/** The connection of a worker thread to the kernel during one call. */
import type { MessagePort } from "node:worker_threads";
import { errorOfData } from "./error-data";
import type { FromKernel, FromThread, KernelRequest, Notification } from "./messages";

export class KernelLink {
  private readonly pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private readonly abort = new AbortController();
  private requests = 0;

  constructor(private readonly port: MessagePort) {
    port.on("message", (message: FromKernel) => this.receive(message));
  }

  /** Aborts with the reason that the kernel sends. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** Resolves with the response. Rejects with the kernel's error. */
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

  private receive(message: FromKernel): void {
    if (message.type === "abort") {
      this.abort.abort(errorOfData(message.reason));
      return;
    }
    const request = this.pending.get(message.id);
    this.pending.delete(message.id);
    if (message.error) request?.reject(errorOfData(message.error));
    else request?.resolve(message.value);
  }
}
