/** The content of an object without a canonical form: an instance of a class, including one that extends a built-in. */
import { types } from "node:util";
import { builtInState } from "./built-in-state";
import { membersOf, type Member } from "./own-members";

/** `inner`: what is in no property, as a value that has a canonical form. */
export interface Content {
  readonly members: readonly Member[];
  readonly inner?: unknown;
  /** `inner` is what the methods of a built-in class tell: an object with the same properties would not have it. */
  readonly isTold?: true;
}

/** Undefined for opaque objects: a promise, a WeakMap, a Blob. */
export function contentOf(value: object, builtinName: (prototype: object) => string | undefined): Content | undefined {
  const { name: builtin, prototype } = builtinAbove(value, builtinName);
  if (builtin === "a proxy" || types.isGeneratorObject(value) || types.isExternal(value)) return undefined;
  // The stack of an error says where it was created, not what it is.
  if (types.isNativeError(value)) return { members: membersOf(value).filter(({ key }) => key !== "stack") };
  const inner = innerOf(value);
  if (inner) return { members: inner.isListed ? [] : membersOf(value), inner: inner.value };
  const state = prototype && builtInState(value, prototype, builtin);
  // Symbol properties of these classes are their own: caches and handles.
  if (state) return { members: membersOf(value).filter(({ isSymbol }) => !isSymbol), inner: state.value, isTold: true };
  return builtin === "null" || builtin === "Object.prototype" || builtin === "Array.prototype"
    ? { members: membersOf(value) }
    : undefined;
}

/** The nearest built-in prototype, and its name. */
function builtinAbove(
  value: object,
  builtinName: (prototype: object) => string | undefined,
): { readonly name: string; readonly prototype?: object } {
  for (let at = prototypeOf(value); at !== null; at = prototypeOf(at)) {
    if (types.isProxy(at)) return { name: "a proxy" };
    const name = builtinName(at);
    if (name !== undefined) return { name, prototype: at };
  }
  return { name: "null" };
}

/** The internal data of a built-in. `isListed`: the properties are the same data again. */
function innerOf(value: object): { readonly value: unknown; readonly isListed?: true } | undefined {
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
