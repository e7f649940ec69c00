/** A Transport over a Jupyter comm. Created by KernelSession, which decides when a comm may be opened. */
import type { Kernel } from "@jupyterlab/services";
import type { JSONObject } from "@lumino/coreutils";
import { Subject } from "rxjs";
import { COMM_TARGET, PROTOCOL_VERSION } from "stagebook/protocol";
import type { PageMessage, PageNotebook } from "stagebook/protocol";
import type { Transport } from "./transport";

export interface CommTransport extends Transport {
  /** The id of the comm. */
  readonly id: string;
}

/** Opens a comm of the page. Only for kernels known to have Stagebook: any other prints a warning in the user's cell. */
export function openComm(kernel: Kernel.IKernelConnection, page: PageNotebook): CommTransport {
  const comm = kernel.createComm(COMM_TARGET, findFreeCommId(kernel));
  const incoming$ = new Subject<unknown>();
  comm.onMsg = (message) => incoming$.next(message.content.data);
  comm.onClose = () => incoming$.complete();
  const open = (): void => {
    comm.open({ v: PROTOCOL_VERSION, ...page });
  };
  open();
  return {
    id: comm.commId,
    incoming$,
    open,
    send: (message: PageMessage) => {
      comm.send(message as unknown as JSONObject);
    },
    close: () => {
      incoming$.complete();
      if (comm.isDisposed) return;
      // A kernel that is gone cannot be notified.
      if (kernel.isDisposed || kernel.status === "dead" || kernel.connectionStatus !== "connected") comm.dispose();
      else comm.close();
    },
  };
}

/** The same id after a reload of the page, so that the kernel does not keep sending to a page that no longer exists. */
function findFreeCommId(kernel: Kernel.IKernelConnection): string {
  const id = `stagebook-${tabId()}`;
  for (let n = 0; ; n++) {
    const candidate = n === 0 ? id : `${id}-${n}`;
    if (!kernel.hasComm(candidate)) return candidate;
  }
}

function tabId(): string {
  if (cachedTabId !== null) return cachedTabId;
  const id = sessionStorage.getItem(TAB_ID) ?? crypto.getRandomValues(new Uint32Array(2)).join("-");
  cachedTabId = id;
  // Stored only while the page unloads: a duplicated tab gets a copy of the storage, and must not get the id.
  sessionStorage.removeItem(TAB_ID);
  globalThis.addEventListener?.("pagehide", () => sessionStorage.setItem(TAB_ID, id));
  return id;
}

const TAB_ID = "stagebook:tab";
let cachedTabId: string | null = null;
