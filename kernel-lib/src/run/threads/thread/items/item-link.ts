/** The connection of one item to the kernel. Its signal is created when the function asks for it. */
import { forwardAbort } from "../../../../async/cancel-token";
import type { CallLink, KernelLink } from "../kernel-link";
import type { FromThread, KernelRequest, Notification } from "../../messages";

export class ItemLink implements CallLink {
  /** Whether it has sent anything. */
  isUsed = false;
  private controller: AbortController | undefined;
  private unlink: (() => void) | undefined;

  constructor(private readonly link: KernelLink) {}

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      this.unlink = forwardAbort(this.link.signal, this.controller);
    }
    return this.controller.signal;
  }

  request(request: KernelRequest): Promise<unknown> {
    this.isUsed = true;
    return this.link.request(request);
  }

  notify(notification: Notification): void {
    this.send({ type: "notification", notification });
  }

  send(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
    this.isUsed = true;
    this.link.send(message, transfer);
  }

  /** The item has ended: listeners that it has left behind do not stay. */
  end(): void {
    this.unlink?.();
  }
}
