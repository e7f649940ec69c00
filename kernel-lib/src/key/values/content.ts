/** What an object holds that has no canonical form of its own: an instance of a class, also of one that extends a built-in. */
import { types } from "node:util";
import { membersOf, type Member } from "./own-members";

/** `held`: what lies in no property, as a value that has a canonical form. */
export interface Content {
  readonly members: readonly Member[];
  readonly held?: unknown;
}

/** Undefined for what cannot be looked into: a promise, a WeakMap, an instance of `Intl.NumberFormat`. */
export function contentOf(value: object, builtinName: (prototype: object) => string | undefined): Content | undefined {
  const builtin = builtinAbove(value, builtinName);
  if (builtin === "a proxy" || types.isGeneratorObject(value) || types.isExternal(value)) return undefined;
  // The stack of an error tells where it was made, not what it is.
  if (types.isNativeError(value)) return { members: membersOf(value).filter(({ key }) => key !== "stack") };
  const held = heldBy(value);
  if (held) return { members: held.isListed ? [] : membersOf(value), held: held.value };
  return builtin === "null" || builtin === "Object.prototype" || builtin === "Array.prototype"
    ? { members: membersOf(value) }
    : undefined;
}

/** The name of the nearest built-in prototype. */
function builtinAbove(value: object, builtinName: (prototype: object) => string | undefined): string {
  for (let at = prototypeOf(value); at !== null; at = prototypeOf(at)) {
    if (types.isProxy(at)) return "a proxy";
    const name = builtinName(at);
    if (name !== undefined) return name;
  }
  return "null";
}

/** `isListed`: the properties are the same once more. */
function heldBy(value: object): { readonly value: unknown; readonly isListed?: true } | undefined {
  if (types.isMap(value)) return { value: new Map(Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>) };
  if (types.isSet(value)) return { value: new Set(Set.prototype.values.call(value) as Iterable<unknown>) };
  if (types.isDate(value)) return { value: new Date(Date.prototype.getTime.call(value)) };
  if (types.isRegExp(value)) return { value: [value.source, value.flags] };
  if (types.isAnyArrayBuffer(value)) return { value: new Uint8Array(value).slice() };
  if (ArrayBuffer.isView(value))
    return { value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), isListed: true };
  if (types.isNumberObject(value)) return { value: Number.prototype.valueOf.call(value) };
  if (types.isStringObject(value)) return { value: String.prototype.valueOf.call(value) };
  if (types.isBooleanObject(value)) return { value: Boolean.prototype.valueOf.call(value) };
  if (types.isBigIntObject(value)) return { value: BigInt.prototype.valueOf.call(value) };
  return undefined;
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}
