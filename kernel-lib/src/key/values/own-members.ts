/** The members of functions, classes and prototypes, which count besides their source. Used by the closure walk. */
import { types } from "node:util";
import { symbolName } from "./own-keys";
import type { AnyFunction } from "../scopes";

/** One property: a value, or the functions behind an accessor. */
export interface Member {
  /** `[Symbol.iterator]` for a symbol. */
  readonly key: string;
  readonly isSymbol: boolean;
  readonly value: unknown;
  readonly accessors: readonly AnyFunction[];
}

const alwaysThere = new Set(["length", "name", "prototype", "arguments", "caller"]);

/** A function's own properties, including statics of a class, without those that every function has. */
export function findStatics(fn: AnyFunction): readonly Member[] {
  return membersOf(fn).filter((member) => !alwaysThere.has(member.key));
}

/** What instances inherit, without the constructor. */
export function findPrototypeMembers(fn: AnyFunction): readonly Member[] {
  const prototype: unknown = Reflect.get(fn, "prototype");
  if (typeof prototype !== "object" || prototype === null) return [];
  return membersOf(prototype).filter((member) => member.key !== "constructor");
}

/** Whether a function has statics or prototype members. Called for every function at every plan. */
export function hasMembers(fn: AnyFunction): boolean {
  if (Reflect.ownKeys(fn).some((key) => typeof key === "symbol" || !alwaysThere.has(key))) return true;
  const prototype: unknown = Reflect.get(fn, "prototype");
  return isObject(prototype) && Reflect.ownKeys(prototype).some((key) => key !== "constructor");
}

/** The class that a class extends; undefined if there is none. */
export function findBase(fn: AnyFunction): AnyFunction | undefined {
  const base: unknown = Object.getPrototypeOf(fn);
  return typeof base === "function" && base !== Function.prototype ? base : undefined;
}

/** The functions among the members: methods, getters, setters. */
export function functionsIn(members: readonly Member[]): readonly AnyFunction[] {
  return members.flatMap(({ value, accessors }) => (typeof value === "function" ? [value] : accessors));
}

/** An object's own properties. A unique symbol is identified by its description. */
export function membersOf(object: object): readonly Member[] {
  return Reflect.ownKeys(object).map((key) => {
    const property = propertyOf(object, key);
    const accessors = property
      ? ([Reflect.get(property, "get"), Reflect.get(property, "set")] as readonly unknown[])
      : [];
    const isSymbol = typeof key === "symbol";
    return {
      key: isSymbol ? `[${symbolName(key) ?? key.toString()}]` : key,
      isSymbol,
      value: property?.value as unknown,
      accessors: accessors.filter(isFunction),
    };
  });
}

/** An export of an ES module that has no value yet has no descriptor either. */
function propertyOf(object: object, key: PropertyKey): PropertyDescriptor | undefined {
  try {
    return Object.getOwnPropertyDescriptor(object, key);
  } catch (error) {
    if (error instanceof ReferenceError && types.isModuleNamespaceObject(object)) return undefined;
    throw error;
  }
}

/** The class whose instances have this prototype. */
export function constructorOf(prototype: object): AnyFunction | undefined {
  const owner = ownValue(prototype, "constructor");
  return typeof owner === "function" && ownValue(owner, "prototype") === prototype ? owner : undefined;
}

/** The classes of an instance, the nearest first. */
export function constructorsOf(value: object): readonly AnyFunction[] {
  const found: AnyFunction[] = [];
  for (let at: unknown = Object.getPrototypeOf(value); isObject(at); at = Object.getPrototypeOf(at)) {
    const owner = constructorOf(at);
    if (owner) found.push(owner);
  }
  return found;
}

/** A property without running a getter. */
export function ownValue(owner: object | undefined, key: PropertyKey): unknown {
  return owner && (Object.getOwnPropertyDescriptor(owner, key)?.value as unknown);
}

export const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Whether it is a class with private static fields or methods. */
export const hasPrivateStatics = (fn: AnyFunction): boolean =>
  /^class\b[^]*\bstatic\s+#/.test(Function.prototype.toString.call(fn));

const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
