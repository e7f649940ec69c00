/** What an execution depends on and its key does not count. A result is the same under other conditions; a failure may not be. */
import { digestAnything } from "../../key/code/closure";
import type { Scopes } from "../../key/scopes";
import type { Digest } from "../../protocol";
import type { StageDefinition } from "../../stage/definition";
import type { Instance, Instances } from "./instances";
import type { ParamValues } from "./params";

/** Digests by what they are about: `option timeoutMs`, `resource db`, `parameter verbose`. */
export type Conditions = ReadonlyMap<string, Digest>;

export class ReadConditions {
  constructor(
    private readonly parts: { readonly instances: Instances; readonly params: ParamValues; readonly scopes: Scopes },
  ) {}

  /** As they are now. */
  of(instance: Instance): Conditions {
    const { instances, params, scopes } = this.parts;
    const found = new Map<string, Digest>();
    const add = (name: string, value: unknown): void => void found.set(name, digestAnything(value, scopes));
    for (const [name, value] of optionsOf(instance.definition)) add(`option ${name}`, value);
    for (const { ref } of instances.refs(instance)) {
      if (ref.kind === "resource") add(`resource ${ref.name}`, [ref.open, ref.close]);
      if (ref.kind === "param" && !params.definition(ref.name).tracked)
        add(`parameter ${ref.name}`, params.value(ref.name, instance.overlay));
    }
    return found;
  }
}

/** The first condition that differs. */
export function findChange(before: Conditions, now: Conditions): string | undefined {
  return [...new Set([...before.keys(), ...now.keys()])].find((name) => before.get(name) !== now.get(name));
}

/** The options that do not count in keys and can make an execution fail, by their public names. */
function optionsOf(definition: StageDefinition): readonly (readonly [string, unknown])[] {
  const { cache, codec, each, memoryBytes, retries, timeoutMs, validate, whenInvalid, worker } = definition;
  return [
    ["cache", cache],
    ["codec", codec],
    ["memory", memoryBytes],
    ["retries", retries],
    ["scale", each?.rangeMs],
    ["timeoutMs", timeoutMs],
    ["validate", validate],
    ["whenInvalid", validate && whenInvalid],
    ["worker", each ? each.inThreads : worker],
    ["workers", each?.workers],
  ];
}
