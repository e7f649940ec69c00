/**
 * The connection of a pipeline to the running tslab kernel, which needs neither a fork of tslab nor another kernel. Built bottom-up: each
 * object uses only objects created before it, and is called back through a listener.
 */
import { randomUUID } from "node:crypto";
import path from "node:path";
import { COMM_TARGET } from "../protocol";
import { useNotebookVariables } from "../stage/handle-names";
import { inputOf } from "../stage/input";
import { withinActivity } from "../run/state/activity";
import { CellExecutions } from "./cells/cell-executions";
import { CellProgress } from "./cells/cell-progress";
import { NotebookCells } from "./cells/cells";
import { ShownTables } from "./cells/shown-tables";
import { Comms } from "./page/comms";
import { PageCommands } from "./page/page-commands";
import { PageLink } from "./page/page-link";
import { PageNotebooks } from "./page/page-notebooks";
import { PageRequests } from "./page/page-requests";
import { readLimits } from "../stage/limits";
import type { PipelineInternals } from "./pipeline-internals";
import { CompileHook } from "./tslab/compile-hook";
import { findCellCompiler } from "./tslab/compiler";
import { installHooks } from "./tslab/hooks";
import { createKernelHooks } from "./tslab/kernel-hooks";
import { queueSends } from "./tslab/send-queue";
import { dropImporters } from "./tslab/side-modules";
import { installRepairs } from "./tslab/repairs/install";
import { messageClass, type TslabKernel } from "./tslab/tslab";

/** Of the process, and of Stagebook. */
export interface NotebookOptions {
  readonly version: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Connects the pipeline to the kernel, in the middle of the cell that imports Stagebook. */
export function connectNotebook(
  tslab: TslabKernel,
  internals: PipelineInternals,
  { version, environment }: NotebookOptions,
): void {
  const { engine, bus, scopes, notebook } = internals;
  const limits = readLimits(environment);
  useNotebookVariables(() => tslab.exports);
  const warn = (message: string): void => engine.log("warn", message);

  // Cells: what each defines, reads and prints.
  const cells = new NotebookCells({
    engine,
    scopes,
    variables: tslab.exports,
    view: () => bus.view,
    emit: (event) => bus.emit(event),
  });
  internals.setCells(cells);
  const shownTables = new ShownTables(limits.shownTables);
  const compiler = findCellCompiler();
  const executions = new CellExecutions(internals, cells, shownTables, compiler);

  // Page: comms, then the messages to the pages, then the commands from them.
  const comms = openComms(tslab);
  const notebooks = new PageNotebooks(notebook);
  const link = new PageLink({
    bus,
    comms,
    kernel: randomUUID().slice(0, 8),
    stagebook: version,
    notebooks,
    pageBytes: limits.pageBytes,
  });
  const commands = new PageCommands({ ...internals, cells, shownTables, link });
  comms.listen(new PageRequests(link, notebooks, commands));

  // Subscribed after the link: pages receive an event before the marks and outputs that follow from it.
  showProgress(internals, executions);
  markAfterChanges(internals, cells);

  // tslab: from here on it calls the objects above.
  const names = new Map<string, string>();
  const compileHook = new CompileHook(tslab.exports, names, {
    compiled: (code) => executions.compiled(code),
    printsLater: (value) => inputOf(value) !== undefined || internals.isPipeline(value) || value instanceof Promise,
    lastValue: (value) => executions.keepLastValue(value),
    interrupted: () => executions.interrupted(),
    failed: (error) => warn(`a cell could not be analyzed and is executed unchanged: ${error.message}`),
  });
  const kernelHooks = createKernelHooks({ Message: messageClass(tslab.message), comms, notebooks, cells, executions, compiler: compileHook, version }); // prettier-ignore
  const signAndSend = queueSends({
    sending: (message) => executions.replied(message),
    failed: (error) => warn(`a message to the front end was lost: ${error.message}`),
  });
  installHooks(
    tslab,
    { ...kernelHooks, signAndSend, runInThisContext: compileHook.hook, deleteSideModule: dropImporters },
    warn,
  );
  if (compiler)
    installRepairs({ compiler, kernel: tslab, notebook: notebook.file ?? path.resolve(notebook.name), names, warn }, environment.STAGEBOOK_TSLAB); // prettier-ignore
  else warn("the compiler of this tslab version was not found: tslab is used without repairs");
  // The command plans each time, and handles signals itself.
  if (!engine.runOverrides.isHeadless) {
    withinActivity({ cell: null, source: "page" }, () => engine.watchFiles());
    process.on("SIGINT", () => {
      executions.interrupted();
      engine.cancel();
    });
  }

  // The cell that imports Stagebook is already running: it is adopted now, and ends with the idle status of its request.
  executions.adopt(tslab);
  if (!engine.runOverrides.isHeadless) comms.openNew({ v: 1 });
}

function openComms({ key, iopub, message }: TslabKernel): Comms {
  const header = { session: message.header.session, username: message.header.username };
  return new Comms(COMM_TARGET, { key, iopub, Message: messageClass(message), header });
}

/** The command line shows progress itself. */
function showProgress({ engine, bus }: PipelineInternals, executions: CellExecutions): void {
  if (engine.runOverrides.isHeadless) return;
  const progress = new CellProgress({ view: () => bus.view, outputOf: (cell) => executions.outputOf(cell) });
  bus.events.subscribe((event) => progress.handle(event));
}

/**
 * The status of a cell depends on stages, parameters and variables. These five events follow all changes of them. A command has no page
 * that shows it.
 */
function markAfterChanges({ engine, bus }: PipelineInternals, cells: NotebookCells): void {
  if (engine.runOverrides.isHeadless) return;
  bus.events.subscribe((event) => {
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
