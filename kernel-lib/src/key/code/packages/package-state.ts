/**
 * What packages keep for themselves in their functions and objects: results kept for the next call, accessors that replace themselves.
 * It changes when the object is used, and does not depend on what the user passed. Used by the walk behind packages.
 */
import { constructorsOf, isObject, type Member } from "../../values/own-members";
import { classNameOf } from "../../values/value-kind";
import type { AnyFunction } from "../../scopes";

const escaped = (name: string): string => name.replaceAll("$", "\\$");

/** Whether code assigns a variable only to keep a result: `x || (x = …)`, `x ??= …`, `if (!x) x = …`. */
export function isMemo(source: string, name: string): boolean {
  return memoOf(`(?<![\\w$.])${escaped(name)}`).test(source);
}

/** Whether code assigns a private field only to keep a result. `name`: with `#`. */
export function isPrivateMemo(source: string, name: string): boolean {
  return memoOf(`\\bthis\\.${escaped(name)}\\b`).test(source);
}

/** `place`: a pattern for the variable or property. */
function memoOf(place: string): RegExp {
  const assign = `${place}\\s*=(?![=>])`;
  const unset = `!\\s*${place}|${place}\\s*={2,3}\\s*(?:undefined|null|void 0)|(?:undefined|null|void 0)\\s*={2,3}\\s*${place}|typeof\\s+${place}\\s*={2,3}\\s*["']undefined["']`;
  return new RegExp(
    `${place}\\s*(?:\\|\\||\\?\\?)\\s*\\(\\s*${assign}|${place}\\s*(?:\\|\\||\\?\\?)=|if\\s*\\(\\s*(?:${unset})\\s*\\)\\s*\\{?\\s*${assign}`,
  );
}

/** Whether a name is that of a cache: `weekdaysCache`, `_cached`, `memo`. */
export const isNamedCache = (name: string): boolean => /(^|[_$~a-z])(cache[ds]?|memo(ized|s)?)($|[A-Z_\d])/i.test(name);

/** Numbers that differ in each process, and values computed from others on demand, which no general rule finds. By package and class. */
const DERIVED: { readonly [member: string]: readonly string[] } = {
  "apache-arrow Dictionary": ["id"],
  "apache-arrow Schema": ["dictionaries"],
  "luxon DateTime": ["weekData", "localWeekData"],
};

const cachesByPrototype = new WeakMap<object, ReadonlySet<string>>();

/**
 * The names of the properties in which the classes of an object keep results: assigned by a getter, or only when they are unset.
 * `packageName`: of its class.
 */
export function cachesOf(value: object, packageName: string): ReadonlySet<string> {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!isObject(prototype) || prototype === Object.prototype) return none;
  let found = cachesByPrototype.get(prototype);
  if (!found) {
    const known = DERIVED[`${packageName} ${classNameOf(value)}`] ?? [];
    found = new Set([...known, ...findCaches(prototype), ...cachesOf(prototype, packageName)]);
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
  const assigned = [...source.matchAll(/\bthis\.([\w$]+)\s*(?:\|\||\?\?)?=(?![=>])/g)].flatMap(
    ([, name]) => name ?? [],
  );
  return assigned.filter((name) => memoOf(`\\bthis\\.${escaped(name)}\\b`).test(source));
}

/** Whether a property lies over a getter of the class: the getter has put its result there. */
export function inheritsGetter(owner: object, key: string): boolean {
  for (let at: unknown = Object.getPrototypeOf(owner); isObject(at); at = Object.getPrototypeOf(at))
    if (Object.getOwnPropertyDescriptor(at, key)?.get) return true;
  return false;
}

const firstSights = new WeakMap<object, ReadonlyMap<string, readonly AnyFunction[]>>();

/**
 * The methods and accessors that an object of a package had when it was first seen, by name; empty for what was neither. Some replace
 * themselves at the first use, by their value or by another function; others are added later. `functionsOf`: those of a member.
 */
export function firstSightOf(
  owner: object,
  members: readonly Member[],
  functionsOf: (member: Member) => readonly AnyFunction[],
): ReadonlyMap<string, readonly AnyFunction[]> {
  let sight = firstSights.get(owner);
  if (!sight) {
    sight = new Map(members.map((member) => [member.key, functionsOf(member)]));
    firstSights.set(owner, sight);
  }
  return sight;
}

/** Whether `firstSightOf` knows an object. */
export const isSeen = (owner: object): boolean => firstSights.has(owner);

const scratch = new WeakMap<AnyFunction, Map<string, string>>();

/** What an object in which a function works held when it was first seen; `describe` is called for the first one only. */
export function firstContent(fn: AnyFunction, name: string, describe: () => string): string {
  const all = scratch.get(fn) ?? new Map<string, string>();
  scratch.set(fn, all);
  let content = all.get(name);
  if (content === undefined) all.set(name, (content = describe()));
  return content;
}

/** The nearest class of an instance that declares private names. */
export function classWithPrivateFields(value: object): AnyFunction | undefined {
  return constructorsOf(value).find((owner) => /#[\p{ID_Start}$_]/u.test(Function.prototype.toString.call(owner)));
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

/** Whether a function, not a class, assigns a property of that name in its own code: `memoized.cache = …`, `validate.errors = …`. */
export function assignsMember(fn: AnyFunction, key: string): boolean {
  const source = Function.prototype.toString.call(fn);
  if (source.startsWith("class") || !/^\.?[\w$]+$/.test(key)) return false;
  return new RegExp(`\\.${escaped(key.replace(/^\./, ""))}\\s*=(?![=>])`).test(source);
}
