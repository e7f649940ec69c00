/** The call of an `each`: its function is called for each item of its source, with random numbers of the item's own. */
import type { Digest } from "../../protocol";
import type { EachPlan, StageDefinition } from "../../stage/definition";
import type { StageContext } from "../../stage/public/context";
import { mapItems, type EachPorts } from "../streams/each";
import type { ItemCaller } from "./call-parts";
import { createRandom, itemSeed } from "./random";

export interface EachCallPorts extends EachPorts {
  readonly seed: Digest;
  /** Calls the function in a worker thread. Absent when items are processed in the kernel. */
  readonly caller?: ItemCaller;
  /** The stored result of an item, or the result of `call`, which is then stored. Absent when single items are not cached. */
  readonly remember?: (item: unknown, call: () => unknown) => Promise<unknown>;
}

/** The source and the other inputs of an `each`. */
export interface EachInputs {
  readonly source: unknown;
  readonly inputs?: unknown;
}

type EachDefinition = StageDefinition & { readonly each: EachPlan };

/** The results, as they become ready. */
export function runEach(
  definition: EachDefinition,
  inputs: EachInputs,
  context: StageContext,
  ports: EachCallPorts,
): AsyncIterable<unknown> {
  const call = itemCall(definition, inputs.inputs, context, ports);
  const { remember } = ports;
  let count = 0;
  const next = (item: unknown): unknown => call(item, count++);
  return mapItems(inputs.source, remember ? (item) => remember(item, () => next(item)) : next, definition.each, ports);
}

/** The call for the item with an index, counted from 0. `inputs`: without the source. */
export function itemCall(
  { fn, each }: EachDefinition,
  inputs: unknown,
  context: StageContext,
  { caller, seed }: Pick<EachCallPorts, "caller" | "seed">,
): (item: unknown, index: number) => unknown {
  if (caller) return (item, index) => caller.call(item, index);
  return (item, index) => {
    const own = itemContext(context, seed, index);
    return each.takesInputs ? fn(item, inputs, own) : fn(item, own);
  };
}

/** With one generator for all items, the numbers of an item would depend on how long others take. */
function itemContext(context: StageContext, seed: Digest, nth: number): StageContext {
  return { ...context, random: createRandom(() => itemSeed(seed, nth)) };
}
