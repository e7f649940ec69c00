/** A notebook, its cells executed by a tslab kernel in this process: the same keys, store and names as in Jupyter. */
import fs from "node:fs";
import path from "node:path";
import { beHeadless } from "../../headless";
import { HeadlessKernel, type KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { RunOverrides } from "../../run/state/run-overrides";
import { encodeOutputs, type CellOutputs, type CodeCell, type NotebookFile } from "./notebook-file";
import type { CellReport, Session, SessionListener } from "./session";

const ERROR_CHARACTERS = 4000;

export class NotebookSession implements Session {
  readonly name: string;
  readonly source: string;
  private readonly opened: PipelineInternals[] = [];
  private readonly outputs = new Map<number, CellOutputs>();
  private readonly kernel: HeadlessKernel;
  private interrupted = false;
  private hasStopped = false;

  /** Makes the notebook's folder the working folder, as Jupyter does. */
  constructor(
    private readonly notebook: NotebookFile,
    readonly runOverrides: RunOverrides,
    private readonly listener: SessionListener,
  ) {
    this.name = path.basename(notebook.path);
    this.source = notebook.cells.map(({ source }) => source).join("\n");
    process.chdir(path.dirname(notebook.path));
    process.env.JPY_SESSION_NAME = notebook.path;
    beHeadless({
      runOverrides,
      opened: (internals) => {
        this.opened.push(internals);
        listener.opened(internals);
      },
    });
    this.kernel = new HeadlessKernel();
  }

  pipelines(): readonly PipelineInternals[] {
    return this.opened.filter(
      ({ engine }) => engine.registry.stages.all().length > 0 || engine.params.names().length > 0,
    );
  }

  async execute(): Promise<readonly CellReport[]> {
    const reports: CellReport[] = [];
    this.outputs.clear();
    this.hasStopped = false;
    const cells = this.notebook.cells.filter(({ source }) => source.trim() !== "");
    for (const [nth, cell] of cells.entries()) {
      if (this.interrupted) break;
      this.listener.cellStarted(cell.id, nth + 1, cells.length);
      const report = await this.executeCell(cell);
      reports.push(report);
      this.listener.cellEnded(report);
      if (report.status === "failed" && !this.runOverrides.refusesBodies) break;
    }
    return reports;
  }

  interrupt(): void {
    this.interrupted = true;
    this.kernel.interrupt();
    for (const { engine } of this.opened) engine.cancel();
  }

  checkSave(): void {
    // A notebook has outputs.
  }

  save(file: string): void {
    fs.writeFileSync(file, encodeOutputs(this.notebook, this.outputs));
  }

  async close(): Promise<void> {
    for (const { runsWritten } of this.opened) await runsWritten();
    this.kernel.close();
  }

  private async executeCell(cell: CodeCell): Promise<CellReport> {
    const messages: KernelMessage[] = [];
    this.runOverrides.takeRefused();
    const { ok, count } = await this.kernel.execute(cell.id, cell.source, (message) => {
      messages.push(message);
      this.listener.output(cell.id, message);
    });
    this.outputs.set(cell.at, { count, messages });
    const stages = this.runOverrides.takeRefused();
    this.hasStopped ||= stages.length > 0;
    // A cell after it may fail for want of what it would have made.
    const status = stages.length > 0 || (!ok && this.hasStopped) ? "stopped" : ok ? "ok" : "failed";
    const label = `cell [${count ?? cell.id}]`;
    return { id: cell.id, label, count, status, stages, ...(ok ? {} : { error: lastText(messages) }) };
  }
}

/** tslab prints errors to the cell's streams. */
function lastText(messages: readonly KernelMessage[]): string {
  const texts = messages.flatMap(({ type, content }) =>
    type === "stream" && content.name === "stderr" ? [String(content.text)] : [],
  );
  return texts.join("").trim().slice(-ERROR_CHARACTERS);
}
