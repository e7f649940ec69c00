/** The methods of tslab's classes that Stagebook extends: comms, kernel info, and the start and end of each cell. */
import { KERNEL_INFO_MARK, type CellId } from "../../protocol";
import { withinActivity } from "../../run/state/activity";
import { cellOf, outputsOf, updater, type CellExecutions } from "../cells/cell-executions";
import type { NotebookCells } from "../cells/cells";
import type { Comms } from "../page/comms";
import { peekMessage, type TslabCopy, type ZmqMessageClass } from "./tslab";

/** Who handles what tslab does not. */
export interface KernelParts {
  readonly Message: ZmqMessageClass;
  readonly comms: Comms;
  readonly cells: NotebookCells;
  readonly executions: CellExecutions;
  readonly version: string;
}

/** Extends one loaded copy of tslab; the kernel's own server is an instance of one of them. */
export function extendTslab(copy: TslabCopy, parts: KernelParts): void {
  extendServer(copy, parts);
  extendHandler(copy, parts);
}

function extendServer(copy: TslabCopy, { Message, comms, cells, executions }: KernelParts): void {
  const server = copy.ZmqServer.prototype;
  const { handleShellMessage, publishStatus } = server;
  server.handleShellMessage = async function (socket, ...frames) {
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
    if (peeked?.type !== "execute_request") return handleShellMessage.call(this, socket, ...frames);
    const deleted = peeked.metadata.deletedCells;
    if (Array.isArray(deleted)) cells.forget(deleted.map(String) as CellId[]);
    const activity = executions.activityOf(cellOf(peeked.metadata));
    return withinActivity(activity, () => handleShellMessage.call(this, socket, ...frames));
  };
  server.publishStatus = function (status, parent) {
    if (status === "idle") executions.ended(parent);
    publishStatus.call(this, status, parent);
  };
  server.handleCommInfoRequest = function (socket, message) {
    const reply = message.createReply();
    reply.header.msg_type = "comm_info_reply";
    reply.content = comms.info(message.content.target_name);
    reply.signAndSend(this.connInfo.key, socket);
  };
}

function extendHandler(copy: TslabCopy, { executions, version }: KernelParts): void {
  const handler = copy.JupyterHandlerImpl.prototype;
  const { handleKernel, handleExecuteImpl } = handler;
  handler.handleKernel = function () {
    return { ...handleKernel.call(this), [KERNEL_INFO_MARK]: version };
  };
  handler.handleExecuteImpl = function (request, writeStream, writeDisplay) {
    const outputs = { ...outputsOf(writeStream, writeDisplay), show: updater(writeDisplay) };
    const execution = { count: this.execCount + 1, source: request.code, ...outputs };
    return executions.execute(
      execution,
      () => handleExecuteImpl.call(this, request, writeStream, writeDisplay),
      () => this.executor.execute(request.code),
    );
  };
}
