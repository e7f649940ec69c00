/** The incoming half of the link to the pages: checks each message, has its command executed, and replies. */
import { PROTOCOL_VERSION, StagebookError, type Command, type PageNotebook } from "../../protocol";
import { viewOfError } from "../../run/error-view";
import { secrets } from "../../secrets/secret-texts";
import type { CommListener } from "./comms";
import { decodeCommand } from "./decode-command";
import type { PageLink } from "./page-link";
import type { PageNotebooks } from "./page-notebooks";

type Answer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly error: ReturnType<typeof viewOfError> };

export class PageRequests implements CommListener {
  constructor(
    private readonly link: Pick<PageLink, "post" | "sendSnapshot">,
    private readonly notebooks: PageNotebooks,
    private readonly commands: { execute(command: Command): Promise<unknown> },
  ) {}

  opened(comm: string, page?: { readonly data: unknown; readonly session: string }): void {
    if (page) this.notebooks.shown(comm, page.session, pageNotebookIn(page.data));
    this.link.sendSnapshot(comm);
  }

  closed(comm: string): void {
    this.notebooks.closed(comm);
  }

  received(comm: string, data: unknown, session: string): void {
    const { id, v, type } = (data ?? {}) as { readonly id?: unknown; readonly v?: unknown; readonly type?: unknown };
    const reply = (answer: Answer): void =>
      this.link.post(comm, {
        v: PROTOCOL_VERSION,
        type: "reply",
        id: typeof id === "string" ? id : "",
        ...secrets.maskData(answer),
      });
    const refuse = (code: string, message: string, advice: string): void =>
      reply({ ok: false, error: viewOfError(new StagebookError(code, message, advice)) });
    if (v !== PROTOCOL_VERSION)
      return refuse(
        "protocol",
        `the page uses version ${String(v)} of the protocol, this kernel version ${PROTOCOL_VERSION}`,
        "Install the same version of stagebook and jupyterlab-stagebook, then reload the page.",
      );
    if (type === "alive") return;
    if (typeof id !== "string" || id === "") return refuse("command", "a command needs an id", "Send { v, id, type }.");
    const command = decodeCommand(data);
    if (typeof command === "string") return refuse("command", command, "Nothing was changed.");
    // Sent at once, however long the plan takes: the plan follows as events.
    if (command.type === "sync") {
      this.notebooks.shown(comm, session, command);
      this.link.sendSnapshot(comm);
    }
    // Only the kernel's own notebook has its cells in an order.
    if (command.type === "cells" && this.notebooks.viewFor(comm).isGuest) return reply({ ok: true, result: null });
    this.commands.execute(command).then(
      // Events that the command caused arrive before its reply.
      (result) => reply({ ok: true, result: result ?? null }),
      (error: unknown) => reply({ ok: false, error: viewOfError(error) }),
    );
  }
}

/** The fields of a `comm_open` that have the right type. */
function pageNotebookIn(data: unknown): PageNotebook {
  const fields = Object.entries(data ?? {});
  return Object.fromEntries(fields.filter(([, value]) => typeof value === "string"));
}
