/** A notebook on a real tslab kernel: cells by id, and which stages were executed. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { StagebookEvent, View } from "stagebook/protocol";
import { executed } from "./event-log";
import type { Execution } from "./execution";
import { startKernel } from "./kernel-rig";
import type { CellOptions, Kernel, KernelOptions } from "./kernel-rig";

/** The first cell of every notebook. */
export const FIRST_CELL = `import { stage, param, file, pipeline, createPipeline, show, StagebookError } from "stagebook";
(globalThis as any).ran = [];`;

/** A statement for the function of a stage: counts the execution independently of Stagebook. */
export const ran = (stage: string): string => `(globalThis as any).ran.push("${stage}");`;

/** Starts a kernel whose first cell imports Stagebook. Stop it with `afterAll(() => notebook.kernel.stop())`. */
export async function openNotebook(options: KernelOptions = {}): Promise<Notebook> {
  const notebook = new Notebook(await startKernel(options));
  await notebook.cell("first", FIRST_CELL);
  return notebook;
}

export class Notebook {
  /** False when stages do not contain `ran(…)`. */
  countsExecutions = true;

  constructor(readonly kernel: Kernel) {}

  get events(): readonly StagebookEvent[] {
    return this.kernel.events;
  }

  get view(): View {
    return this.kernel.view;
  }

  /** Executes a cell that must succeed. Resolves once all its events have arrived and the plan is current. */
  async cell(id: string, code: string, options: CellOptions = {}): Promise<Execution> {
    const execution = await this.kernel.run(code, { cell: id, ...options });
    expect(execution.text, `cell ${id} failed`).toSatisfy(() => execution.ok);
    await this.settled();
    return execution;
  }

  /** Executes cells in order. */
  async cells(codes: { readonly [id: string]: string }): Promise<void> {
    for (const [id, code] of Object.entries(codes)) await this.cell(id, code);
  }

  /** Executes a cell that must fail, and returns its output. */
  async failing(id: string, code: string): Promise<string> {
    const execution = await this.kernel.run(code, { cell: id });
    expect(execution.ok, `cell ${id} did not fail: ${execution.text}`).toBe(false);
    await this.settled();
    return execution.text;
  }

  /** The printed value of an expression, executed without a cell id. */
  async read(expression: string): Promise<string> {
    const execution = await this.kernel.run(`console.log(${expression});`);
    expect(execution.text, `${expression} failed`).toSatisfy(() => execution.ok);
    return execution.text.trimEnd();
  }

  /** Resolves once every event so far has arrived and the plan is current. */
  async settled(): Promise<void> {
    if (this.kernel.comm.open.length > 0) await this.kernel.command({ type: "sync" });
  }

  /** The events during `act`. */
  async during(act: () => Promise<unknown>): Promise<readonly StagebookEvent[]> {
    const before = this.events.length;
    await act();
    await this.settled();
    return this.events.slice(before);
  }

  /**
   * The stages that were executed during `act`, sorted: by the events, which must agree with the count that the functions
   * themselves keep with `ran(…)`.
   */
  async executed(act: () => Promise<unknown>): Promise<string[]> {
    if (!this.countsExecutions) return executed(await this.during(act)).sort();
    const before = await this.counted();
    const found = executed(await this.during(act)).sort();
    expect((await this.counted()).slice(before.length).sort(), "the executions that the functions counted").toEqual(
      found,
    );
    return found;
  }

  status(stage: string): string | undefined {
    return this.view.stages[stage]?.status;
  }

  /** The reasons of a stage's status, as the page shows them. */
  reasons(stage: string): string[] {
    return (this.view.stages[stage]?.reasons ?? []).map((reason) => reason.text);
  }

  /** Another notebook in the same folder, on its own kernel. The caller stops it. */
  openBeside(file: string): Promise<Notebook> {
    return openNotebook({ cwd: this.kernel.cwd, notebook: file });
  }

  /** Starts a new process in the same folder and executes the first cell. */
  async restart(): Promise<void> {
    await this.kernel.restart();
    await this.cell("first", FIRST_CELL);
  }

  /** Writes a file beside the notebook; `at` is its modification time. */
  write(name: string, content: string, at?: Date): string {
    const path = join(this.kernel.cwd, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    if (at) utimesSync(path, at, at);
    return path;
  }

  private async counted(): Promise<string[]> {
    return JSON.parse(await this.read("JSON.stringify((globalThis as any).ran)")) as string[];
  }
}
