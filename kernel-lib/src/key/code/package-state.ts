/**
 * What packages keep for themselves in their functions and objects: results kept for the next call, accessors that replace themselves.
 * It changes when the object is used, and says nothing about what the user gave. Used by the walk behind packages.
 */
import { isObject, type Member } from "../values/own-members";
import type { AnyFunction } from "../scopes";

const escaped = (name: string): string => name.replaceAll("$", "\\$");

/** Whether code assigns a variable only to keep a result: `x || (x = …)`, `x ??= …`, `if (!x) x = …`. */
export function isMemo(source: string, name: string): boolean {
  return memoOf(`(?<![\\w$.])${escaped(name)}`).test(source);
}

/** `place`: a pattern for the variable or property. */
function memoOf(place: string): RegExp {
  const assign = `${place}\\s*=(?![=>])`;
  const unset = `!\\s*${place}|${place}\\s*={2,3}\\s*(?:undefined|null|void 0)|(?:undefined|null|void 0)\\s*={2,3}\\s*${place}|typeof\\s+${place}\\s*={2,3}\\s*["']undefined["']`;
  return new RegExp(
    `${place}\\s*(?:\\|\\||\\?\\?)\\s*\\(\\s*${assign}|${place}\\s*(?:\\|\\||\\?\\?)=|if\\s*\\(\\s*(?:${unset})\\s*\\)\\s*\\{?\\s*${assign}`,
  );
}

const cachesByPrototype = new WeakMap<object, ReadonlySet<string>>();

/** The names of the properties in which the classes of an object keep results: assigned by a getter, or only when they are unset. */
export function cachesOf(value: object): ReadonlySet<string> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isObject(prototype) || prototype === Object.prototype) return none;
  let found = cachesByPrototype.get(prototype);
  if (!found) {
    found = new Set([...findCaches(prototype), ...cachesOf(prototype)]);
    cachesByPrototype.set(prototype, found);
  }
  return found;
}

const none: ReadonlySet<string> = new Set();

function findCaches(prototype: object): readonly string[] {
  return Reflect.ownKeys(prototype).flatMap((key) => {
    const property = Object.getOwnPropertyDescriptor(prototype, key);
    const getter: unknown = property && Reflect.get(property, "get");
    if (typeof getter === "function") return assignedByGetter(Function.prototype.toString.call(getter));
    const method: unknown = property?.value;
    return typeof method === "function" && key !== "constructor"
      ? keptByMethod(Function.prototype.toString.call(method))
      : [];
  });
}

/** A getter that assigns a property keeps its own result there. */
function assignedByGetter(source: string): readonly string[] {
  return [...source.matchAll(/\bthis\.([\w$]+)\s*=(?![=>])/g)].flatMap(([, name]) => name ?? []);
}

function keptByMethod(source: string): readonly string[] {
  return assignedByGetter(source).filter((name) => memoOf(`\\bthis\\.${escaped(name)}\\b`).test(source));
}

const accessors = new WeakMap<object, Map<string, readonly AnyFunction[]>>();

/** The accessor that a property had when it was first seen: some replace themselves with their value at the first read. Empty for none. */
export function firstAccessor(owner: object, { key, accessors: now }: Member): readonly AnyFunction[] {
  const known = accessors.get(owner)?.get(key);
  if (known !== undefined || now.length === 0) return known ?? [];
  const all = accessors.get(owner) ?? new Map<string, readonly AnyFunction[]>();
  accessors.set(owner, all.set(key, now));
  return now;
}

/**
 * Whether an instance without visible content may have some: its class has a constructor or private fields. Content in a WeakMap, in
 * native code or in a closure cannot be seen.
 */
export function mayHoldState(value: object): boolean {
  for (
    let at: unknown = Object.getPrototypeOf(value);
    isObject(at) && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    const owner: unknown = Object.getOwnPropertyDescriptor(at, "constructor")?.value;
    if (typeof owner !== "function") continue;
    const source = Function.prototype.toString.call(owner);
    const isStateless = source.startsWith("class")
      ? !/\bconstructor\s*\(|#[\p{ID_Start}$_]/u.test(source)
      : /^function\s*[\w$]*\s*\([^)]*\)\s*\{\s*\}$/.test(source);
    if (!isStateless) return true;
  }
  return false;
}
