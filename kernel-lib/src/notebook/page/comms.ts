/** Jupyter comms over tslab's sockets: opened by either side, JSON both ways. tslab itself has none. */
import { randomUUID } from "node:crypto";
import { MAX_UNANSWERED } from "../../protocol";
import type { MessageHeader, ZmqMessage, ZmqMessageClass, ZmqSocket } from "../tslab/tslab";

/** The socket for outgoing messages, and the key that signs them. */
export interface Publisher {
  readonly key: string;
  readonly iopub: ZmqSocket;
  readonly Message: ZmqMessageClass;
  /** Session and user, as the front end names them. */
  readonly header: Pick<MessageHeader, "session" | "username">;
}

/** `session`: of the header of the message, which names a connection of the front end. */
export interface CommListener {
  /** Either side opened a comm. `page` is absent when this side did. */
  opened(comm: string, page?: { readonly data: unknown; readonly session: string }): void;
  received(comm: string, data: unknown, session: string): void;
  closed(comm: string): void;
}

export class Comms {
  private readonly open = new Map<string, OpenComm>();
  private listener: CommListener | undefined;

  constructor(
    private readonly target: string,
    private readonly publisher: Publisher,
  ) {}

  /** The open comms. */
  get ids(): readonly string[] {
    return [...this.open.keys()];
  }

  /** Sets the listener; there is only one. */
  listen(listener: CommListener): void {
    this.listener = listener;
  }

  /** Opens a comm to the page that is connected, if any. A page that does not know the target closes it again. */
  openNew(data: object): string {
    const id = randomUUID();
    this.open.set(id, new OpenComm());
    this.publish("comm_open", { comm_id: id, target_name: this.target, data });
    this.listener?.opened(id);
    return id;
  }

  /** Closes the comm instead when its page has been silent for so long that it must be gone: the browser can lose its goodbye. */
  send(comm: string, data: object): void {
    const open = this.open.get(comm);
    if (!open) return;
    if (open.isUnanswered()) {
      this.publish("comm_close", { comm_id: comm, data: {} });
      this.close(comm);
    } else this.publish("comm_msg", { comm_id: comm, data });
  }

  /** Handles a comm message of the shell channel. */
  handle(message: ZmqMessage): void {
    const id = String(message.content.comm_id);
    switch (message.header.msg_type) {
      case "comm_open":
        if (message.content.target_name !== this.target) return this.publish("comm_close", { comm_id: id, data: {} });
        this.open.set(id, new OpenComm());
        this.listener?.opened(id, { data: message.content.data, session: message.header.session });
        return;
      case "comm_msg":
        if (!this.open.has(id)) return;
        this.open.set(id, new OpenComm());
        this.listener?.received(id, message.content.data, message.header.session);
        return;
      case "comm_close":
        this.close(id);
    }
  }

  /** The content of a `comm_info_reply`: the comms of one target, or all of them when no target is named. */
  info(target: unknown): Record<string, unknown> {
    const ids = target === undefined || target === null || target === this.target ? this.ids : [];
    return { status: "ok", comms: Object.fromEntries(ids.map((id) => [id, { target_name: this.target }])) };
  }

  private close(comm: string): void {
    this.open.delete(comm);
    this.listener?.closed(comm);
  }

  private publish(type: string, content: Record<string, unknown>): void {
    const message = new this.publisher.Message();
    message.identity = [Buffer.from(`comm-${String(content.comm_id)}`)];
    message.hmac = "";
    message.header = {
      ...this.publisher.header,
      version: "5.3",
      date: new Date().toISOString(),
      msg_type: type,
      msg_id: randomUUID(),
    };
    message.parent = {};
    message.metadata = {};
    message.content = content;
    message.extra = [];
    message.signAndSend(this.publisher.key, this.publisher.iopub);
  }
}

/** Counts what was sent over a comm since something came from the other end. A kernel that is busy sends nothing, and counts nothing. */
class OpenComm {
  private unanswered = 0;
  private countedAt = -Infinity;

  /** Called for each message that is about to be sent. */
  isUnanswered(): boolean {
    const now = performance.now();
    if (now - this.countedAt < 1000) return false;
    this.countedAt = now;
    return ++this.unanswered > MAX_UNANSWERED;
  }
}
