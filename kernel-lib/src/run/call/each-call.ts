/** The body of an `each`: its function called for each item of its source, with random numbers of the item's own. */
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { EachPlan, StageDefinition } from "../../stage/definition";
import type { StageContext } from "../../stage/public/context";
import { mapItems, type EachPorts } from "../streams/each";
import { createRandom } from "./random";
import type { CallItem } from "../threads/worker-items";

export interface EachCallPorts extends EachPorts {
  readonly seed: Digest;
  /** Calls the function in a thread. Absent where items stay in the kernel. */
  readonly callItem?: CallItem;
  /** The result of an item that was kept by itself, or what `call` gives, kept from now on. Absent when items are not kept. */
  readonly remember?: (item: unknown, call: () => unknown) => Promise<unknown>;
}

/** The results, as they come. `inputs`: `{ source, inputs }`. */
export function runEach(
  { fn, each }: StageDefinition & { readonly each: EachPlan },
  inputs: unknown,
  context: StageContext,
  ports: EachCallPorts,
): AsyncIterable<unknown> {
  const { source, inputs: given } = inputs as { readonly source: unknown; readonly inputs?: unknown };
  let count = 0;
  const call = (item: unknown): unknown => {
    if (ports.callItem) return ports.callItem(item, count++);
    const own = itemContext(context, ports.seed, count++);
    return each.takesInputs ? fn(item, given, own) : fn(item, own);
  };
  const { remember } = ports;
  return mapItems(source, remember ? (item) => remember(item, () => call(item)) : call, each, ports);
}

/** Drawn from one generator, the numbers of an item would depend on how long others take. */
function itemContext(context: StageContext, seed: Digest, nth: number): StageContext {
  return { ...context, random: createRandom(() => digestOf(`${seed} item ${nth}`)) };
}
