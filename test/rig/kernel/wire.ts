/** Jupyter's wire protocol from the client's side: signed messages over the five sockets of one kernel. */
import { createHmac, randomInt, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Dealer, Subscriber } from "zeromq";
import { isFree } from "../../../.dev/lib/server.mjs";

export interface JupyterMessage {
  readonly channel: "shell" | "control" | "iopub";
  readonly type: string;
  readonly id: string;
  /** The id of the request that it replies to or was caused by; "" for none. */
  readonly parent: string;
  readonly metadata: JsonRecord;
  readonly content: JsonRecord;
  /** When it arrived, epoch milliseconds. */
  readonly at: number;
}

export type JsonRecord = { readonly [name: string]: unknown };

/** The content of a connection file. */
export interface Connection {
  readonly transport: "tcp" | "ipc";
  readonly ip: string;
  readonly key: string;
  readonly signature_scheme: "hmac-sha256";
  readonly shell_port: number;
  readonly control_port: number;
  readonly iopub_port: number;
  readonly stdin_port: number;
  readonly hb_port: number;
}

/**
 * Writes a connection file into the kernel's own folder. The sockets are files there: two kernels that start at the same time
 * cannot take each other's port. On Windows ports are used.
 */
export async function writeConnectionFile(folder: string): Promise<{ file: string; connection: Connection }> {
  const byPort = process.platform === "win32";
  const ports = byPort ? await findFreePorts(5) : [1, 2, 3, 4, 5];
  const [shell, control, iopub, stdin, hb] = ports as [number, number, number, number, number];
  const connection: Connection = {
    transport: byPort ? "tcp" : "ipc",
    ip: byPort ? "127.0.0.1" : join(folder, "socket"),
    key: randomUUID(),
    signature_scheme: "hmac-sha256",
    shell_port: shell,
    control_port: control,
    iopub_port: iopub,
    stdin_port: stdin,
    hb_port: hb,
  };
  const file = join(folder, "connection.json");
  writeFileSync(file, JSON.stringify(connection));
  return { file, connection };
}

/**
 * Free ports of the loopback interface. Chosen below the range that systems assign themselves: otherwise another process
 * could be assigned one before it is used.
 */
export async function findFreePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** The sockets to one kernel. Every received message is passed to `onMessage`. */
export class Wire {
  private readonly shell = new Dealer({ linger: 0 });
  private readonly control = new Dealer({ linger: 0 });
  private readonly iopub = new Subscriber({ linger: 0 });
  private readonly session = randomUUID();
  /** A socket takes one send at a time. */
  private sending: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly connection: Connection,
    private readonly onMessage: (message: JupyterMessage) => void,
  ) {
    const address = (port: number): string => `${connection.transport}://${connection.ip}:${port}`;
    this.shell.connect(address(connection.shell_port));
    this.control.connect(address(connection.control_port));
    this.iopub.connect(address(connection.iopub_port));
    this.iopub.subscribe();
    void this.receive("shell", this.shell);
    void this.receive("control", this.control);
    void this.receive("iopub", this.iopub);
  }

  /** Sends a request and returns its id; replies carry that id as `parent`. */
  send(
    channel: "shell" | "control",
    type: string,
    content: JsonRecord,
    metadata: JsonRecord = {},
    session: string = this.session,
  ): string {
    const id = randomUUID();
    const header = {
      msg_id: id,
      session,
      username: "test",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.3",
    };
    const parts = [header, {}, metadata, content].map((part) => JSON.stringify(part));
    const frames = ["<IDS|MSG>", this.sign(parts), ...parts];
    const socket = channel === "shell" ? this.shell : this.control;
    this.sending = this.sending
      .then(() => (this.closed ? undefined : socket.send(frames)))
      .catch((error: unknown) => {
        if (!this.closed) console.error(`cannot send ${type}:`, error);
      });
    return id;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const socket of [this.shell, this.control, this.iopub]) socket.close();
  }

  private async receive(channel: JupyterMessage["channel"], socket: Dealer | Subscriber): Promise<void> {
    try {
      for await (const frames of socket) this.onMessage(this.decode(channel, frames));
    } catch (error) {
      if (!this.closed) console.error(`cannot read from ${channel}:`, error);
    }
  }

  private decode(channel: JupyterMessage["channel"], frames: readonly Buffer[]): JupyterMessage {
    const start = frames.findIndex((frame) => frame.toString() === "<IDS|MSG>");
    const [signature, ...parts] = frames.slice(start + 1).map((frame) => frame.toString());
    if (start < 0 || signature === undefined || parts.length < 4) throw new Error("not a Jupyter message");
    if (signature !== this.sign(parts)) throw new Error("a message with a wrong signature");
    const [header, parent, metadata, content] = parts.map((part) => JSON.parse(part) as JsonRecord) as [
      JsonRecord,
      JsonRecord,
      JsonRecord,
      JsonRecord,
    ];
    return {
      channel,
      type: String(header.msg_type),
      id: String(header.msg_id),
      parent: typeof parent.msg_id === "string" ? parent.msg_id : "",
      metadata,
      content,
      at: Date.now(),
    };
  }

  private sign(parts: readonly string[]): string {
    const hmac = createHmac("sha256", this.connection.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }
}
