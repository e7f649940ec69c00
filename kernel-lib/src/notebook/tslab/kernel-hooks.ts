/** Hooks 1 to 5, the methods of tslab's server and message handler: comms, kernel info, and the start and end of each cell. */
import { KERNEL_INFO_MARK, type CellId } from "../../protocol";
import { withinActivity } from "../../run/state/activity";
import { cellOf, outputsOf, updater, type CellExecutions } from "../cells/cell-executions";
import type { NotebookCells } from "../cells/cells";
import type { Comms } from "../page/comms";
import type { PageNotebooks } from "../page/page-notebooks";
import type { CompileHook } from "./compile-hook";
import type { TslabHooks } from "./hooks";
import { peekMessage, type ZmqMessage, type ZmqMessageClass, type ZmqServer, type ZmqSocket } from "./tslab";

/** What the hooks call. */
export interface KernelHookParts {
  readonly Message: ZmqMessageClass;
  readonly comms: Comms;
  /** Which notebook a request comes from. */
  readonly notebooks: Pick<PageNotebooks, "cellOf">;
  readonly cells: NotebookCells;
  readonly executions: CellExecutions;
  readonly compiler: Pick<CompileHook, "withoutExecuting">;
  /** Of Stagebook. */
  readonly version: string;
}

type ServerHooks = Pick<TslabHooks, "handleShellMessage" | "publishStatus" | "handleCommInfoRequest">;
type HandlerHooks = Pick<TslabHooks, "handleKernel" | "handleExecuteImpl">;

export function createKernelHooks(parts: KernelHookParts): ServerHooks & HandlerHooks {
  return { ...createServerHooks(parts), ...createHandlerHooks(parts) };
}

function createServerHooks({ Message, comms, notebooks, cells, executions }: KernelHookParts): ServerHooks {
  return {
    handleShellMessage: (original) =>
      async function (socket, ...frames) {
        const peeked = peekMessage(frames);
        if (peeked && /^comm_(open|msg|close)$/.test(peeked.type)) {
          const message = Message.fromRaw(this.connInfo.key, frames);
          this.publishStatus("busy", message);
          try {
            comms.handle(message);
          } finally {
            this.publishStatus("idle", message);
          }
          return;
        }
        if (peeked?.type === "history_request") {
          replyToHistory(this, socket, Message.fromRaw(this.connInfo.key, frames));
          return;
        }
        if (peeked?.type !== "execute_request") return original.call(this, socket, ...frames);
        const { session, metadata } = peeked;
        const own = (cell: CellId): CellId => notebooks.cellOf(session, cell);
        const deleted = metadata.deletedCells;
        if (Array.isArray(deleted)) cells.forget((deleted.map(String) as CellId[]).map(own));
        const cell = cellOf(metadata);
        const activity = executions.activityOf(cell === null ? null : own(cell));
        return withinActivity(activity, () => original.call(this, socket, ...frames));
      },
    publishStatus: (original) =>
      function (status, parent) {
        if (status === "idle") executions.ended(parent);
        original.call(this, status, parent);
      },
    handleCommInfoRequest: () =>
      function (socket, message) {
        const reply = message.createReply();
        reply.header.msg_type = "comm_info_reply";
        reply.content = comms.info(message.content.target_name);
        reply.signAndSend(this.connInfo.key, socket);
      },
  };
}

/** tslab keeps no history: an empty one, without the warning that it would print in whichever cell is running. */
function replyToHistory(server: ZmqServer, socket: ZmqSocket, message: ZmqMessage): void {
  server.publishStatus("busy", message);
  try {
    const reply = message.createReply();
    reply.header.msg_type = "history_reply";
    reply.content = { status: "ok", history: [] };
    reply.signAndSend(server.connInfo.key, socket);
  } finally {
    server.publishStatus("idle", message);
  }
}

function createHandlerHooks({ executions, compiler, version }: KernelHookParts): HandlerHooks {
  return {
    handleKernel: (original) =>
      function () {
        return { ...original.call(this), [KERNEL_INFO_MARK]: version };
      },
    handleExecuteImpl: (original) =>
      function (request, writeStream, writeDisplay) {
        const outputs = { ...outputsOf(writeStream, writeDisplay), show: updater(writeDisplay) };
        const execution = { count: this.execCount + 1, source: request.code, ...outputs };
        return executions.execute(
          execution,
          () => original.call(this, request, writeStream, writeDisplay),
          () => compiler.withoutExecuting(() => this.executor.execute(request.code)),
        );
      },
  };
}
