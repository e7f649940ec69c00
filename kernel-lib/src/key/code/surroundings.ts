/** Names that lead to the process or to the global object, directly or through an alias: `process.env.MODE`, `globalThis.x`, `env.MODE`. */
import { ownValue } from "../values/own-members";
import type { Lookup, Scopes } from "../scopes";
import type { FreeName } from "./source";

/** A name that leads there. `members`: how many of the name's members belong to it. */
export type Surrounding = { readonly name: string; readonly members: number } & (
  { readonly kind: "env" | "global" } | { readonly kind: "untracked"; readonly why: string }
);

/** Undefined for names that lead elsewhere. */
export function findSurrounding(free: FreeName, lookup: Lookup, scopes: Scopes): Surrounding | undefined {
  const root = findRoot(free, lookup, scopes);
  if (!root) return undefined;
  let { name, members } = root;
  while (name === "globalThis" || name === "global") {
    const member = free.members[members];
    if (member === undefined) return { kind: "untracked", name, why: "all global variables at once", members };
    members++;
    if (scopes.globalKind(member) !== "builtin")
      return { kind: "untracked", name: `globalThis.${member}`, why: "a global variable", members };
    name = member;
  }
  if (name === "process") {
    const member = free.members[members];
    if (member === undefined) return { kind: "untracked", name, why: "all of the process at once", members };
    if (member !== "env") return { kind: "global", name: `process.${member}`, members: members + 1 };
    name = "process.env";
    members++;
  }
  if (name !== "process.env") return { kind: "global", name, members };
  const variable = free.members[members];
  if (variable === undefined) return { kind: "untracked", name, why: "a variable whose name is computed", members };
  // `process.env.hasOwnProperty(name)`: what it looks at is observed.
  return variable in Object.prototype
    ? { kind: "global", name: `process.env.${variable}`, members: members + 1 }
    : { kind: "env", name: variable, members: members + 1 };
}

const roots = new Set(["globalThis", "global", "process", "process.env"]);

function findRoot(
  free: FreeName,
  lookup: Lookup,
  scopes: Scopes,
): { readonly name: string; readonly members: number } | undefined {
  const found = lookup(free.name);
  if (!found) return roots.has(free.name) ? { name: free.name, members: 0 } : undefined;
  let { value } = found;
  let members = 0;
  for (const member of free.members) {
    if (!isObject(value) || isRoot(value, scopes)) break;
    if (scopes.namespaceOf(value)) value = (value as Record<string, unknown>)[member];
    // `import process from "process"`, compiled.
    else if (member === "default" && !scopes.isProxy(value)) value = ownValue(value, member);
    else break;
    members++;
  }
  const name = isObject(value) ? scopes.builtinName(value) : undefined;
  return name !== undefined && roots.has(name) ? { name, members } : undefined;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isRoot(value: object, scopes: Scopes): boolean {
  const name = scopes.builtinName(value);
  return name !== undefined && roots.has(name);
}
