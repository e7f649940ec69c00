/** What functions, classes and prototypes carry beside their source. Used by the closure walk. */
import { types } from "node:util";
import type { AnyFunction } from "./scopes";

/** One property: a value, or the functions behind an accessor. */
export interface Member {
  readonly key: string;
  readonly value: unknown;
  readonly accessors: readonly AnyFunction[];
}

const alwaysThere = new Set(["length", "name", "prototype", "arguments", "caller"]);

/** A function's own properties, statics of a class included; without those that every function has. */
export function findStatics(fn: AnyFunction): readonly Member[] {
  return membersOf(fn).filter((member) => !alwaysThere.has(member.key));
}

/** What instances inherit, the constructor left out. */
export function findPrototypeMembers(fn: AnyFunction): readonly Member[] {
  const prototype: unknown = Reflect.get(fn, "prototype");
  if (typeof prototype !== "object" || prototype === null) return [];
  return membersOf(prototype).filter((member) => member.key !== "constructor");
}

/** The class that a class extends; undefined for what extends nothing. */
export function findBase(fn: AnyFunction): AnyFunction | undefined {
  const base: unknown = Object.getPrototypeOf(fn);
  return typeof base === "function" && base !== Function.prototype ? base : undefined;
}

/** The functions among the members: methods, getters, setters. */
export function functionsIn(members: readonly Member[]): readonly AnyFunction[] {
  return members.flatMap(({ value, accessors }) => (typeof value === "function" ? [value] : accessors));
}

/** An object's own properties, those under symbols last. */
export function membersOf(object: object): readonly Member[] {
  return Reflect.ownKeys(object).map((key) => {
    const property = Reflect.getOwnPropertyDescriptor(object, key);
    const accessors: readonly unknown[] = [property?.get, property?.set];
    return { key: String(key), value: property?.value as unknown, accessors: accessors.filter(isFunction) };
  });
}

/** What an instance of a class that extends a built-in holds beside its properties; undefined when it holds nothing. */
export function findContent(value: object): unknown {
  if (types.isMap(value)) return new Map(Map.prototype.entries.call(value));
  if (types.isSet(value)) return new Set(Set.prototype.values.call(value));
  if (types.isDate(value)) return Date.prototype.getTime.call(value);
  if (types.isRegExp(value)) return RegExp(value.source, value.flags);
  if (types.isArrayBuffer(value)) return ArrayBuffer.prototype.slice.call(value, 0);
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  return undefined;
}

/** Whether what it holds cannot be looked at. */
export function isOpaque(value: object): boolean {
  return types.isPromise(value) || types.isWeakMap(value) || types.isWeakSet(value) || types.isGeneratorObject(value);
}

const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
