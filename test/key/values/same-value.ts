/**
 * A second definition of equality, independent of the digest: two values are walked side by side. The oracle of the property tests.
 */

/** True when no program can distinguish the two, except by the stacks of errors and the order of the properties of arrays and errors. */
export function sameValue(a: unknown, b: unknown, pairs: Pairs = { there: new Map(), back: new Map() }): boolean {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  if (pairs.there.has(a) || pairs.back.has(b)) return pairs.there.get(a) === b && pairs.back.get(b) === a;
  pairs.there.set(a, b);
  pairs.back.set(b, a);
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  return sameContent(a, b, pairs) && sameProperties(a, b, pairs);
}

interface Pairs {
  readonly there: Map<object, object>;
  readonly back: Map<object, object>;
}

function sameContent(a: object, b: object, pairs: Pairs): boolean {
  if (a instanceof Map && b instanceof Map) return sameList([...a].flat(1), [...b].flat(1), pairs);
  if (a instanceof Set && b instanceof Set) return sameList([...a], [...b], pairs);
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp && b instanceof RegExp) return a.source === b.source && a.flags === b.flags;
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(a, b);
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) return sameBytes(new Uint8Array(a), new Uint8Array(b));
  if (a instanceof Number || a instanceof String || a instanceof Boolean || a instanceof BigInt)
    return Object.is(a.valueOf(), b.valueOf());
  return true;
}

/** Compares descriptors one by one. */
function sameProperties(a: object, b: object, pairs: Pairs): boolean {
  const [keysOfA, keysOfB] = [keys(a), keys(b)];
  if (keysOfA.length !== keysOfB.length || keysOfA.some((key, at) => key !== keysOfB[at])) return false;
  return keysOfA.every((key) => {
    const [left, right] = [Object.getOwnPropertyDescriptor(a, key), Object.getOwnPropertyDescriptor(b, key)];
    return left?.enumerable === right?.enumerable && sameValue(left?.value, right?.value, pairs);
  });
}

function keys(object: object): readonly string[] {
  const skipped = object instanceof Error ? "stack" : "";
  if (ArrayBuffer.isView(object)) return [];
  const found = Object.getOwnPropertyNames(object).filter((key) => key !== skipped || skipped === "");
  return Array.isArray(object) || object instanceof Error ? found.sort() : found;
}

function sameList(a: readonly unknown[], b: readonly unknown[], pairs: Pairs): boolean {
  return a.length === b.length && a.every((item, at) => sameValue(item, b[at], pairs));
}

function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
