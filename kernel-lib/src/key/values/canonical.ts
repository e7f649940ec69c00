/**
 * The digest of any value, by which the inputs, parameters and captured values of a key are compared.
 *
 * Equal digests mean that no program can distinguish the values, except by what is listed here as not counted. Counted: -0, NaN,
 * undefined, holes, the kind of each built-in and typed array, the order of an object's properties and of Map and Set (iteration shows
 * it), non-enumerable and registered symbol properties, cycles, and whether two paths lead to one object. Not counted: the order of
 * symbol properties and of properties beside the content of a built-in (an array's, an error's), whether an object is frozen, the stack of an error, the bits of a NaN, which memory a view refers to.
 *
 * Used by `key/`, by runs for outputs, and by the tests of the store's codecs. The walk has its own stack: depth has no limit.
 */
import { types } from "node:util";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Frame } from "./value-frame";
import { ItemFrame, itemsOf, ListFrame, pairsOf, PropertyFrame } from "./value-frame";
import { SeenObjects } from "./seen-objects";
import { Shapes } from "./canonical-shapes";
import type { ChunkDigests } from "./chunks";
import { CanonicalSink } from "./canonical-sink";
import { compareKeys, extraKeys, symbolName } from "./own-keys";
import type { ValueClass } from "./value-kind";
import { classOf, whatIs } from "./value-kind";
import type { Place, ValueCheck } from "./value-check";
import { bytesOf } from "./view-bytes";
import { joinSteps, mapStep, setStep } from "./value-path";

/** A form for an object that has no canonical form: `head` says what it is, `parts` is walked as part of the same value. */
export interface ForeignForm {
  readonly head: Uint8Array | string;
  readonly parts: unknown;
}

/**
 * Returns a form for functions, class instances and stages: bytes or a text that represent them, or a head and parts; undefined to
 * refuse. Called once per object; never for a proxy.
 */
export type Foreign = (value: object, path: string) => ForeignForm | Uint8Array | string | undefined;

export interface DigestOptions {
  /** What the value is called in messages. Default `value`. */
  readonly name?: string;
  readonly foreign?: Foreign;
  /** Objects that look like plain data and must still be passed to `foreign`. */
  readonly isForeign?: (value: object) => boolean;
  /** Whether an object is a proxy, for which `foreign` is never called. Default: every proxy, except wrappers that stand for built-ins. */
  readonly isProxy?: (value: object) => boolean;
  /** Collects the digests of the chunks of large binary data, for the code that stores them. */
  readonly chunks?: ChunkDigests;
  /** Further rules for the value. */
  readonly check?: ValueCheck;
}

/**
 * The sha256 over the canonical form of a value. Equal in every process, locale and time zone.
 * Throws StagebookError `not-keyable`, with the path, if it has no such form.
 */
export function digestValue(value: unknown, options: DigestOptions = {}): Digest {
  return new CanonicalWalk(options).digest(value);
}

/** One byte before each item. Never reuse a number: digests are stored. */
const TAG = {
  format: 1,
  undefined: 2,
  null: 3,
  false: 4,
  true: 5,
  number: 6,
  nan: 7,
  string: 8,
  bigint: 9,
  symbol: 10,
  seen: 11,
  object: 12,
  "null-object": 13,
  array: 14,
  map: 15,
  set: 16,
  date: 17,
  regexp: 18,
  error: 19,
  "typed-array": 20,
  "data-view": 21,
  "array-buffer": 22,
  "shared-buffer": 23,
  boxed: 24,
  url: 25,
  foreign: 26,
  foreignParts: 27,
  extras: 28,
  hidden: 29,
  holes: 30,
  symbolKeys: 31,
  accessor: 32,
} as const;

/** Walks one value once. The frames call back for each child. */
export class CanonicalWalk implements Place {
  private readonly sink: CanonicalSink;
  private readonly shapes = new Shapes();
  private readonly seen = new SeenObjects();
  private readonly frames: Frame[] = [];

  constructor(private readonly options: DigestOptions) {
    this.sink = new CanonicalSink(options.chunks);
  }

