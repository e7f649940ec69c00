/** What an object holds and inherits from, by which it is compared with itself later. Runs no code of the object. */
import { types } from "node:util";
import { ownValue } from "../values/own-members";
import { classOf } from "../values/value-kind";

/** Larger ones take as long to compare as to digest. */
const MAX_MEMBERS = 2_000;

/** The items of an object: written to a list at first, and compared with it later. The values themselves, not what they contain. */
export class ObjectState {
  readonly items: unknown[] = [];
  private keys: readonly (string | symbol)[] = [];
  private at = 0;
  private isWritten = false;
  private readonly kind: Kind | undefined;

  constructor(private readonly object: object) {
    this.kind = kindOf(object);
  }

  /** Whether the object is as it was when its items were written, which this does. */
  isSame(): boolean {
    this.at = 0;
    if (this.isWritten && this.visit() && this.at === this.items.length) return true;
    this.isWritten = false;
    this.items.length = 0;
    this.isWritten = this.visit();
    return false;
  }

  /** False for an object of which items say too little: a proxy, binary data, an error, a module, or too many items. */
  get isComparable(): boolean {
    return this.isWritten;
  }

  /** Whether all items were taken. */
  private visit(): boolean {
    const { object, kind } = this;
    if (kind === undefined || sizeOf(object, kind) > MAX_MEMBERS) return false;
    const keys = Reflect.ownKeys(object);
    if (keys.length > MAX_MEMBERS || !this.takeKeys(keys)) return false;
    // Of what the language defines, only what is added to it counts.
    if (kind === "prototype") return true;
    if (!this.take(Object.getPrototypeOf(object))) return false;
    if (kind !== "function" && kind !== "object" && !this.takeContent(kind)) return false;
    for (const key of keys) if (!(kind === "function" && isOfFunctions(key)) && !this.takeProperty(key)) return false;
    // Whether it is the prototype of that class.
    const owner = kind === "object" ? ownValue(object, "constructor") : undefined;
    return typeof owner !== "function" || types.isProxy(owner) || this.take(ownValue(owner, "prototype"));
  }

  private takeKeys(keys: readonly (string | symbol)[]): boolean {
    const before = this.keys;
    if (!this.isWritten) this.keys = keys;
    else if (keys.length !== before.length) return false;
    else for (let at = 0; at < keys.length; at++) if (keys[at] !== before[at]) return false;
    return true;
  }

  private takeProperty(key: string | symbol): boolean {
    const property = Object.getOwnPropertyDescriptor(this.object, key);
    if (!property) return false;
    if (!property.enumerable && !this.take(HIDDEN)) return false;
    if ("value" in property) return this.take(property.value);
    const { get, set } = property as { readonly get: unknown; readonly set: unknown };
    return this.take(ACCESSOR) && this.take(get) && this.take(set);
  }

  private takeContent(kind: Kind): boolean {
    const { object } = this;
    switch (kind) {
      case "map":
        for (const [key, value] of Map.prototype.entries.call(object) as Iterable<[unknown, unknown]>)
          if (!this.take(key) || !this.take(value)) return false;
        return true;
      case "set":
        for (const value of Set.prototype.values.call(object) as Iterable<unknown>) if (!this.take(value)) return false;
        return true;
      case "date":
        return this.take(Date.prototype.getTime.call(object));
      case "regexp":
        return SOURCE.every((property) => this.take(property?.get?.call(object)));
      default:
        return kind !== "url" || this.take((object as URL).href);
    }
  }

  /** Writes the next item, or compares it. */
  private take(item: unknown): boolean {
    if (this.isWritten) return this.at < this.items.length && Object.is(item, this.items[this.at++]);
    this.items.push(item);
    return true;
  }
}

const ACCESSOR = Symbol("accessor");
const HIDDEN = Symbol("hidden");

type Kind = "prototype" | "object" | "function" | "array" | "map" | "set" | "date" | "regexp" | "url";

/** Undefined for an object that cannot be compared. */
function kindOf(object: object): Kind | undefined {
  if (types.isProxy(object) || types.isModuleNamespaceObject(object) || types.isNativeError(object)) return undefined;
  if (ArrayBuffer.isView(object) || types.isAnyArrayBuffer(object)) return undefined;
  if (builtins.has(object)) return "prototype";
  if (typeof object === "function") return "function";
  if (Array.isArray(object)) return "array";
  if (types.isMap(object)) return "map";
  if (types.isSet(object)) return "set";
  if (types.isDate(object)) return "date";
  if (types.isRegExp(object)) return "regexp";
  return classOf(object)?.kind === "url" ? "url" : "object";
}

function sizeOf(object: object, kind: Kind): number {
  if (kind === "array") return (object as unknown[]).length;
  return kind === "map" || kind === "set" ? Number(SIZE[kind]?.get?.call(object)) : 0;
}

/** What every function has, and does not count; the arguments of a call that is in progress. */
const isOfFunctions = (key: string | symbol): boolean =>
  key === "length" || key === "name" || key === "arguments" || key === "caller";

const builtins = new Set<object>(
  [Object, Array, Map, Set, Date, RegExp, Promise].map((type): object => type.prototype as object),
);

const SIZE = {
  map: Object.getOwnPropertyDescriptor(Map.prototype, "size"),
  set: Object.getOwnPropertyDescriptor(Set.prototype, "size"),
};
/** A regular expression can be compiled again in place. */
const SOURCE = ["source", "flags"].map((name) => Object.getOwnPropertyDescriptor(RegExp.prototype, name));
