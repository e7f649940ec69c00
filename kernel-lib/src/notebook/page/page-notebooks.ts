/**
 * The notebooks that the connected pages show. Usually it is the kernel's own. Any other notebook may choose the same kernel in its menu: it
 * is a guest. Its page is notified, and its cells are kept apart from those of the kernel's notebook.
 */
import fs from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { CellId, KernelNotebook, PageNotebook } from "../../protocol";
import type { NotebookIdentity } from "../../store/notebooks/notebook-identity";
import { guestCell } from "../cells/guest-cells";

export class PageNotebooks {
  /** The paths of guests, by the session of their execute requests. */
  private readonly guests = new Map<string, string>();
  /** The sessions of pages, by comm. */
  private readonly sessions = new Map<string, string>();

  constructor(private readonly notebook: NotebookIdentity) {}

  /** A page reports what it shows. `session`: of that message. */
  shown(comm: string, session: string, page: PageNotebook): void {
    const requests = page.session ?? session;
    this.sessions.set(comm, requests);
    if (page.notebook === undefined) return;
    const file = findFile(page.notebook, page.root);
    if (file === undefined || this.notebook.follow(file)) this.guests.delete(requests);
    // A guest that is renamed keeps its cells.
    else if (!this.guests.has(requests)) this.guests.set(requests, page.notebook);
  }

  closed(comm: string): void {
    this.sessions.delete(comm);
  }

  /** The kernel's notebook, for the page of a comm. */
  viewFor(comm: string): KernelNotebook {
    const { name, uid = null } = this.notebook;
    return { name, uid, isGuest: this.guests.has(this.sessions.get(comm) ?? "") };
  }

  /** The cell that an execute request of a session names. */
  cellOf(session: string, cell: CellId): CellId {
    const guest = this.guests.get(session);
    return guest === undefined ? cell : guestCell(guest, cell);
  }
}

/** The absolute path of a file of the server; undefined when this machine does not have it, or the server keeps its files elsewhere. */
function findFile(notebook: string, root: string | undefined): string | undefined {
  if (root === undefined) return undefined;
  const file = path.join(root.replace(/^~(?=$|[\\/])/, homedir()), notebook);
  return path.isAbsolute(file) && fs.existsSync(file) ? file : undefined;
}
