/** One open channel to a kernel, whatever carries it. Implemented over a Jupyter comm, and by tests. */
import type { Observable } from "rxjs";
import type { PageMessage } from "stagebook/protocol";

export interface Transport {
  /** The kernel's messages, not yet decoded. Completes when the kernel closes the channel. */
  readonly incoming$: Observable<unknown>;
  /** Announces the channel to the kernel again; it replies with a snapshot. Throws when the channel is closed. */
  open(): void;
  /** Throws when the channel is closed. */
  send(message: PageMessage): void;
  /** No message comes in or goes out afterwards. */
  close(): void;
}
