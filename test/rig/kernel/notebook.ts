/** A notebook on a real tslab kernel, as the tests of this folder use it: cells by id, and which bodies ran meanwhile. */
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { StagebookEvent, View } from "stagebook/protocol";
import { executed } from "./event-log";
import type { Execution } from "./execution";
import { startKernel } from "./kernel-rig";
import type { CellOptions, Kernel, KernelOptions } from "./kernel-rig";

/** What each notebook begins with. */
export const FIRST_CELL = `import { stage, param, file, pipeline, createPipeline, show, StagebookError } from "stagebook";
(globalThis as any).ran = [];`;

/** For stage bodies: counts the execution outside of everything that Stagebook sees. */
export const ran = (stage: string): string => `(globalThis as any).ran.push("${stage}");`;

/** Starts a kernel whose first cell imports Stagebook. Stop it with `afterAll(() => notebook.kernel.stop())`. */
export async function openNotebook(options: KernelOptions = {}): Promise<Notebook> {
  const notebook = new Notebook(await startKernel(options));
  await notebook.cell("first", FIRST_CELL);
  return notebook;
}

export class Notebook {
  /** False for stages that do not say `ran(…)`. */
  countsBodies = true;

  constructor(readonly kernel: Kernel) {}

  get events(): readonly StagebookEvent[] {
    return this.kernel.events;
  }

  get view(): View {
    return this.kernel.view;
  }

  /** Executes a cell that must succeed. When it resolves, all its events are here and the plan is settled. */
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

  /** Executes a cell that must fail, and returns all that it printed. */
  async failing(id: string, code: string): Promise<string> {
    const execution = await this.kernel.run(code, { cell: id });
    expect(execution.ok, `cell ${id} did not fail: ${execution.text}`).toBe(false);
    await this.settled();
    return execution.text;
  }

  /** The text of an expression's value, read in a cell that no notebook has. */
  async read(expression: string): Promise<string> {
    const execution = await this.kernel.run(`console.log(${expression});`);
    expect(execution.text, `${expression} failed`).toSatisfy(() => execution.ok);
    return execution.text.trimEnd();
  }

  /** Everything that was caused so far has arrived, and the shown plan is true. */
  async settled(): Promise<void> {
    if (this.kernel.comm.open.length > 0) await this.kernel.command({ type: "sync" });
  }

  /** Events from now on, up to the end of `act`. */
  async during(act: () => Promise<unknown>): Promise<readonly StagebookEvent[]> {
    const before = this.events.length;
    await act();
    await this.settled();
    return this.events.slice(before);
  }

  /**
   * The stages whose bodies ran during `act`, sorted: from the events, and the same by the counter that the bodies
   * themselves keep when they say `ran(…)`.
   */
  async executed(act: () => Promise<unknown>): Promise<string[]> {
    if (!this.countsBodies) return executed(await this.during(act)).sort();
    const before = await this.counted();
    const found = executed(await this.during(act)).sort();
    expect((await this.counted()).slice(before.length).sort(), "the bodies' own counter").toEqual(found);
    return found;
  }

  status(stage: string): string | undefined {
    return this.view.stages[stage]?.status;
  }

  /** Why a stage is what it is, as the page shows it. */
  reasons(stage: string): string[] {
    return (this.view.stages[stage]?.reasons ?? []).map((reason) => reason.text);
  }

  /** Another notebook of the same folder, on a kernel of its own. The caller stops it. */
  openBeside(file: string): Promise<Notebook> {
    return openNotebook({ cwd: this.kernel.cwd, notebook: file });
  }

  /** A new process in the same folder, with the first cell executed. */
  async restart(): Promise<void> {
    await this.kernel.restart();
    await this.cell("first", FIRST_CELL);
  }

  /** Writes a file beside the notebook; `at` is its time stamp. */
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
