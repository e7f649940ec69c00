/** The outgoing half of the link to the pages: numbered events in batches, snapshots and replies. `PageRequests` is the other half. */
import type { EventBus, EventSubscription } from "../../events/bus";
import { boundView, PROTOCOL_VERSION, type KernelMessage } from "../../protocol";
import type { Comms } from "./comms";
import { Outbox } from "./outbox";
import type { PageNotebooks } from "./page-notebooks";

export interface PageLinkParts {
  readonly bus: EventBus;
  readonly comms: Pick<Comms, "ids" | "send">;
  /** Identifies this life of the kernel: a restarted kernel has another one. */
  readonly kernel: string;
  /** The version of Stagebook. */
  readonly stagebook: string;
  readonly notebooks: Pick<PageNotebooks, "viewFor">;
  /** The largest state that is sent at once. Default 2 MB. */
  readonly pageBytes?: number;
}

export class PageLink {
  private readonly outbox: Outbox;
  private readonly subscription: EventSubscription;

  constructor(private readonly parts: PageLinkParts) {
    const { bus, comms, kernel } = parts;
    this.outbox = new Outbox({ comms, kernel, seq: () => bus.view.seq });
    this.subscription = bus.events.subscribe((event) => this.outbox.add(event));
  }

  /** Sends a message over one comm, after every event so far. */
  post(comm: string, message: KernelMessage): void {
    this.outbox.post(comm, message);
  }

  /** Sends the whole view, from which a page continues with the events that follow. */
  sendSnapshot(comm: string): void {
    const { bus, kernel, stagebook, notebooks, pageBytes } = this.parts;
    const { view } = bus;
    const notebook = notebooks.viewFor(comm);
    const { seq } = view;
    this.post(comm, {
      v: PROTOCOL_VERSION,
      type: "snapshot",
      kernel,
      seq,
      view: boundView(view, pageBytes),
      stagebook,
      notebook,
    });
  }

  /** Sends the events that are waiting for others of the same moment. */
  flush(): void {
    this.outbox.send();
  }

  close(): void {
    this.subscription.unsubscribe();
    this.outbox.close();
  }
}
