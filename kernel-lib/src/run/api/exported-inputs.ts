/** Exported inputs of a stage: written to a folder, and its function called on them later. Part of the public API of handles. */
import { mustGet } from "../../protocol";
import type { StageExports, StageRef } from "../../stage/handle";
import type { RunSettings, RunSummary } from "../active-runs";
import { exportInputs, replay } from "../call/replay";
import { paramTexts } from "../call/store-result";
import type { EngineContext } from "../engine-context";
import { ExternalInputs } from "../external/external-inputs";
import type { Instance } from "../state/instances";
import { errorOfTarget } from "./calls";
import type { Targets } from "./targets";

export interface ExportParts {
  readonly targets: Targets;
  readonly run: (targets: readonly Instance[], settings?: RunSettings) => Promise<RunSummary>;
  /** What the execution of a stage takes. */
  readonly context: EngineContext;
}

export class ExportedInputs implements StageExports {
  constructor(private readonly parts: ExportParts) {}

  /** Runs what is stale upstream first. */
  async exportInputs(ref: StageRef, folder: string): Promise<void> {
    const { targets, context } = this.parts;
    const instance = targets.find(ref);
    const upstream = context.instances.needs(instance);
    const { run, outcomes } = await this.parts.run(upstream, { wantsValues: true });
    for (const each of upstream) {
      const outcome = mustGet(outcomes, each.id);
      if (outcome.kind !== "succeeded") throw errorOfTarget(each, outcome, outcomes);
    }
    const results = run.upstreamOf(instance);
    await exportInputs(context, instance, folder, {
      externalInputs: run.externalInputs,
      valueOf: (each) => run.valueOf(each),
      seed: results.seed(await results.key()),
      params: paramTexts(context, instance, results.params()),
    });
  }

  async replay(ref: StageRef, folder: string): Promise<unknown> {
    const { targets, context } = this.parts;
    const externalInputs = new ExternalInputs(context.files);
    try {
      return await replay(context, targets.find(ref), folder, externalInputs);
    } finally {
      await externalInputs.close();
    }
  }
}
