/** The call of an `each`: its function is called for each item of its source, with random numbers of the item's own. */
import type { Digest } from "../../protocol";
import type { EachPlan, StageDefinition } from "../../stage/definition";
import type { StageContext } from "../../stage/public/context";
import { mapItems, type EachPorts } from "../streams/each";
import type { CallItem } from "./call-parts";
import { createRandom, itemSeed } from "./random";

export interface EachCallPorts extends EachPorts {
  readonly seed: Digest;
  /** Calls the function in a worker thread. Absent when items are processed in the kernel. */
  readonly callItem?: CallItem;
  /** The stored result of an item, or the result of `call`, which is then stored. Absent when single items are not cached. */
  readonly remember?: (item: unknown, call: () => unknown) => Promise<unknown>;
}

/** The results, as they become ready. `inputs`: `{ source, inputs }`. */
export function runEach(
  { fn, each }: StageDefinition & { readonly each: EachPlan },
  inputs: unknown,
  context: StageContext,
  ports: EachCallPorts,
): AsyncIterable<unknown> {
  const { source, inputs: named } = inputs as { readonly source: unknown; readonly inputs?: unknown };
  let count = 0;
  const call = (item: unknown): unknown => {
    if (ports.callItem) return ports.callItem(item, count++);
    const own = itemContext(context, ports.seed, count++);
    return each.takesInputs ? fn(item, named, own) : fn(item, own);
  };
  const { remember } = ports;
  return mapItems(source, remember ? (item) => remember(item, () => call(item)) : call, each, ports);
}

/** With one generator for all items, the numbers of an item would depend on how long others take. */
function itemContext(context: StageContext, seed: Digest, nth: number): StageContext {
  return { ...context, random: createRandom(() => itemSeed(seed, nth)) };
}
