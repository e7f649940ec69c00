/** The values of a stage's inputs, as its function gets them. */
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { digestValue } from "../../key/values/canonical";
import type { InputRef } from "../../stage/input";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import type { InputValues } from "./call-parts";
import { waitFor, type SyncTask } from "./sync-task";

/** The values in the shape in which the stage names its inputs; the function's own copies. */
export function* fillInputs(engine: EngineContext, instance: Instance, from: InputValues): SyncTask<unknown> {
  const { inputs } = instance.definition;
  const values = new Map<string, unknown>();
  for (const leaf of inputs.leaves) {
    if (!("ref" in leaf)) values.set(leaf.path, leaf.value);
    else values.set(leaf.path, yield* waitFor(inputValue(engine, instance, leaf.ref, from)));
  }
  return inputs.fill((leaf) => values.get(leaf.path));
}

/** The value of one input; the caller's own copy. */
export function inputValue(
  engine: EngineContext,
  instance: Instance,
  ref: InputRef,
  from: InputValues,
): MaybePromise<unknown> {
  switch (ref.kind) {
    case "file":
      return from.externalInputs.handle(ref.path);
    case "param":
      return copyOf(engine.params.value(ref.name, instance.overlay));
    case "resource":
      return from.externalInputs.open(ref);
    case "computed":
      return mapMaybe(from.externalInputs.compute(ref), (computed) => {
        if ("error" in computed) throw computed.error;
        return copyOf(computed.value);
      });
    case "stage":
      return from.valueOf(engine.instances.ofRef(ref, instance));
  }
}

/** A copy, so that a stage cannot change a parameter in place. A value that has no equal copy, like a class instance, is passed as is. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  try {
    digestValue(value);
    return structuredClone(value);
  } catch {
    return value;
  }
}
