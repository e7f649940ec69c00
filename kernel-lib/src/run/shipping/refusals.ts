/** What cannot go to a thread, in words. */
import { types } from "node:util";
import { whatIs } from "../../key/values/value-kind";
import { StagebookError } from "../../protocol";

export type Refusal = readonly [what: string, advice: string];

/** `path`: `model.layers[2].socket`. */
export function notShippable(path: string, what: string, advice: string): StagebookError {
  return new StagebookError("not-shippable", `\`${path}\` is ${what}, and cannot go to a worker thread`, advice);
}

/** What lives in one thread only, whatever it holds; undefined for what may be copied. */
export function unbound(value: object): Refusal | undefined {
  const advice = "Make it inside the stage's function.";
  if (types.isWeakMap(value) || types.isWeakSet(value))
    return [
      whatIs(value),
      "What it holds cannot be listed. Use a Map or a Set, or make it inside the stage's function.",
    ];
  if (value instanceof WeakRef) return ["a WeakRef", advice];
  if (types.isPromise(value)) return ["a promise", "Await it first, or make it inside the stage's function."];
  if (types.isGeneratorObject(value)) return ["a generator that has begun", advice];
  if (types.isExternal(value) || types.isModuleNamespaceObject(value)) return [whatIs(value), advice];
  if (types.isSharedArrayBuffer(value))
    return ["shared memory, and captured objects are copies", "Return what the stage works out instead."];
  return undefined;
}
