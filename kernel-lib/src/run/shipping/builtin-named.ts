/** What a name of the language or of Node means in a thread: `Math.max`, `Map.prototype.[Symbol.iterator]`. Reverse of `builtinName`. */
import { symbolName } from "../../key/values/own-keys";
import { StagebookError } from "../../protocol";

/** Found step by step: to list all of them would take longer than a thread needs to start. Throws `not-shippable`. */
export function builtinNamed(name: string): object {
  const steps = name.match(/\[[^\]]*\]|[^.]+/g) ?? [];
  const found = steps.reduce<unknown>(memberOf, globalThis);
  if ((typeof found === "object" && found !== null) || typeof found === "function") return found;
  throw new StagebookError(
    "not-shippable",
    `\`${name}\` is not there in a worker thread`,
    "Run the stage without worker.",
  );
}

function memberOf(owner: unknown, step: string): unknown {
  if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) return undefined;
  // Of the globals Node makes some at their first use.
  if (owner === globalThis) return Reflect.get(owner, step);
  const symbol = Object.getOwnPropertySymbols(owner).find(
    (each) => `[${symbolName(each) ?? each.toString()}]` === step,
  );
  const property = Object.getOwnPropertyDescriptor(owner, symbol ?? step) ?? {};
  return Reflect.get(property, "value") ?? Reflect.get(property, "get") ?? Reflect.get(property, "set");
}
