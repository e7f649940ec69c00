/**
 * What the user has put into the caches of packages. The results that a function keeps of its own calls do not count: they follow from
 * the function, and grow with each call. But a memoized function may be passed a cache with entries, or the user sets some
 * (`memoized.cache.set(1, x)`).
 *
 * A call adds entries and never changes one. So what counts is what a cache held when it was first seen, which in a notebook is after
 * the cell that created it, and what was changed later.
 */
import { types } from "node:util";
import { isObject, membersOf } from "../../values/own-members";
import { classOf } from "../../values/value-kind";
import { primitiveText } from "./package-code";

/** An entry, by its path in the cache. */
export type Entry = readonly [path: string, value: unknown];

interface KnownCache {
  /** What counts. */
  readonly put: Set<string>;
  /** The last value of every entry, so far. */
  readonly values: Map<string, unknown>;
  readonly keys: WeakMap<object, number>;
  keyCount: number;
}

const known = new WeakMap<object, KnownCache>();
/** Larger ones are taken to be full of results. */
const MAX_ENTRIES = 1_000;
const MAX_DEPTH = 5;

/** The entries of caches that did not come from calls alone. `caches`: by the names of their variables or members. */
export function findPutEntries(caches: readonly Entry[]): readonly Entry[] {
  return caches.flatMap(([name, cache]) =>
    isObject(cache) ? entriesPutIn(cache).map(([path, value]): Entry => [`${name}${path}`, value]) : [],
  );
}

/** Reads a cache, and remembers its entries for the next call. */
function entriesPutIn(cache: object): readonly Entry[] {
  const before = known.get(cache);
  const state = before ?? { put: new Set(), values: new Map(), keys: new WeakMap(), keyCount: 0 };
  known.set(cache, state);
  const now = new Map(entriesIn(cache, state));
  for (const [path, value] of now) {
    if (!before || (state.values.has(path) && !Object.is(state.values.get(path), value))) state.put.add(path);
    state.values.set(path, value);
  }
  // One that was dropped to make room still counts as it was.
  return [...state.put].sort().map((path) => [path, state.values.get(path)]);
}

function entriesIn(cache: object, state: KnownCache): readonly Entry[] {
  const found: Entry[] = [];
  const visit = (value: object, path: string, depth: number): void => {
    for (const [key, inner] of itemsOf(value, state)) {
      if (found.length >= MAX_ENTRIES) return;
      if (isObject(inner) && isPartOfCache(value, inner) && depth < MAX_DEPTH)
        visit(inner, `${path}.${key}`, depth + 1);
      else if (inner !== undefined && typeof inner !== "symbol") found.push([`${path}.${key}`, inner]);
    }
  };
  visit(cache, "", 0);
  return found.length >= MAX_ENTRIES ? [] : found;
}

function itemsOf(value: object, state: KnownCache): readonly Entry[] {
  if (types.isProxy(value)) return [];
  if (types.isMap(value))
    return [...(Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>)].map(([key, inner]) => [
      textOfKey(key, state),
      inner,
    ]);
  // Their number does not identify them.
  return membersOf(value).flatMap(({ key, value: inner }) =>
    /^_*(size|length|count)$/.test(key) ? [] : [[key, inner]],
  );
}

function textOfKey(key: unknown, state: KnownCache): string {
  if (!isObject(key) && typeof key !== "function") return primitiveText(key);
  let number = state.keys.get(key);
  if (number === undefined) state.keys.set(key, (number = ++state.keyCount));
  return `object ${number}`;
}

/** Tables inside the object, not results: all that an instance holds itself, and instances and maps in its plain objects. */
function isPartOfCache(owner: object, inner: object): boolean {
  if (types.isMap(owner)) return false;
  const isTable = types.isMap(inner) || classOf(inner) === undefined;
  return isTable || (classOf(owner) === undefined && /object/.test(classOf(inner)?.kind ?? ""));
}

/**
 * Whether an object is a cache for its user: a method of its class stores an argument in the member as it is
 * (`set(key, value) { this.cache.set(key, value); }`).
 */
export function isFilledByMethods(value: object, key: string): boolean {
  for (
    let at: unknown = Object.getPrototypeOf(value);
    isObject(at) && at !== Object.prototype;
    at = Object.getPrototypeOf(at)
  )
    for (const { key: name, value: method } of membersOf(at))
      if (typeof method === "function" && name !== "constructor" && storesArgument(method, key)) return true;
  return false;
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any method
function storesArgument(method: Function, key: string): boolean {
  const source = Function.prototype.toString.call(method);
  const parameters = /^[^(]*\(([^)]*)\)/.exec(source)?.[1]?.match(/[\w$]+/g) ?? [];
  const member = `\\bthis\\.${key.replaceAll("$", "\\$")}\\b`;
  const stored = source.matchAll(
    new RegExp(
      `${member}(?:\\.(?:set|add|push)\\(\\s*(?:[^,()]+,\\s*)?([\\w$]+)\\s*\\)|\\[[^\\]]+\\]\\s*=\\s*([\\w$]+)\\s*[;,}\\n])`,
      "g",
    ),
  );
  return [...stored].some(([, set, assigned]) => (parameters as readonly string[]).includes(set ?? assigned ?? ""));
}
