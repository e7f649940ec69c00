/** Built-in values by name: `Math.max`, `Map.prototype.[Symbol.iterator]`. The reverse of `builtinName`. */
import { symbolName } from "../../key/values/own-keys";
import { StagebookError } from "../../protocol";
import { intrinsics } from "../../scopes/intrinsics";

/** Looked up step by step: listing all built-ins would take longer than a thread needs to start. Throws `not-shippable`. */
export function builtinNamed(name: string): object {
  const steps = name.match(/%[^%]*%|\[[^\]]*\]|[^.]+/g) ?? [];
  const found = steps.reduce<unknown>(memberOf, globalThis);
  if ((typeof found === "object" && found !== null) || typeof found === "function") return found;
  throw new StagebookError(
    "not-shippable",
    `\`${name}\` does not exist in a worker thread`,
    "Run the stage without worker.",
  );
}

function memberOf(owner: unknown, step: string): unknown {
  if ((typeof owner !== "object" && typeof owner !== "function") || owner === null) return undefined;
  // Node creates some globals on first use.
  if (owner === globalThis) return intrinsics.get(step) ?? Reflect.get(owner, step);
  const symbol = Object.getOwnPropertySymbols(owner).find(
    (each) => `[${symbolName(each) ?? each.toString()}]` === step,
  );
  const property = Object.getOwnPropertyDescriptor(owner, symbol ?? step) ?? {};
  return Reflect.get(property, "value") ?? Reflect.get(property, "get") ?? Reflect.get(property, "set");
}
