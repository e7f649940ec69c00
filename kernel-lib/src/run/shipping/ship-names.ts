/** The free names of shipped code, and the values that they are bound to in a thread. */
import { types } from "node:util";
import type { Lookup } from "../../key/scopes";
import { isObject, ownValue } from "../../key/values/own-members";
import type { AnyFunction } from "../../key/scopes";
import { nameOf, readableName, type FreeName, type ParsedFunction } from "../../key/code/source";
import { findSurrounding } from "../../key/code/surroundings";
import { inputOf } from "../../stage/input";
import { sharedSession } from "../../scopes/inspector-session";
import { findModuleLocation } from "./module-locations";
import { isThing, sourceOf, stepTo, type Packing } from "./packing";
import { baseOfRequire, filesOf } from "./require-files";
import type { ShipCode, ShipNode, ShipRef } from "./shipment";

export interface CodeContext {
  readonly lookup: Lookup;
  readonly parsed: ParsedFunction;
  readonly path: string;
  /** For a class: the line of its constructor, counted from 0 at the start of the class. V8 reports the position of the constructor. */
  readonly constructorLine?: number;
}

/** `source`: the function's source, possibly rewritten with the same line numbers. Throws StagebookError `not-shippable`. */
export function codeOf(packing: Packing, fn: AnyFunction, source: string, context: CodeContext): ShipCode {
  for (const member of context.parsed.memberNames) checkMember(packing, member);
  const byName = new Map<string, FreeName[]>();
  for (const free of context.parsed.freeNames) byName.set(free.name, [...(byName.get(free.name) ?? []), free]);
  const bound = [...byName].flatMap(([name, frees]) => {
    const ref = bindingRef(packing, name, frees, context);
    return ref === undefined ? [] : [{ name, ref }];
  });
  const { script, position } = sharedSession().describe(fn);
  return {
    source,
    names: bound.map(({ name }) => name),
    values: bound.map(({ ref }) => ref),
    isStrict: isStrict(fn, script !== undefined && sharedSession().isStrict(script)),
    script: script?.url ?? "",
    line: Math.max(1, Number(position.split(":")[0]) - (context.constructorLine ?? 0)),
  };
}

/** Undefined for names that have the same meaning in a thread. */
function bindingRef(
  packing: Packing,
  name: string,
  frees: readonly FreeName[],
  { lookup, parsed, path }: CodeContext,
): ShipRef | undefined {
  for (const free of frees)
    if (parsed.assigned.includes(nameOf(free)) && !(free.name === "exports" && free.members.length === 0))
      packing.refuse(
        readableName(free),
        `assigned by ${path}: the variable itself stays in the kernel`,
        "Keep the value inside the stage's function, or return it.",
      );
  if (name === "arguments")
    packing.refuse(
      path,
      "an arrow function that uses the `arguments` of its enclosing function",
      "Use (...args) in that function.",
    );
  const found = lookup(name);
  if (!found) {
    checkGlobal(packing, name, frees, lookup);
    return;
  }
  const { value } = found;
  if (name === "require" && typeof value === "function") return requireRef(packing, value, parsed.required);
  const isRead = isNamespace(packing, value) && frees.every(({ members }) => members.length > 0);
  if (!isRead) return packing.refOf(value, readableName({ name, members: [] }));
  const refs = frees.map((free) => namespaceRef(packing, value, free.members, readableName(free)));
  return refs[0];
}

/** Refuses what the user's code has added to the prototypes of the language: a thread has its own. */
function checkMember(packing: Packing, member: string): void {
  for (const { name, value } of packing.scopes.addedToPrototypes(member))
    if (typeof value !== "function" || !packing.scopes.inspect(value).module)
      packing.refuse(name, "added to a class of the language in the kernel", "Define it as a separate function.");
}

