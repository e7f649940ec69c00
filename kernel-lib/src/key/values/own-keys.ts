/**
 * The own properties of an object besides the content of its kind: `matches.index` of an array, `error.code`.
 * Used by the digest of values and by the fidelity check of the store.
 */
import { inspect } from "node:util";
import type { ValueClass } from "./value-kind";

/** Above this many items the keys of an array are not listed: that would create a string for each. */
const LISTED_ITEMS = 64;

/**
 * The own keys that are not part of the content of the kind, in any order. Not `stack` of an error, which says where, not what. Of
 * arrays with more than 64 items only the enumerable ones. Runs no user code.
 */
export function extraKeys(value: object, type: ValueClass): readonly (string | symbol)[] {
  switch (type.kind) {
    case "array":
    case "typed-array":
      return keysBesideItems(value as ArrayLike<unknown>);
    case "regexp":
      return Reflect.ownKeys(value).filter((key) => key !== "lastIndex");
    case "error":
      return Reflect.ownKeys(value).filter((key) => key !== "stack");
    case "boxed":
      return type.name === "String" ? Reflect.ownKeys(value).filter((key) => !isItemKey(key)) : Reflect.ownKeys(value);
    default:
      return Reflect.ownKeys(value);
  }
}

/**
 * A symbol's name where it means the same in every process: `Symbol.for("x")` and well-known ones such as
 * `Symbol.iterator`. Undefined for all others: two processes cannot agree on them.
 */
export function symbolName(symbol: symbol): string | undefined {
  const registered = Symbol.keyFor(symbol);
  return registered === undefined ? wellKnown.get(symbol) : `for:${registered}`;
}

/** Compares by UTF-16 code unit, as `sort()` does; symbols come after strings, by name. */
export function compareKeys(a: string | symbol, b: string | symbol): number {
  if (typeof a !== typeof b) return typeof a === "string" ? -1 : 1;
  const [left, right] = [textOfKey(a), textOfKey(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

const wellKnown: ReadonlyMap<symbol, string> = new Map(
  Object.getOwnPropertyNames(Symbol).flatMap((name): [symbol, string][] => {
    const found: unknown = Object.getOwnPropertyDescriptor(Symbol, name)?.value;
    return typeof found === "symbol" ? [[found, `Symbol.${name}`]] : [];
  }),
);

function textOfKey(key: string | symbol): string {
  return typeof key === "string" ? key : (symbolName(key) ?? "");
}

function keysBesideItems(items: ArrayLike<unknown>): readonly (string | symbol)[] {
  if (items.length > LISTED_ITEMS && hasOnlyItems(items)) return [];
  const keys = Reflect.ownKeys(items);
  // Own keys are listed items first, ascending: with `length` at this position there is neither a hole nor an extra.
  if (keys.length === items.length + 1 && keys[items.length] === "length") return [];
  return keys.filter((key) => !isItemKey(key) && (items.length <= LISTED_ITEMS || isEnumerable(items, key)));
}

function isItemKey(key: string | symbol): boolean {
  return key === "length" || (typeof key === "string" && /^(0|[1-9]\d*)$/.test(key) && Number(key) < 2 ** 32 - 1);
}

function isEnumerable(value: object, key: PropertyKey): boolean {
  return Object.prototype.propertyIsEnumerable.call(value, key);
}

/**
 * Node offers no list of the keys of an array without its items, except through `inspect`: it shows `[ ... 5 more items ]`
 * and nothing else only when there is nothing else. In constant time; when the text is not as expected the keys are listed.
 */
function hasOnlyItems(items: ArrayLike<unknown>): boolean {
  const text = inspect(items, {
    depth: 0,
    maxArrayLength: 0,
    maxStringLength: 0,
    breakLength: Infinity,
    customInspect: false,
  });
  return /^(\w+\(\d+\) (\[Uint8Array\] )?)?\[ \.\.\. \d+ more items? \]$/.test(text);
}
