/** Where the command line tells the pipelines of this process how they are to behave, and hears of each that is made. */
import type { PipelineInsides } from "./notebook/pipeline-internals";
import { Orders } from "./run/state/run-overrides";

interface Headless {
  readonly orders: Orders;
  readonly opened: (insides: PipelineInsides) => void;
}

let current: Headless | undefined;

/** From now on every pipeline of this process follows the orders. */
export function beHeadless(headless: Headless): void {
  current = headless;
}

/** The orders of the command line; in a kernel they ask for nothing. */
export function findOrders(): Orders {
  return current?.orders ?? new Orders();
}

/** Called by the composition root for each pipeline. */
export function announce(insides: PipelineInsides): void {
  current?.opened(insides);
}