/** Refuses globals that exist only in the kernel. */
function checkGlobal(packing: Packing, name: string, frees: readonly FreeName[], lookup: Lookup): void {
  const advice = "Define it as a const in a cell, or pass it as an input.";
  for (const free of frees) {
    const around = findSurrounding(free, lookup, packing.scopes);
    const global = around?.kind === "untracked" ? /^globalThis\.(.+)/.exec(around.name)?.[1] : undefined;
    if (around && global !== undefined && global in globalThis)
      packing.refuse(around.name, "a global variable of the kernel", advice);
    const member = free.members[0];
    if (!around && member !== undefined && packing.scopes.addedToGlobal(name, member))
      packing.refuse(`${name}.${member}`, `added to ${name} in the kernel`, "Define it as a separate function.");
  }
  if (packing.scopes.globalKind(name) === "user") packing.refuse(name, "a global variable of the kernel", advice);
}

function requireRef(packing: Packing, require: AnyFunction, ids: readonly (string | null)[]): ShipRef {
  const seen = packing.nodeOf(require);
  const known = seen === undefined ? undefined : packing.nodeAt(seen);
  const files = { ...(known?.kind === "require" ? known.files : {}), ...filesOf(require, ids) };
  const node: ShipNode = { kind: "require", base: baseOfRequire(require), files };
  if (seen === undefined) return packing.add(require, node);
  packing.put(seen, node);
  return seen;
}

/** The exports that are read by `members`; all of them when the namespace itself is used as a value. */
export function namespaceRef(packing: Packing, owner: object, members: readonly string[], path: string): ShipRef {
  const namespace = packing.scopes.namespaceOf(owner);
  const isStagebook = namespace?.kind === "module" && namespace.module?.id === "stagebook";
  if (namespace?.kind === "module" && namespace.module && !isStagebook) {
    const location = findModuleLocation(owner);
    if (location) return packing.nodeOf(owner) ?? packing.add(owner, { kind: "module", ...location });
  }
  const [key, ...rest] = members;
  if (key === undefined && namespace?.kind === "notebook")
    return packing.refuse(
      path,
      "the object of all notebook variables",
      "Use the variables that the stage needs by name.",
    );
  if (key === undefined && isStagebook)
    return packing.refuse(path, "the whole Stagebook module, which works only in the kernel", "Use it in a cell.");
  let known = packing.namespaces.get(owner);
  if (!known) packing.namespaces.set(owner, (known = { at: packing.reserve(owner), members: new Map() }));
  for (const name of key === undefined ? Object.keys(owner) : [key]) {
    const value: unknown = Reflect.get(owner, name);
    if (rest.length > 0 && isNamespace(packing, value))
      known.members.set(name, namespaceRef(packing, value, rest, path));
    else if (!known.members.has(name))
      known.members.set(
        name,
        exportRef(packing, { owner, name, value }, key === undefined ? stepTo(path, name) : path),
      );
  }
  return known.at;
}

/** Exports of Node and packages are loaded again in the thread, where a value may differ: `worker_threads.isMainThread`. */
function exportRef(
  packing: Packing,
  { owner, name, value }: { readonly owner: object; readonly name: string; readonly value: unknown },
  path: string,
): ShipRef {
  const module = isThing(value) || name === "default" ? undefined : ownValue(owner, "default");
  const isCopy = isThing(module) && !types.isProxy(module) && Object.is(ownValue(module, name), value);
  const location = isCopy ? findModuleLocation(module) : undefined;
  if (!location) return packing.refOf(value, path);
  return packing.add({}, { kind: "module", file: location.file, keys: [...location.keys, name] });
}

function isNamespace(packing: Packing, value: unknown): value is object {
  return isObject(value) && !inputOf(value) && packing.scopes.namespaceOf(value) !== undefined;
}

/** Sloppy functions have an own `caller`; for others the script decides. */
function isStrict(fn: AnyFunction, isStrictScript: boolean): boolean {
  if (Object.hasOwn(fn, "caller")) return false;
  return isStrictScript || /^function\b(?!\s*\*)/.test(sourceOf(fn));
}
