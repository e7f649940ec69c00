/** Where a free name of a function leads. Used by the closure walk. */
import type { Scopes } from "./scopes";
import type { FreeName } from "./source";

/** The value of a name where the function stands; undefined when no scope of it has the name. */
export type Lookup = (name: string) => { readonly value: unknown } | undefined;

/** A binding's value as a name of its own; what is not there is undefined. */
export function valueIn(lookup: Lookup, binding: FreeName): unknown {
  const found = lookup(binding.name);
  return found && follow(found.value, binding.members);
}

/** Where `env` of Node's `process` stands among the members; undefined when the name leads elsewhere. */
export function environmentMember({ name, members }: FreeName, lookup: Lookup, scopes: Scopes): number | undefined {
  const at = members.indexOf("env");
  if (at < 0) return undefined;
  const found = lookup(name);
  if (!found)
    return [name, ...members.slice(0, at)].join(".").replace("globalThis.", "") === "process" ? at : undefined;
  const holder = at === 0 ? found.value : exported(found.value, members[0], scopes);
  if (at > 1 || typeof holder !== "object" || holder === null || scopes.isProxy(holder)) return undefined;
  return scopes.builtinName(holder) === "process" ? at : undefined;
}

/** A member that can be read without running the user's code. */
function exported(value: unknown, member: string | undefined, scopes: Scopes): unknown {
  if (typeof value !== "object" || value === null || member === undefined) return undefined;
  if (scopes.namespaceOf(value)) return (value as Record<string, unknown>)[member];
  return scopes.isProxy(value) ? undefined : Object.getOwnPropertyDescriptor(value, member)?.value;
}

/** The value behind members. */
export function follow(value: unknown, members: readonly string[]): unknown {
  return members.reduce((at, member) => (at as Record<string, unknown> | undefined)?.[member], value);
}
