/** A script that makes pipelines with `createPipeline`, or uses `stage` and `param` as cells do. TypeScript is read by jiti. */
import path from "node:path";
import { inspect } from "node:util";
import { createJiti } from "jiti";
import { beHeadless } from "../../headless";
import type { PipelineInternals } from "../../notebook/pipeline-internals";
import type { RunOverrides } from "../../run/state/run-overrides";
import type { CellReport, Session, SessionListener } from "./session";
import { UsageError } from "../terminal/usage-error";

export class ScriptSession implements Session {
  readonly name = "script";
  private opened: PipelineInternals[] = [];
  private hasRun = false;

  /** The working folder stays what it is, as for any script. */
  constructor(
    /** Absolute. */
    private readonly file: string,
    readonly source: string,
    readonly runOverrides: RunOverrides,
    private readonly listener: SessionListener,
  ) {
    beHeadless({
      runOverrides,
      opened: (internals) => {
        this.opened.push(internals);
        listener.opened(internals);
      },
    });
    for (const name of ["stdout", "stderr"] as const) this.takeOutput(name);
  }

  pipelines(): readonly PipelineInternals[] {
    return this.opened.filter(
      ({ engine }) => engine.registry.stages.all().length > 0 || engine.params.names().length > 0,
    );
  }

  async execute(): Promise<readonly CellReport[]> {
    // The first is the package's own; the script makes the others anew.
    if (this.hasRun) this.opened = this.opened.slice(0, 1);
    this.hasRun = true;
    const label = path.basename(this.file);
    this.listener.cellStarted(label, 1, 1);
    this.runOverrides.takeRefused();
    let error: string | undefined;
    try {
      await createJiti(this.file, { moduleCache: false, fsCache: false, interopDefault: false }).import(this.file);
    } catch (thrown) {
      error = inspect(thrown);
    }
    const stages = this.runOverrides.takeRefused();
    const status = stages.length > 0 ? "stopped" : error === undefined ? "ok" : "failed";
    const report = {
      id: label,
      label,
      count: null,
      status,
      stages,
      ...(error === undefined ? {} : { error }),
    } as const;
    this.listener.cellEnded(report);
    return [report];
  }

  interrupt(): void {
    for (const { engine } of this.opened) engine.cancel();
  }

  checkSave(): void {
    throw new UsageError("save-script", "a script has no outputs to save", "Leave out --save, or name a notebook.");
  }

  save(): void {
    this.checkSave();
  }

  async close(): Promise<void> {
    for (const { runsWritten } of this.opened) await runsWritten();
  }

  private takeOutput(name: "stdout" | "stderr"): void {
    process[name].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
      const text = typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8");
      this.listener.output(null, { type: "stream", content: { name, text } });
      const done = rest.at(-1);
      if (typeof done === "function") (done as () => void)();
      return true;
    };
  }
}
