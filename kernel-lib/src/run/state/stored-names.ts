/** The names under which results of a stage are stored: its own, those of its items, and what its executions read. */
import type { Instance } from "./instances";

/** The name under which the results of an instance are stored: those under other parameter values are not the stage's latest ones. */
export function stageName({ definition, overlay }: Instance): string {
  return overlay.size === 0 ? definition.name : `${definition.name} › with`;
}

export function itemsOf(stage: string): string {
  return `${stage} › items`;
}

/** Where it is kept what the executions of a stage read. */
export function readsOf(stage: string): string {
  return `${stage} › reads`;
}
