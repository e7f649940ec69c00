/** Requests of cells that were rejected while they executed: results that do not exist yet, and parameter values that are not valid. */
import type { StagebookError } from "../../protocol";
import type { OverrideListener } from "../../run/state/run-overrides";

export class Refusals implements OverrideListener {
  private readonly stages = new Set<string>();
  private invalid: StagebookError | undefined;

  /** `onStopped`: called when the run that a worker helps was cancelled. */
  constructor(private readonly onStopped: () => void) {}

  refused(stages: readonly string[]): void {
    for (const stage of stages) this.stages.add(stage);
  }

  invalidParam(error: StagebookError): void {
    this.invalid ??= error;
  }

  stopped(): void {
    this.onStopped();
  }

  /** The stages that were refused since the last call. */
  takeStages(): readonly string[] {
    const names = [...this.stages];
    this.stages.clear();
    return names;
  }

  /** The first parameter value that was not valid. */
  get invalidValue(): StagebookError | undefined {
    return this.invalid;
  }
}
