/** Where the command line tells the pipelines of this process how they are to behave, and hears of each that is made. */
import type { PipelineInternals } from "./notebook/pipeline-internals";
import { RunOverrides } from "./run/state/run-overrides";

interface Headless {
  readonly runOverrides: RunOverrides;
  readonly opened: (internals: PipelineInternals) => void;
}

let current: Headless | undefined;

/** From now on every pipeline of this process follows the orders. */
export function beHeadless(headless: Headless): void {
  current = headless;
}

/** The orders of the command line; in a kernel they ask for nothing. */
export function findRunOverrides(): RunOverrides {
  return current?.runOverrides ?? new RunOverrides();
}

/** Called by the composition root for each pipeline. */
export function announce(internals: PipelineInternals): void {
  current?.opened(internals);
}
