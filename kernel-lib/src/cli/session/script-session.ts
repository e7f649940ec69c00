/** A script session: the script creates pipelines with `createPipeline`, or uses `stage` and `param` as cells do. jiti compiles TypeScript. */
import path from "node:path";
import { inspect } from "node:util";
import type * as jitiPackage from "jiti";
import { lazyModule } from "../../async/lazy-module";
import { captureOutput } from "../../events/log-capture";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import { withPipelineContext } from "../../pipeline-context";
import { withinActivity } from "../../run/state/activity";
import type { RunOverrides } from "../../run/state/run-overrides";
import { UsageError } from "../terminal/usage-error";
import { definesSomething, loadPackage } from "./own-pipeline";
import type { CellReport, Session, SessionParts } from "./session";

const loadJiti = lazyModule<typeof jitiPackage>("jiti");

export class ScriptSession implements Session {
  private opened: PipelineInternals[] = [];
  private package: unknown;

  /** The working folder is unchanged, as for any script. */
  constructor(
    /** Absolute. */
    private readonly file: string,
    readonly source: string,
    private readonly parts: SessionParts,
  ) {
    captureOutput();
  }

  pipelines(): readonly PipelineInternals[] {
    return this.opened.filter(definesSomething);
  }

  async execute(overrides: RunOverrides): Promise<readonly CellReport[]> {
    const { listener, refusals } = this.parts;
    // The first is the package's own; the script creates the others again.
    this.opened = this.opened.slice(0, 1);
    const label = path.basename(this.file);
    listener.cellStarted(label, 1, 1);
    refusals.takeStages();
    let error: string | undefined;
    try {
      await this.within(overrides, async () => {
        this.package ??= loadPackage();
        const virtualModules = { stagebook: this.package };
        const options = { moduleCache: false, fsCache: false, interopDefault: false, virtualModules };
        await loadJiti().createJiti(this.file, options).import(this.file);
      });
    } catch (thrown) {
      error = inspect(thrown);
    }
    const stages = refusals.takeStages();
    const status = stages.length > 0 ? "stopped" : error === undefined ? "ok" : "failed";
    const report: CellReport = {
      id: label,
      label,
      count: null,
      status,
      stages,
      ...(error === undefined ? {} : { error }),
    };
    listener.cellEnded(report);
    return [report];
  }

  /** What the script prints, now or after any `await`, is an output of this session. */
  within<T>(overrides: RunOverrides, act: () => T): T {
    const { environment, folder, usesSavedParams, listener } = this.parts;
    const notebook = { file: this.file };
    const onPipeline = (internals: PipelineInternals): void => {
      this.opened.push(internals);
      listener.opened(internals);
    };
    const write = (name: "stdout" | "stderr", text: string): void => {
      if (overrides.runsStages) listener.output(null, { type: "stream", content: { name, text } });
    };
    return withPipelineContext({ environment, folder, notebook, usesSavedParams, overrides, onPipeline }, () =>
      withinActivity({ cell: null, source: "script", write }, act),
    );
  }

  interrupt(): void {
    for (const { engine } of this.opened) engine.cancel();
  }

  checkSave(): never {
    throw new UsageError("save-script", "a script has no outputs to save", "Leave out --save, or pass a notebook.");
  }

  save(): void {
    this.checkSave();
  }

  async close(): Promise<void> {
    for (const { runsWritten } of this.opened) await runsWritten();
  }
}