  get depth(): number {
    return this.frames.length;
  }

  digest(value: unknown): Digest {
    this.sink.number(TAG.format, 2);
    this.visit(value);
    for (let top = this.frames.at(-1); top !== undefined; top = this.frames.at(-1)) {
      if (!top.advance(this)) this.frames.pop();
    }
    return this.sink.digest();
  }

  /** Writes a child. True when it has children of its own, which must be written before the next one. */
  visit(value: unknown): boolean {
    switch (typeof value) {
      case "string":
        this.sink.tag(TAG.string);
        this.sink.string(value);
        return false;
      case "number":
        if (value === value) this.sink.number(TAG.number, value);
        else this.sink.tag(TAG.nan);
        return false;
      case "boolean":
        this.sink.tag(value ? TAG.true : TAG.false);
        return false;
      case "undefined":
        this.sink.tag(TAG.undefined);
        return false;
      case "bigint":
        this.sink.tag(TAG.bigint);
        this.sink.string(value.toString(16));
        return false;
      case "symbol":
        this.options.check?.symbol(value, this);
        this.sink.tag(TAG.symbol);
        this.sink.string(symbolName(value) ?? this.refuse(`a unique symbol (${value.toString()})`));
        return false;
      default:
        if (value === null) {
          this.sink.tag(TAG.null);
          return false;
        }
        return this.writeObject(value as object);
    }
  }

  /** The next child is a non-enumerable property. */
  markHidden(owner: object): void {
    this.options.check?.hidden(owner, this);
    this.sink.tag(TAG.hidden);
  }

  /** `count` holes follow in an array. */
  markHoles(count: number): void {
    this.sink.number(TAG.holes, count);
  }

  /** Throws `not-keyable` with the current path. */
  refuse(what: string): never {
    throw new StagebookError(
      "not-keyable",
      `\`${this.path()}\` is ${what}, which has no comparable content`,
      "Use plain data: objects, arrays, Map, Set, dates, typed arrays. A client or connection belongs in a resource(…).",
    );
  }

  path(): string {
    return joinSteps(
      this.options.name ?? "value",
      this.frames.map((frame) => frame.step()),
    );
  }

  private writeObject(value: object): boolean {
    const before = this.seen.add(value);
    if (before !== undefined) {
      this.sink.number(TAG.seen, before);
      return false;
    }
    const { isForeign, check } = this.options;
    if (isForeign?.(value)) return this.writeForeign(value);
    const type = classOf(value);
    check?.object(value, type, this);
    if (type === undefined) return this.writeForeign(value);
    if (type.kind === "object" || type.kind === "null-object") return this.writeProperties(value, TAG[type.kind]);
    this.sink.tag(TAG[type.kind]);
    const extras = this.writeExtras(value, type);
    return this.writeContent(value, type) || extras;
  }

  private writeContent(value: object, type: ValueClass): boolean {
    const { sink } = this;
    switch (type.kind) {
      case "array":
        sink.count((value as unknown[]).length);
        return this.push(new ItemFrame(value as unknown[]));
      case "map":
        return this.writeList(pairsOf(value as Map<unknown, unknown>), mapStep);
      case "set":
        return this.writeList(itemsOf(value as Set<unknown>), setStep);
      case "date":
        return this.visit(Date.prototype.getTime.call(value));
      case "regexp":
        sink.string((value as RegExp).source);
        sink.string((value as RegExp).flags);
        return this.writeList([(value as RegExp).lastIndex], () => ".lastIndex");
      case "error":
        sink.string(type.name);
        return false;
      case "typed-array":
        sink.string(type.name);
        this.writeMemory(value as NodeJS.TypedArray);
        return false;
      case "data-view":
        sink.bytes(bytesOf(value as DataView));
        return false;
      case "array-buffer":
      case "shared-buffer":
        return this.writeBuffer(value as ArrayBuffer | SharedArrayBuffer);
      case "boxed":
        sink.string(type.name);
        return this.visit(primitiveOf(value, type));
      case "url":
        sink.string((value as URL).href);
        return false;
      default:
        return false;
    }
  }

