/** One execution of code by a kernel, with every message that belongs to it. */
import type { JsonRecord, JupyterMessage } from "./wire";

/** A display: its data by MIME type. */
export type MimeBundle = { readonly [mime: string]: unknown };

/** Its fields are live: output after the end (from un-awaited work) appears in them too. */
export class Execution {
  /** All messages for it, in order of arrival. */
  readonly messages: JupyterMessage[] = [];
  /** Resolves once both the reply and the idle status have arrived; rejects when the kernel dies or after a timeout. */
  readonly done: Promise<Execution>;
  private settle!: { resolve: (execution: Execution) => void; reject: (error: Error) => void };
  private reply: JsonRecord | undefined;
  private idle = false;

  constructor(readonly code: string) {
    this.done = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.done.catch(() => undefined);
  }

  /** "ok", "error" or "abort" (dropped, because a cell before it failed); "busy" before the reply. */
  get status(): string {
    return this.reply ? String(this.reply.status) : "busy";
  }

  get ok(): boolean {
    return this.status === "ok";
  }

  get executionCount(): number | undefined {
    const count = this.reply?.execution_count;
    return typeof count === "number" ? count : undefined;
  }

  get stdout(): string {
    return this.stream("stdout");
  }

  get stderr(): string {
    return this.stream("stderr");
  }

  /** All stream text, stdout and stderr in order of arrival. */
  get text(): string {
    return this.stream(null);
  }

  get displays(): MimeBundle[] {
    return this.messages
      .filter(({ type }) => type === "display_data" || type === "update_display_data" || type === "execute_result")
      .map(({ content }) => content.data as MimeBundle);
  }

  /** What the displays show at the end: each update replaces what its display showed before. */
  get shown(): MimeBundle[] {
    const shown = new Map<unknown, MimeBundle>();
    for (const { type, content } of this.messages) {
      if (type !== "display_data" && type !== "update_display_data" && type !== "execute_result") continue;
      const id = (content.transient as JsonRecord | undefined)?.display_id ?? content;
      if (type !== "update_display_data" || shown.has(id)) shown.set(id, content.data as MimeBundle);
    }
    return [...shown.values()];
  }

  /** Called by the rig for each message that belongs to this execution. */
  accept(message: JupyterMessage): void {
    this.messages.push(message);
    if (message.type === "execute_reply") this.reply = message.content;
    if (message.type === "status" && message.content.execution_state === "idle") this.idle = true;
    if (this.reply && this.idle) this.settle.resolve(this);
  }

  /** Called by the rig when no reply can arrive any more. */
  fail(error: Error): void {
    this.settle.reject(error);
  }

  private stream(name: string | null): string {
    return this.messages
      .filter(({ type, content }) => type === "stream" && (name === null || content.name === name))
      .map(({ content }) => String(content.text))
      .join("");
  }
}
