/** Joins a pipeline to the running tslab kernel: cells, outputs, comms. Without a fork, and without a kernel of our own. */
import { COMM_TARGET, KERNEL_INFO_MARK, type CellId } from "../protocol";
import { enterActivity, findActivity, withinActivity, type Activity } from "../run/activity";
import { rememberCellLines } from "../run/cell-lines";
import type { PipelineInsides } from "./pipeline-insides";
import { NotebookCells } from "./cells";
import { Comms } from "./comms";
import type { CompiledCell } from "./compiled-cell";
import { hookCompiledCells } from "./compile-hook";
import { PageCommands } from "./page-commands";
import { PageLink } from "./page-link";
import { queueSends } from "./send-queue";
import { refreshImporters } from "./side-modules";
import { findNotebookRequire, messageClass, peekMessage, type TslabCopy, type TslabKernel, type WriteDisplay, type WriteStream, type ZmqMessage } from "./tslab";

/** Joins the pipeline to the kernel, in the middle of the cell that imports Stagebook. */
export function connectNotebook(tslab: TslabKernel, insides: PipelineInsides, version: string): void {
  const { exports, copies, message } = tslab;
  const Message = messageClass(message);
  let sendFailed = false;
  queueSends(Message, (error) => {
    // Told once: the line itself has to be sent too.
    if (!sendFailed) insides.engine.log("warn", `a message to the front end was lost: ${error.message}`);
    sendFailed = true;
  });
  const cells = new NotebookCells({ engine: insides.engine, scopes: insides.scopes, variables: exports, view: () => insides.bus.view, emit: insides.bus.emit.bind(insides.bus) });
  insides.setCells(cells);
  const commands = new PageCommands({ ...insides, cells });
  const link = new PageLink({
    bus: insides.bus,
    stagebook: version,
    send: (comm, data) => comms.send(comm, data),
    comms: () => comms.ids,
    execute: (command) => commands.execute(command),
  });
  const comms: Comms = new Comms(COMM_TARGET, { key: tslab.key, iopub: tslab.iopub, Message, header: { session: message.header.session, username: message.header.username } }, link);
  const kernel = new KernelLink(insides, cells, comms, version);
  markAfterPlans(insides, cells);
  hookCompiledCells(exports, {
    isVariable: (name) => Object.hasOwn(exports, name),
    compiled: (code) => kernel.compiled(code),
    lastValue: (value) => kernel.keepLastValue(value),
    failed: (error) => insides.engine.log("warn", `a cell could not be analysed and runs as it is: ${error.message}`),
  });
  if (!refreshImporters(findNotebookRequire())) insides.engine.log("warn", "this version of tslab hides its modules: after an edit of a local module, restart the kernel");
  for (const copy of copies) kernel.extend(copy);
  process.on("SIGINT", () => void insides.engine.cancel());
  // The cell that imports Stagebook is under way already: it joins now, and ends with its own idle status.
  kernel.adopt(tslab);
  comms.openNew({ v: 1 });
}

/** Cells are judged by the view, so after every event that changes what a stage or parameter is. */
function markAfterPlans({ bus }: PipelineInsides, cells: NotebookCells): void {
  bus.events$.subscribe((event) => {
    if (event.type === "plan:refined" || event.type === "param:changed" || event.type === "stage:removed" || event.type === "cell:ended" || event.type === "run:ended") cells.mark();
  });
}

class KernelLink {
  private adopted: { readonly message: ZmqMessage; readonly cell: CellId } | undefined;
  private lastValue: object | undefined;
  /** The cell that executes now: cells never overlap. */
  private count = 1;
  private source = "";

  constructor(
    private readonly insides: PipelineInsides,
    private readonly cells: NotebookCells,
    private readonly comms: Comms,
    private readonly version: string,
  ) {}

