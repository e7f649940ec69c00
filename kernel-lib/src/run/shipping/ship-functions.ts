/** Functions as nodes of a shipment: by source and bindings, by the module that exports them, or as members of their class. */
import { lookupOf } from "../../key/code/closure-walk";
import { parsedOf } from "../../key/code/source";
import { findBase, membersOf, ownValue } from "../../key/values/own-members";
import type { AnyFunction, LiveFunction } from "../../key/scopes";
import type { ParsedFunction } from "../../key/code/source";
import { readClassSource, withPlainKey, type ClassMember, type ClassSource } from "./class-source";
import { findModuleLocation } from "./module-locations";
import { isThing, sourceOf, type Packing } from "./packing";
import { codeOf } from "./ship-names";
import { ownKeysOfFunctions, functionOwn, ownOf, reservePrototype, defaultKeysOf } from "./ship-objects";
import type { ShipNode, ShipRef } from "./shipment";

export function functionRef(packing: Packing, fn: AnyFunction, path: string): ShipRef {
  const live = packing.scopes.inspect(fn);
  if (live.bound) return boundRef(packing, fn, live.bound, path);
  if (live.native || live.module) return moduleFunctionRef(packing, fn, live, path);
  let parsed: ParsedFunction;
  try {
    parsed = parsedOf(sourceOf(fn));
  } catch (error) {
    return packing.refuse(path, `code that cannot be read (${(error as Error).message})`, "Rewrite the function.");
  }
  if (parsed.isClass) return classRef(packing, fn, live, path);
  return memberOfNamedClass(packing, fn, live, parsed) ?? sourceRef(packing, fn, { live, parsed, path });
}

function moduleFunctionRef(packing: Packing, fn: AnyFunction, { module }: LiveFunction, path: string): ShipRef {
  if (module?.id === "stagebook") {
    if (fn.name === "StagebookError") return packing.add(fn, { kind: "builtin", name: "StagebookError" });
    return packing.refuse(path, "a part of Stagebook that works only in the kernel", "Use it in a cell.");
  }
  const location = findModuleLocation(fn);
  if (location) return packing.add(fn, { kind: "module", ...location });
  const what = module ? `a function created by ${module.id}` : "native code that no module exports";
  return packing.refuse(path, what, "Create it inside the stage's function.");
}

function boundRef(packing: Packing, fn: AnyFunction, bound: NonNullable<LiveFunction["bound"]>, path: string): ShipRef {
  return packing.addLater(fn, () => ({
    kind: "bound",
    target: packing.refOf(bound.target, path.replace(/^bound /, "")),
    thisValue: packing.refOf(bound.thisValue, `${path} this`),
    args: bound.args.map((value, nth) => packing.refOf(value, `${path} argument ${nth + 1}`)),
    own: ownOf(packing, fn, path, ownKeysOfFunctions),
  }));
}

