/**
 * The eight functions of tslab that Stagebook wraps, on one page, and the error of an interrupt. `installHooks` installs all of them; they
 * are implemented in the files beside this one. Faults of tslab are fixed by `installRepairs` (repairs/), separately. More about each hook,
 * and how it fails safe: docs/reference/tslab-hooks.md.
 */
import vm from "node:vm";
import { printInterruptionShort } from "./printed-error";
import {
  findInterruption,
  findSideTables,
  messageClass,
  type JupyterHandler,
  type SideTables,
  type TslabKernel,
  type ZmqMessage,
  type ZmqServer,
} from "./tslab";

/** Receives the original function and returns its replacement. */
type Hook<F> = (original: F) => F;

/** One member for each hook point, named after the function of tslab that it wraps. */
export interface TslabHooks {
  /**
   * 1. `ZmqServer.handleShellMessage` dispatches the messages of the shell channel. tslab does not know comms: it prints a warning in the
   * user's cell. Each page that opens the notebook also requests the history: it receives an empty one. Comm messages go to `Comms` instead, between a busy and an idle status. An execute request runs within the
   * activity of its cell, so that everything asynchronous it starts belongs to that cell; cells that it reports as deleted are forgotten.
   */
  readonly handleShellMessage: Hook<ZmqServer["handleShellMessage"]>;

  /**
   * 2. `ZmqServer.publishStatus` reports busy before a request and idle after it. The cell that imports Stagebook began before any hook
   * existed: the idle status of its request is its end.
   */
  readonly publishStatus: Hook<ZmqServer["publishStatus"]>;

  /**
   * 3. `ZmqServer.handleCommInfoRequest` answers which comms are open. tslab replies with the wrong message type and no comms. The
   * reply lists the comms of Stagebook: a reloaded page finds the kernel by it.
   */
  readonly handleCommInfoRequest: Hook<ZmqServer["handleCommInfoRequest"]>;

  /**
   * 4. `JupyterHandlerImpl.handleKernel` builds the kernel_info reply. The version of Stagebook is added: a page opens a comm only to a
   * kernel that has it.
   */
  readonly handleKernel: Hook<JupyterHandler["handleKernel"]>;

  /**
   * 5. `JupyterHandlerImpl.handleExecuteImpl` executes a cell when its turn in the queue has come. The real start and end of each cell are
   * recorded here, and its own output streams, which stay its own when a later cell has begun.
   */
  readonly handleExecuteImpl: Hook<JupyterHandler["handleExecuteImpl"]>;

  /**
   * 6. `ZmqMessage.signAndSend` sends a message and ignores the promise. zeromq rejects a send while another one is pending on the
   * same socket, and the message would be lost: sends are queued per socket. The reply of the importing cell is read here.
   */
  readonly signAndSend: Hook<ZmqMessage["signAndSend"]>;

  /**
   * 7. `vm.runInThisContext` executes compiled code; tslab calls it through the module object. Each cell is analyzed first (which
   * notebook variables it reads and writes), tslab's shorthand bug is fixed, the script gets the cell's name in stack traces, and the value of the
   * last expression is taken over where it prints a plan that must be current.
   */
  readonly runInThisContext: Hook<typeof vm.runInThisContext>;

  /**
   * 8. `sideModules.delete` drops an edited local module, so that the next import loads the edited file. tslab keeps the modules that
   * import it, and these keep the old code: they are dropped too.
   */
  readonly deleteSideModule: (tables: SideTables) => Hook<(file: string) => boolean>;
}

/** Installs all hooks in the running kernel: in every loaded copy of tslab, one of which holds the kernel's own server. */
export function installHooks(kernel: TslabKernel, hooks: TslabHooks, warn: (message: string) => void): void {
  for (const { ZmqServer, JupyterHandlerImpl } of kernel.copies) {
    const [server, handler] = [ZmqServer.prototype, JupyterHandlerImpl.prototype];
    server.handleShellMessage = hooks.handleShellMessage(server.handleShellMessage);
    server.publishStatus = hooks.publishStatus(server.publishStatus);
    server.handleCommInfoRequest = hooks.handleCommInfoRequest(server.handleCommInfoRequest);
    handler.handleKernel = hooks.handleKernel(handler.handleKernel);
    handler.handleExecuteImpl = hooks.handleExecuteImpl(handler.handleExecuteImpl);
  }
  const message = messageClass(kernel.message).prototype;
  message.signAndSend = hooks.signAndSend(message.signAndSend);
  vm.runInThisContext = hooks.runInThisContext(vm.runInThisContext);
  const interruption = findInterruption();
  if (interruption) printInterruptionShort(interruption);
  const tables = findSideTables();
  const modules = tables?.sideModules;
  if (modules) modules.delete = hooks.deleteSideModule(tables)(modules.delete.bind(modules));
  else warn("the module tables of this tslab version were not found: restart the kernel after editing a local module");
}
