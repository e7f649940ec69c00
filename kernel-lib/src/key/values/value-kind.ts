/**
 * The kind of built-in that an object is, by its internal slots and not by its own properties: no trap, getter or user code is
 * run. Used by the digest of values and by the fidelity check of the store.
 */
import { types } from "node:util";

/** The kinds of objects that have a canonical form. All others are functions, class instances and similar. */
export type ValueKind =
  | "object"
  | "null-object"
  | "array"
  | "map"
  | "set"
  | "date"
  | "regexp"
  | "error"
  | "typed-array"
  | "data-view"
  | "array-buffer"
  | "shared-buffer"
  | "boxed"
  | "url";

/** A kind, and the class of the built-in: `Float64Array`, `Buffer`, `TypeError`, `Number`. */
export interface ValueClass {
  readonly kind: ValueKind;
  readonly name: string;
}

const OBJECT: ValueClass = { kind: "object", name: "Object" };
const NULL_OBJECT: ValueClass = { kind: "null-object", name: "null" };
const ARRAY: ValueClass = { kind: "array", name: "Array" };

interface Candidate extends ValueClass {
  /** An object may have this prototype without being of this kind: `Object.create(Date.prototype)`. */
  readonly is: (value: object) => boolean;
}

const byPrototype: ReadonlyMap<object, Candidate> = new Map(candidates());

/** The class of a built-in; undefined for everything without a canonical form (see `whatIs`), proxies included. */
export function classOf(value: object): ValueClass | undefined {
  if (typeof value === "function" || types.isProxy(value)) return undefined;
  const prototype = prototypeOf(value);
  if (prototype === Object.prototype) return OBJECT;
  if (Array.isArray(value)) return prototype === Array.prototype || isArrayPrototype(prototype) ? ARRAY : undefined;
  if (prototype === null)
    return types.isModuleNamespaceObject(value) || types.isExternal(value) ? undefined : NULL_OBJECT;
  const candidate = byPrototype.get(prototype);
  if (candidate) return candidate.is(value) ? candidate : undefined;
  return isObjectPrototype(prototype) ? OBJECT : undefined;
}

/** A human-readable noun phrase for an object without a canonical form: `a function (toRow)`, `a promise`, `an instance of class Model`. */
export function whatIs(value: object): string {
  if (types.isProxy(value)) return "a proxy";
  if (typeof value === "function")
    return types.isAsyncFunction(value) ? named("an async function", value) : named("a function", value);
  if (types.isPromise(value)) return "a promise";
  if (types.isWeakMap(value)) return "a WeakMap";
  if (types.isWeakSet(value)) return "a WeakSet";
  if (types.isGeneratorObject(value)) return "a generator";
  if (types.isModuleNamespaceObject(value)) return "a module";
  if (types.isExternal(value)) return "a native object";
  const name = classNameOf(value);
  return name === "" ? "an instance of an unnamed class" : `an instance of class ${name}`;
}

/** The name of an object's class, without running code; `""` when it has none. */
export function classNameOf(value: object): string {
  for (let holder: object | null = value; holder !== null; holder = prototypeOf(holder)) {
    if (types.isProxy(holder)) return "";
    const found: unknown = Object.getOwnPropertyDescriptor(holder, "constructor")?.value;
    if (typeof found === "function" && !types.isProxy(found)) return nameOfFunction(found);
  }
  return "";
}

function prototypeOf(value: object): object | null {
  return Object.getPrototypeOf(value) as object | null;
}

function named(what: string, value: object): string {
  const name = nameOfFunction(value);
  return name === "" ? what : `${what} (${name})`;
}

function nameOfFunction(value: object): string {
  const name: unknown = Object.getOwnPropertyDescriptor(value, "name")?.value;
  return typeof name === "string" ? name : "";
}

/** Object.prototype of another realm (`vm`, a worker's structured clone). */
function isObjectPrototype(prototype: object): boolean {
  return !types.isProxy(prototype) && prototypeOf(prototype) === null && Object.hasOwn(prototype, "isPrototypeOf");
}

/** Array.prototype of another realm: itself an array, as no subclass's prototype is. */
function isArrayPrototype(prototype: object | null): boolean {
  return prototype !== null && !types.isProxy(prototype) && Array.isArray(prototype);
}

function candidates(): [object, Candidate][] {
  const make = (
    kind: ValueKind,
    name: string,
    prototype: object,
    is: (value: object) => boolean,
  ): [object, Candidate] => [prototype, { kind, name, is }];
  return [
    make("map", "Map", Map.prototype, types.isMap),
    make("set", "Set", Set.prototype, types.isSet),
    make("date", "Date", Date.prototype, types.isDate),
    make("regexp", "RegExp", RegExp.prototype, types.isRegExp),
    make("data-view", "DataView", DataView.prototype, types.isDataView),
    make("array-buffer", "ArrayBuffer", ArrayBuffer.prototype, types.isArrayBuffer),
    make("shared-buffer", "SharedArrayBuffer", SharedArrayBuffer.prototype, types.isSharedArrayBuffer),
    make("url", "URL", URL.prototype, isUrl),
    ...errorClasses().map((type) => make("error", type.name, type.prototype, types.isNativeError)),
    ...boxedClasses().map((type) => make("boxed", type.name, type.prototype, types.isBoxedPrimitive)),
    ...typedArrayClasses().map((type) => make("typed-array", type.name, type.prototype, isArrayOf(type.name))),
    make("typed-array", "Buffer", prototypeOf(Buffer.alloc(0)) ?? {}, types.isUint8Array),
  ];
}

function errorClasses(): readonly { readonly name: string; readonly prototype: object }[] {
  return [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError];
}

function boxedClasses(): readonly { readonly name: string; readonly prototype: object }[] {
  return [Number, String, Boolean, BigInt, Symbol];
}

function typedArrayClasses(): readonly { readonly name: string; readonly prototype: object }[] {
  return [
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ];
}

/** Its getter returns the actual kind of a typed array. */
const typedArrayTag = Object.getOwnPropertyDescriptor(prototypeOf(Uint8Array.prototype) ?? {}, Symbol.toStringTag);

function isArrayOf(name: string): (value: object) => boolean {
  return (value) => typedArrayTag?.get?.call(value) === name;
}

const href = Object.getOwnPropertyDescriptor(URL.prototype, "href");

function isUrl(value: object): boolean {
  try {
    return typeof href?.get?.call(value) === "string";
  } catch {
    // The getter throws for anything that only has URL's prototype: that is the answer.
    return false;
  }
}
