/** The kernel as a thread sees it during one call. */
import type { MessagePort } from "node:worker_threads";
import { errorOfData } from "./error-data";
import type { Ask, FromKernel, FromThread, Note } from "./messages";

export class KernelLink {
  private readonly waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  private readonly abort = new AbortController();
  private asked = 0;

  constructor(private readonly port: MessagePort) {
    port.on("message", (message: FromKernel) => this.take(message));
  }

  /** Aborts with the reason that the kernel gives. */
  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** The answer. Rejects with the kernel's error. */
  ask(ask: Ask): Promise<unknown> {
    const id = this.asked++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.send({ type: "ask", id, ask });
    });
  }

  note(note: Note): void {
    this.send({ type: "note", note });
  }

  /** `transfer`: memory that is the kernel's from now on. */
  send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.port.postMessage(message, transfer);
  }

  private take(message: FromKernel): void {
    if (message.type === "abort") {
      this.abort.abort(errorOfData(message.reason));
      return;
    }
    const asker = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.error) asker?.reject(errorOfData(message.error));
    else asker?.resolve(message.value);
  }
}
