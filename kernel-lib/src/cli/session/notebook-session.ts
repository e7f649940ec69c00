/** A notebook session: its cells are executed by a tslab kernel in this process, with the same keys, store and names as in Jupyter. */
import fs from "node:fs";
import path from "node:path";
import { releaseOutput } from "../../events/log-capture";
import { HeadlessKernel, type KernelMessage } from "../../notebook/tslab/headless-kernel";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import { withPipelineContext } from "../../pipeline-context";
import { StagebookError } from "../../protocol";
import type { RunOverrides } from "../../run/state/run-overrides";
import { encodeOutputs, type CellOutputs, type CodeCell, type NotebookFile } from "./notebook-file";
import { checkOutput, isSameFile, writeOutput } from "../terminal/output-file";
import { definesSomething, forgetPackage } from "./own-pipeline";
import type { CellReport, Session, SessionParts } from "./session";

const ERROR_CHARACTERS = 4000;

export class NotebookSession implements Session {
  readonly source: string;
  private readonly opened: PipelineInternals[] = [];
  private readonly outputs = new Map<number, CellOutputs>();
  private readonly kernel: HeadlessKernel;
  private readonly folder: string;
  private interrupted = false;
  private hasStopped = false;

  /** One at a time in a process: tslab's variables are global. */
  constructor(
    private readonly notebook: NotebookFile,
    private readonly parts: SessionParts,
  ) {
    this.source = notebook.cells.map(({ source }) => source).join("\n");
    this.folder = path.dirname(notebook.path);
    // The first cell imports the package again, and the package finds its kernel by what tslab assigned to the streams.
    forgetPackage();
    releaseOutput();
    this.kernel = new HeadlessKernel({
      notebook: notebook.path,
      environment: parts.environment,
      startFolder: parts.folder,
      debug: (message) => this.opened[0]?.engine.log("debug", message),
    });
  }

  pipelines(): readonly PipelineInternals[] {
    return this.opened.filter(definesSomething);
  }

  async execute(overrides: RunOverrides): Promise<readonly CellReport[]> {
    const { listener } = this.parts;
    const reports: CellReport[] = [];
    this.outputs.clear();
    this.hasStopped = false;
    const cells = this.notebook.cells.filter(({ source }) => source.trim() !== "");
    for (const [nth, cell] of cells.entries()) {
      if (this.interrupted) break;
      listener.cellStarted(cell.id, nth + 1, cells.length);
      const report = await this.within(overrides, () => this.executeCell(cell, overrides));
      reports.push(report);
      listener.cellEnded(report);
      if (report.status === "failed" && overrides.runsStages) break;
    }
    return reports;
  }

  within<T>(overrides: RunOverrides, act: () => T): T {
    const { environment, usesSavedParams, listener } = this.parts;
    const onPipeline = (internals: PipelineInternals): void => {
      this.opened.push(internals);
      listener.opened(internals);
    };
    const notebook = { file: this.notebook.path };
    return withPipelineContext(
      { environment, folder: this.folder, notebook, usesSavedParams, overrides, onPipeline },
      act,
    );
  }

  interrupt(): void {
    this.interrupted = true;
    this.kernel.interrupt();
    for (const { engine } of this.opened) engine.cancel();
  }

  checkSave(file: string, inputs: readonly string[]): void {
    const { path: own } = this.notebook;
    checkOutput(file, inputs.filter((input) => !isSameFile(input, own))); // prettier-ignore
  }

  save(file: string): void {
    const { path: own, text } = this.notebook;
    if (isSameFile(file, own) && fs.readFileSync(own, "utf8") !== text)
      throw new StagebookError(
        "output-changed",
        `${path.basename(own)} was changed while it was executed, and its outputs would replace the changes`,
        "Run it again, or save to another file.",
      );
    writeOutput(file, encodeOutputs(this.notebook, this.outputs));
  }

  async close(): Promise<void> {
    for (const { runsWritten } of this.opened) await runsWritten();
    this.kernel.close();
    releaseOutput();
  }

  private async executeCell(cell: CodeCell, { runsStages }: RunOverrides): Promise<CellReport> {
    const { listener, refusals } = this.parts;
    const messages: KernelMessage[] = [];
    refusals.takeStages();
    const { ok, count } = await this.kernel.execute(cell.id, cell.source, (message) => {
      messages.push(message);
      if (runsStages) listener.output(cell.id, message);
    });
    this.outputs.set(cell.at, { count, messages });
    const stages = refusals.takeStages();
    this.hasStopped ||= stages.length > 0;
    // A cell after it may fail because it lacks what the stopped cell would have defined.
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
