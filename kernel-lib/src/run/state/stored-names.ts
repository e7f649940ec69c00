/** The names under which records of a stage are stored: its results, its items, its checkpoints, and what its executions read. */
import type { Instance } from "./instances";

/** The name under which the results of an instance are stored: those under other parameter values are not the stage's latest ones. */
export function stageName({ definition, overlay }: Instance): string {
  return overlay.size === 0 ? definition.name : `${definition.name} › with`;
}

export function itemsOf(stage: string): string {
  return `${stage} › items`;
}

/** Where executions store checkpoints. */
export function checkpointsOf(stage: string): string {
  return `${stage} › checkpoints`;
}

/** Where the traces of a stage are stored. */
export function readsOf(stage: string): string {
  return `${stage} › reads`;
}