  private writeProperties(value: object, tag: number): boolean {
    const symbols = Object.getOwnPropertySymbols(value);
    if (symbols.length > 0) this.writeKeyed(value, TAG.symbolKeys, symbols);
    const { shape, isNew } = this.shapes.find(Object.getOwnPropertyNames(value));
    this.sink.number(tag, shape.number);
    if (isNew) {
      this.sink.count(shape.keys.length);
      for (const key of shape.keys) this.sink.string(key);
    }
    return this.push(new PropertyFrame(value, shape.keys)) || symbols.length > 0;
  }

  private writeExtras(value: object, type: ValueClass): boolean {
    const keys = extraKeys(value, type);
    return keys.length > 0 && this.writeKeyed(value, TAG.extras, keys);
  }

  /** Properties with their keys written out. Their values come after the content of the object: the frame lies below it. */
  private writeKeyed(value: object, tag: number, keys: readonly (string | symbol)[]): boolean {
    const sorted = [...keys].sort(compareKeys);
    this.sink.number(tag, sorted.length);
    for (const key of sorted) this.writeKey(key);
    return this.push(new PropertyFrame(value, sorted));
  }

  private writeKey(key: string | symbol): void {
    if (typeof key === "symbol") this.options.check?.symbolKey(key, this);
    this.sink.tag(typeof key === "string" ? TAG.string : TAG.symbol);
    this.sink.string(
      typeof key === "string"
        ? key
        : (symbolName(key) ?? this.refuse(`an object with a unique symbol as a key (${key.toString()})`)),
    );
  }

  private writeList(list: readonly unknown[], step: (at: number, list: readonly unknown[]) => string): boolean {
    this.sink.count(list.length);
    return this.push(new ListFrame(list, step));
  }

  private writeMemory(array: NodeJS.TypedArray): void {
    if (types.isFloat64Array(array) || types.isFloat32Array(array)) this.sink.floats(array);
    else this.sink.bytes(bytesOf(array));
  }

  private writeBuffer(buffer: ArrayBuffer | SharedArrayBuffer): boolean {
    const { resizable, growable, maxByteLength } = buffer as {
      resizable?: boolean;
      growable?: boolean;
      maxByteLength?: number;
    };
    this.sink.count(resizable === true || growable === true ? 1 + (maxByteLength ?? 0) : 0);
    this.sink.bytes(new Uint8Array(buffer));
    return false;
  }

  private writeForeign(value: object): boolean {
    const { isProxy = types.isProxy } = this.options;
    const form = isProxy(value) ? undefined : this.options.foreign?.(value, this.path());
    if (form === undefined) return this.refuse(whatIs(value));
    const isWhole = typeof form === "string" || form instanceof Uint8Array;
    this.sink.tag(isWhole ? TAG.foreign : TAG.foreignParts);
    const head = isWhole ? form : form.head;
    if (typeof head === "string") this.sink.string(head);
    else this.sink.bytes(head);
    return !isWhole && this.push(new ListFrame([form.parts], () => ""));
  }

  /** Getters and setters are code: only `foreign` can describe them. */
  visitAccessor(get: unknown, set: unknown): void {
    this.options.check?.accessor(this);
    if (!this.options.foreign) this.refuse("a getter or setter");
    this.sink.tag(TAG.accessor);
    this.visit(get);
    this.visit(set);
  }

  private push(frame: Frame): true {
    this.frames.push(frame);
    return true;
  }
}

/** By the prototype's own method: the object may have another one of that name. */
function primitiveOf(boxed: object, type: ValueClass): unknown {
  const prototype: unknown = boxedPrototypes[type.name];
  return (prototype as { valueOf(this: object): unknown }).valueOf.call(boxed);
}

const boxedPrototypes: { readonly [name: string]: object } = {
  Number: Number.prototype,
  String: String.prototype,
  Boolean: Boolean.prototype,
  BigInt: BigInt.prototype,
  Symbol: Symbol.prototype,
};