function sourceRef(
  packing: Packing,
  fn: AnyFunction,
  { live, parsed, path }: { readonly live: LiveFunction; readonly parsed: ParsedFunction; readonly path: string },
): ShipRef {
  const source = sourceOf(fn);
  const form = isExpression(source) ? "expression" : "method";
  if (parsed.usesOuterThis)
    return packing.refuse(
      path,
      "an arrow function that uses the `this` of its enclosing function",
      "Assign the values that it needs to variables, or write a method.",
    );
  if (form === "method" && /\bsuper\b|#[\p{ID_Start}$_]/u.test(source))
    return packing.refuse(
      path,
      "a method that was taken out of its class and uses `super` or private names",
      "Capture the class, or pass the method's result.",
    );
  const at = packing.addLater(fn, (): ShipNode => {
    const text = form === "method" ? withPlainKey(source) : source;
    const code = codeOf(packing, fn, text, { lookup: (name) => live.lookup(name), parsed, path });
    return { kind: "function", form, code, ...named(fn), own: functionOwn(packing, fn, path) };
  });
  reservePrototype(packing, fn, { of: at, path });
  return at;
}

/** A method that was taken out of a class, if the code also refers to the class. */
function memberOfNamedClass(
  packing: Packing,
  fn: AnyFunction,
  live: LiveFunction,
  { freeNames }: ParsedFunction,
): ShipRef | undefined {
  if (isExpression(sourceOf(fn))) return undefined;
  for (const { name } of freeNames) {
    const owner = live.lookup(name)?.value;
    if (typeof owner !== "function" || !/^class\b/.test(sourceOf(owner))) continue;
    const holders = [owner, ownValue(owner, "prototype")].filter(isThing);
    if (!holders.some((holder) => membersOf(holder).some((member) => member.value === fn))) continue;
    packing.refOf(owner, name);
    // Packing the class has registered its members, this one included.
    const seen = packing.nodeOf(fn);
    if (seen !== undefined) return seen;
  }
  return undefined;
}

function classRef(packing: Packing, fn: AnyFunction, live: LiveFunction, path: string): ShipRef {
  const at = packing.reserve(fn);
  const read = readClassSource(sourceOf(fn));
  if (read.unclearField !== undefined)
    return packing.refuse(
      path,
      `a class with a computed field name (${read.unclearField})`,
      "Give the field a plain name.",
    );
  const members = registerMembers(packing, at, fn, { read, path });
  reservePrototype(packing, fn, { of: at, path, expected: members.prototypeKeys });
  packing.fillLater(at, () => {
    const parsed = parsedOf(read.source);
    const lookup = lookupOf(fn, live, parsed, packing.scopes);
    const privates = read.privateStatics.length > 0 ? [...packing.scopes.privateFields(fn)] : [];
    return {
      kind: "class",
      code: codeOf(packing, fn, read.source, { lookup, parsed, path, constructorLine: read.constructorLine }),
      ...named(fn),
      ...(read.hasBase ? { base: packing.refOf(findBase(fn), `${path}'s base`) } : {}),
      keys: members.keys,
      privateStatics: privates
        .filter(([name]) => read.privateStatics.includes(name))
        .map(([name, value]) => [name, packing.refOf(value, `${path}.${name}`)] as const),
      own: ownOf(packing, fn, path, new Set([...defaultKeysOf(fn), ...members.staticKeys])),
    };
  });
  return at;
}

interface RegisteredMembers {
  /** Own keys that come with the class's source. */
  readonly staticKeys: ReadonlySet<PropertyKey>;
  readonly prototypeKeys: ReadonlySet<PropertyKey>;
  readonly keys: readonly ShipRef[];
}

/** Registers the methods that are part of the class's source, so that they are not shipped as separate functions. */
function registerMembers(
  packing: Packing,
  owner: number,
  fn: AnyFunction,
  { read, path }: { readonly read: ClassSource; readonly path: string },
): RegisteredMembers {
  const keyOf = new Map<ClassMember, ShipRef>();
  const keysIn = (holder: object, isStatic: boolean): readonly PropertyKey[] =>
    Reflect.ownKeys(holder).filter((key) => {
      const functions = functionsUnder(holder, key);
      const found = functions.map(([part, method]) =>
        read.members.find((member) => isMember(member, { isStatic, key, part, method })),
      );
      if (found.length === 0 || !found.every((member) => member !== undefined)) return false;
      const ref: ShipRef = typeof key === "symbol" ? packing.refOf(key, path) : [key];
      for (const member of found) keyOf.set(member, ref);
      for (const [part, method] of functions)
        if (packing.nodeOf(method) === undefined)
          packing.add(method, { kind: "member", owner, isStatic, key: ref, part });
      return true;
    });
  const staticKeys = new Set(keysIn(fn, true));
  const prototypeKeys = new Set(["constructor", ...keysIn(ownValue(fn, "prototype") as object, false)]);
  const keys = read.keyed.map(
    (member) =>
      keyOf.get(member) ??
      packing.refuse(path, `a class with a method that cannot be found (${member.text.slice(0, 40)})`, "Give the method a plain name."), // prettier-ignore
  );
  return { staticKeys, prototypeKeys, keys };
}

function functionsUnder(holder: object, key: PropertyKey): readonly (readonly [ClassMember["part"], AnyFunction])[] {
  const property = Object.getOwnPropertyDescriptor(holder, key) ?? {};
  return (["value", "get", "set"] as const).flatMap((part) => {
    const method: unknown = Reflect.get(property, part);
    return typeof method === "function" ? [[part, method] as const] : [];
  });
}

function isMember(
  member: ClassMember,
  about: { readonly isStatic: boolean; readonly key: PropertyKey; readonly part: string; readonly method: AnyFunction },
): boolean {
  return (
    member.isStatic === about.isStatic &&
    member.part === about.part &&
    (member.key === undefined || member.key === about.key) &&
    member.text === sourceOf(about.method)
  );
}

/** Otherwise it is a method, whose source is valid only inside an object or a class. */
function isExpression(source: string): boolean {
  return (
    /^(async\s*)?(function\b|\(|class\b)/.test(source) ||
    /^(async\s+)?[\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*\s*=>/u.test(source)
  );
}

function named(fn: AnyFunction): { readonly name?: string } {
  const name = ownValue(fn, "name");
  return typeof name === "string" ? { name } : {};
}
