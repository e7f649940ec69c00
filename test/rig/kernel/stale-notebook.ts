/** A notebook of cells in document order on a real kernel, run as the page does: _Run All_ and _Run stale_. */
import type { CellId, CellView } from "stagebook/protocol";
import { runStaleCells, type StaleCellsOutcome } from "../../../lab-extension/src/model/run-stale";
import { startKernel, type Kernel } from "./kernel-rig";

/** The first cell of every notebook. */
const IMPORTS = `import { stage, param, file, files, each, computed, show, pipeline } from "stagebook";
import fs from "fs";`;

export class StaleNotebook {
  /** The sources by id, in document order. */
  readonly sources = new Map<string, string>();
  /** What each cell shows. */
  readonly outputs = new Map<string, string>();
  /** The cells that were executed, in order. */
  executed: string[] = [];
  private readonly dirty = new Set<string>();

  private constructor(readonly kernel: Kernel) {}

  /** The caller stops its kernel. */
  static async open(cells: { readonly [id: string]: string }, cwd?: string): Promise<StaleNotebook> {
    const notebook = new StaleNotebook(await startKernel(cwd === undefined ? {} : { cwd }));
    await notebook.begin(cells);
    return notebook;
  }

  /** Replaces every cell but the imports, and executes all. */
  async begin(cells: { readonly [id: string]: string }): Promise<void> {
    await this.setAll({ imports: IMPORTS, ...cells });
    await this.runAll();
  }

  /** Replaces every cell, and executes none. */
  async setAll(cells: { readonly [id: string]: string }): Promise<void> {
    this.sources.clear();
    this.outputs.clear();
    for (const [id, source] of Object.entries(cells)) this.sources.set(id, source);
    await this.arrange();
  }

  /** Changes the source of a cell without executing it. */
  edit(id: string, source: string): void {
    this.sources.set(id, source);
    this.dirty.add(id);
  }

  async remove(id: string): Promise<void> {
    this.sources.delete(id);
    await this.arrange();
  }

  /** Executes one cell. False when it failed. */
  async run(id: string): Promise<boolean> {
    this.dirty.delete(id);
    this.executed.push(id);
    const execution = await this.kernel.run(this.sources.get(id) ?? "", { cell: id });
    const errors = execution.ok ? "" : "failed: ";
    this.outputs.set(
      id,
      errors + [execution.text, ...execution.shown.map((each) => String(each["text/plain"]))].join(""),
    );
    if (this.kernel.comm.open.length > 0) await this.kernel.command({ type: "sync" });
    return execution.ok;
  }

  /** Executes every cell in order, also after one that fails. */
  async runAll(): Promise<void> {
    for (const id of this.sources.keys()) await this.run(id);
    await this.arrange();
  }

  async restartAndRunAll(): Promise<void> {
    await this.kernel.restart();
    this.outputs.clear();
    await this.runAll();
  }

  async runStale(): Promise<StaleCellsOutcome> {
    this.executed = [];
    return runStaleCells({
      runStages: (executed) => this.kernel.command({ type: "run-stale", executed }),
      order: () => [...this.sources.keys()] as CellId[],
      edited: () => [...this.dirty] as CellId[],
      execute: (cell) => this.run(cell),
    });
  }

  setParams(values: { readonly [name: string]: unknown }): Promise<unknown> {
    return this.kernel.command({ type: "set-params", values: values as never });
  }

  mark(id: string): CellView | undefined {
    return this.kernel.view.cells[id];
  }

  /** The cells of each status; `fresh` only without caveats. */
  marked(status: CellView["status"]): string[] {
    return [...this.sources.keys()].filter((id) => {
      const mark = this.mark(id);
      return mark?.status === status && (status !== "fresh" || mark.caveats === undefined);
    });
  }

  /** Sends the order of the cells, as the page does. */
  private async arrange(): Promise<void> {
    if (this.kernel.comm.open.length === 0) return;
    await this.kernel.command({ type: "cells", cells: [...this.sources.keys()] as CellId[] });
  }
}
