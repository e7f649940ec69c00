/** Reads along what kernels send to a page: the Stagebook events, without asking the extension. */
import type { Page } from "playwright-core";
import type { KernelMessage, StagebookEvent } from "stagebook/protocol";

export class WebsocketTap {
  /** All events of all kernels of the page, in order of arrival; after a kernel's restart `seq` starts again. */
  readonly events: StagebookEvent[] = [];
  private readonly last = new Map<string, StagebookEvent>();

  constructor(page: Page) {
    page.on("websocket", (socket) => {
      const kernel = /\/api\/kernels\/([\w-]+)\/channels/.exec(socket.url())?.[1];
      if (kernel !== undefined) socket.on("framereceived", ({ payload }) => this.accept(kernel, payload));
    });
  }

  private accept(kernel: string, payload: string | Buffer): void {
    const { type, content } = typeof payload === "string" ? decodeText(payload) : decodeBinary(payload);
    const data = content.data as KernelMessage | undefined;
    if (!type.startsWith("comm_") || data?.type !== "events") return;
    for (const event of data.events) this.add(kernel, event);
  }

  /** Once each, though the page may have more than one comm to a kernel. */
  private add(kernel: string, event: StagebookEvent): void {
    const before = this.last.get(kernel);
    if (before && event.seq <= before.seq && event.at <= before.at) return;
    this.last.set(kernel, event);
    this.events.push(event);
  }
}

interface Decoded {
  readonly type: string;
  readonly content: { readonly [name: string]: unknown };
}

function decodeText(text: string): Decoded {
  const { header, content } = JSON.parse(text) as { header: { msg_type: string }; content: Decoded["content"] };
  return { type: header.msg_type, content };
}

/** The subprotocol v1.kernel.websocket.jupyter.org: a count, that many offsets (uint64), then channel, header, parent, metadata, content. */
function decodeBinary(bytes: Buffer): Decoded {
  const offset = (index: number): number => Number(bytes.readBigUInt64LE(8 * (index + 1)));
  const part = (index: number): unknown => JSON.parse(bytes.subarray(offset(index), offset(index + 1)).toString());
  return { type: (part(1) as { msg_type: string }).msg_type, content: part(4) as Decoded["content"] };
}