  /** Extends the classes of one loaded copy of tslab; the kernel's own server is an instance of one of them. */
  extend(copy: TslabCopy): void {
    const server = copy.ZmqServer.prototype;
    const handler = copy.JupyterHandlerImpl.prototype;
    const { handleShellMessage, publishStatus } = server;
    const { handleKernel, handleExecuteImpl } = handler;
    const link = this;
    server.handleShellMessage = async function (socket, ...frames) {
      const peeked = peekMessage(frames);
      if (peeked && /^comm_(open|msg|close)$/.test(peeked.type)) {
        const message = link.messageClassOf().fromRaw(this.connInfo.key, frames);
        this.publishStatus("busy", message);
        try {
          link.comms.handle(message);
        } finally {
          this.publishStatus("idle", message);
        }
        return;
      }
      if (peeked?.type !== "execute_request") return handleShellMessage.call(this, socket, ...frames);
      const deleted = peeked.metadata.deletedCells;
      if (Array.isArray(deleted)) link.cells.forget(deleted.map(String) as CellId[]);
      return withinActivity(link.activityOf(cellOf(peeked.metadata)), () => handleShellMessage.call(this, socket, ...frames));
    };
    server.publishStatus = function (status, parent) {
      if (status === "idle" && parent === link.adopted?.message) link.endAdopted();
      return publishStatus.call(this, status, parent);
    };
    server.handleCommInfoRequest = function (socket, message) {
      const reply = message.createReply();
      reply.header.msg_type = "comm_info_reply";
      reply.content = link.comms.info(message.content.target_name);
      reply.signAndSend(this.connInfo.key, socket);
    };
    handler.handleKernel = function () {
      return { ...handleKernel.call(this), [KERNEL_INFO_MARK]: link.version };
    };
    handler.handleExecuteImpl = function (request, writeStream, writeDisplay) {
      return link.execute({ count: this.execCount + 1, source: request.code, ...outputsOf(writeStream, writeDisplay) }, () => handleExecuteImpl.call(this, request, writeStream, writeDisplay));
    };
  }

  /** The cell that is under way while Stagebook is imported. */
  adopt(request: TslabKernel): void {
    this.Message = messageClass(request.message);
    const cell = cellOf(request.message.metadata);
    enterActivity({ ...this.activityOf(cell), ...outputsOf(request.writeStream, request.writeDisplay) });
    if (!cell) return;
    this.adopted = { message: request.message, cell };
    this.cells.begin(cell, 1);
  }

  /** The cell's code is known and about to run. */
  compiled(code: CompiledCell): string {
    const { cell } = findActivity();
    if (cell) this.cells.compiled(cell, code);
    const script = `cell [${this.count}]`;
    rememberCellLines(script, this.source, code.code);
    return script;
  }

  keepLastValue(value: object): void {
    this.lastValue = value;
  }

  private Message: ReturnType<typeof messageClass> | undefined;

  private messageClassOf(): ReturnType<typeof messageClass> {
    if (!this.Message) throw new Error("no cell was adopted");
    return this.Message;
  }

  private endAdopted(): void {
    const cell = this.adopted?.cell;
    this.adopted = undefined;
    if (cell) this.cells.end(cell, true);
  }

  private activityOf(cell: CellId | null): Activity {
    return { cell, source: "cell", ...(cell ? { observe: (read) => this.cells.observe(cell, read) } : {}) };
  }

  /** One cell from its real start to its end. tslab throws its execution count when the cell failed. */
  private async execute({ count, source, ...outputs }: { readonly count: number; readonly source: string } & Outputs, original: () => Promise<unknown>): Promise<unknown> {
    const activity = { ...findActivity(), ...outputs };
    const { cell } = activity;
    this.count = count;
    this.source = source;
    this.lastValue = undefined;
    if (cell) this.cells.begin(cell, count);
    let ok = false;
    try {
      const result = await withinActivity(activity, original);
      await withinActivity(activity, () => this.printLastValue());
      ok = true;
      return result;
    } finally {
      if (cell) this.cells.end(cell, ok);
      else {
        this.insides.engine.endEpoch();
        this.insides.engine.refresh();
      }
    }
  }

  private async printLastValue(): Promise<void> {
    const value = this.lastValue;
    this.lastValue = undefined;
    if (value === undefined) return;
    this.insides.engine.endEpoch();
    this.insides.engine.refresh();
    await this.insides.engine.settled();
    console.log(value);
  }
}

type Outputs = Pick<Activity, "write" | "display">;

function outputsOf(writeStream: WriteStream, writeDisplay: WriteDisplay): Outputs {
  return {
    write: writeStream,
    display: (bundle) => writeDisplay({ data: bundle, metadata: {}, transient: {} }),
  };
}

function cellOf(metadata: Record<string, unknown>): CellId | null {
  return typeof metadata.cellId === "string" && metadata.cellId !== "" ? (metadata.cellId as CellId) : null;
}
