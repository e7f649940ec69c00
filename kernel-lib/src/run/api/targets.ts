/** The instances that handles stand for, and the record of the cell that reads their results. Shared by queries and calls. */
import type { StageRef } from "../../stage/handle";
import { findActivity, noOverlay } from "../state/activity";
import type { Instance, Instances } from "../state/instances";
import type { ParamValues } from "../state/params";

export interface TargetParts {
  readonly instances: Instances;
  readonly params: ParamValues;
  /** Plans an instance under other parameter values too, from now on. */
  readonly watch: (instance: Instance) => void;
}

export class Targets {
  constructor(private readonly parts: TargetParts) {}

  /** Throws `stage-unknown`, `param-unknown` and `param-value`. */
  find({ name, overrides }: Pick<StageRef, "name" | "overrides">): Instance {
    const { instances, params } = this.parts;
    return instances.find(name, overrides ? params.overlay(overrides) : noOverlay);
  }

  /** A cell that reads a stage is stale when the stage is. `digest`: of the output it read, "" when the stage failed. */
  observe(instance: Instance, digest: string): void {
    const { observe } = findActivity();
    if (!observe) return;
    if (instance.overlay.size > 0) this.parts.watch(instance);
    observe({ kind: "stage", name: instance.definition.name, id: instance.id, digest });
  }
}
