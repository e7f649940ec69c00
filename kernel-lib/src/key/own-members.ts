/** What functions, classes and prototypes carry beside their source. Used by the closure walk. */
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

/** An object's own properties with text names. */
export function membersOf(object: object): readonly Member[] {
  return Object.entries(Object.getOwnPropertyDescriptors(object)).map(([key, property]) => {
    const accessors = [Reflect.get(property, "get"), Reflect.get(property, "set")] as readonly unknown[];
    return { key, value: property.value as unknown, accessors: accessors.filter(isFunction) };
  });
}

const isFunction = (value: unknown): value is AnyFunction => typeof value === "function";
