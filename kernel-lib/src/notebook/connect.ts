/** Joins a pipeline to the running tslab kernel: cells, outputs, comms. Without a fork, and without a kernel of our own. */
import { randomUUID } from "node:crypto";
import { COMM_TARGET } from "../protocol";
import type { PipelineInternals } from "./pipeline-internals";
import { inputOf } from "../stage/input";
import { CellExecutions } from "./cells/cell-executions";
import { CellProgress } from "./cells/cell-progress";
import { NotebookCells } from "./cells/cells";
import { Comms } from "./page/comms";
import { hookCompiledCells } from "./tslab/compile-hook";
import { extendTslab } from "./tslab/kernel-extension";
import { PageCommands } from "./page/page-commands";
import { PageLink } from "./page/page-link";
import { queueSends } from "./tslab/send-queue";
import { refreshImporters } from "./tslab/side-modules";
import { findNotebookRequire, messageClass, type TslabKernel } from "./tslab/tslab";

/** Joins the pipeline to the kernel, in the middle of the cell that imports Stagebook. */
export function connectNotebook(tslab: TslabKernel, internals: PipelineInternals, version: string): void {
  const { exports, copies, message } = tslab;
  const Message = messageClass(message);
  const cells = new NotebookCells({
    engine: internals.engine,
    scopes: internals.scopes,
    variables: exports,
    view: () => internals.bus.view,
    emit: internals.bus.emit.bind(internals.bus),
  });
  internals.setCells(cells);
  const commands = new PageCommands({ ...internals, cells, tell: () => link.tell() });
  const link: PageLink = new PageLink({
    bus: internals.bus,
    kernel: randomUUID().slice(0, 8),
    stagebook: version,
    send: (comm, data) => comms.send(comm, data),
    comms: () => comms.ids,
    execute: (command) => commands.execute(command),
  });
  const comms: Comms = new Comms(
    COMM_TARGET,
    {
      key: tslab.key,
      iopub: tslab.iopub,
      Message,
      header: { session: message.header.session, username: message.header.username },
    },
    link,
  );
  const executions = new CellExecutions(internals, cells);
  const progress = new CellProgress({ view: () => internals.bus.view, outputOf: (cell) => executions.outputOf(cell) });
  if (!internals.engine.runOverrides.isHeadless) internals.bus.events$.subscribe((event) => progress.tell(event));
  let sendFailed = false;
  queueSends(Message, {
    sending: (sent) => executions.replied(sent),
    lost: (error) => {
      // Told once: the line itself has to be sent too.
      if (!sendFailed) internals.engine.log("warn", `a message to the front end was lost: ${error.message}`);
      sendFailed = true;
    },
  });
  markAfterPlans(internals, cells);
  hookCompiledCells(exports, {
    isVariable: (name) => Object.hasOwn(exports, name),
    compiled: (code) => executions.compiled(code),
    isDeclaring: () => executions.isDeclaring,
    printsLater: (value) => inputOf(value) !== undefined || internals.isPipeline(value) || value instanceof Promise,
    lastValue: (value) => executions.keepLastValue(value),
    failed: (error) => internals.engine.log("warn", `a cell could not be analysed and runs as it is: ${error.message}`),
  });
  if (!refreshImporters(findNotebookRequire()))
    internals.engine.log(
      "warn",
      "this version of tslab hides its modules: after an edit of a local module, restart the kernel",
    );
  for (const copy of copies) extendTslab(copy, { Message, comms, cells, executions, version });
  process.on("SIGINT", () => void internals.engine.cancel());
  // The cell that imports Stagebook is under way already: it joins now, and ends with its own idle status.
  executions.adopt(tslab);
  comms.openNew({ v: 1 });
}

/** Cells are judged by the view, so after every event that changes what a stage or parameter is. */
function markAfterPlans({ bus }: PipelineInternals, cells: NotebookCells): void {
  bus.events$.subscribe((event) => {
    if (
      event.type === "plan:refined" ||
      event.type === "param:changed" ||
      event.type === "stage:removed" ||
      event.type === "cell:ended" ||
      event.type === "run:ended"
    )
      cells.mark();
  });
}
