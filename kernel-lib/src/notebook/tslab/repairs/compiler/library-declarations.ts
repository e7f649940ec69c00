/**
 * Declarations of what the standard library has gained since ES2022, each with the question whether this Node.js has it. As in the
 * libraries of later versions of TypeScript, and as far as its version 5.0 can express them. Pure.
 */

export interface Library {
  readonly isPresent: (global: Record<string, unknown>) => boolean;
  readonly declarations: string;
}

/** Whether the global of this name has the property. */
const has =
  (name: string, property: string, on: "itself" | "instances" = "itself"): Library["isPresent"] =>
  (global) => {
    const owner = global[name] as Record<string, unknown> & { readonly prototype?: object };
    if (owner === undefined) return false;
    return on === "itself" ? property in owner : property in (owner.prototype ?? {});
  };

const typedArrays = (members: (name: string, item: string) => string): string =>
  ["Int8", "Uint8", "Uint8Clamped", "Int16", "Uint16", "Int32", "Uint32", "Float32", "Float64", "BigInt64", "BigUint64"]
    .map((kind) => {
      const name = `${kind}Array`;
      return `interface ${name} { ${members(name, kind.startsWith("Big") ? "bigint" : "number")} }`;
    })
    .join("\n");

/** Those of `Set` and of `ReadonlySet`. */
const setMethods = `  union<U>(other: ReadonlySetLike<U>): Set<T | U>;
  intersection<U>(other: ReadonlySetLike<U>): Set<T & U>;
  difference<U>(other: ReadonlySetLike<U>): Set<T>;
  symmetricDifference<U>(other: ReadonlySetLike<U>): Set<T | U>;
  isSubsetOf(other: ReadonlySetLike<unknown>): boolean;
  isSupersetOf(other: ReadonlySetLike<unknown>): boolean;
  isDisjointFrom(other: ReadonlySetLike<unknown>): boolean;
`;

export const libraries: readonly Library[] = [
  {
    isPresent: has("Array", "toSorted", "instances"),
    declarations: `
interface Array<T> {
  toReversed(): T[];
  toSorted(compare?: (a: T, b: T) => number): T[];
  toSpliced(start: number, deleteCount: number, ...items: T[]): T[];
  toSpliced(start: number, deleteCount?: number): T[];
  with(index: number, value: T): T[];
}
interface ReadonlyArray<T> {
  toReversed(): T[];
  toSorted(compare?: (a: T, b: T) => number): T[];
  toSpliced(start: number, deleteCount: number, ...items: T[]): T[];
  toSpliced(start: number, deleteCount?: number): T[];
  with(index: number, value: T): T[];
}
${typedArrays((name, item) => `toReversed(): ${name}; toSorted(compare?: (a: ${item}, b: ${item}) => number): ${name}; with(index: number, value: ${item}): ${name};`)}`, // prettier-ignore
  },
  {
    isPresent: has("String", "isWellFormed", "instances"),
    declarations: `interface String { isWellFormed(): boolean; toWellFormed(): string; }`,
  },
  {
    isPresent: has("Object", "groupBy"),
    declarations: `
interface ObjectConstructor {
  groupBy<K extends PropertyKey, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Partial<Record<K, T[]>>;
}
interface MapConstructor {
  groupBy<K, T>(items: Iterable<T>, keyOf: (item: T, index: number) => K): Map<K, T[]>;
}`,
  },
  {
    isPresent: has("Promise", "withResolvers"),
    declarations: `
interface PromiseWithResolvers<T> {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason?: any) => void;
}
interface PromiseConstructor { withResolvers<T>(): PromiseWithResolvers<T>; }`,
  },
  {
    isPresent: has("Promise", "try"),
    declarations: `
interface PromiseConstructor {
  try<T, U extends unknown[]>(callback: (...args: U) => T | PromiseLike<T>, ...args: U): Promise<Awaited<T>>;
}`,
  },
  {
    isPresent: has("Array", "fromAsync"),
    declarations: `
interface ArrayConstructor {
  fromAsync<T>(items: AsyncIterable<T> | Iterable<T | PromiseLike<T>> | ArrayLike<T | PromiseLike<T>>): Promise<T[]>;
  fromAsync<T, U>(
    items: AsyncIterable<T> | Iterable<T> | ArrayLike<T>,
    map: (value: Awaited<T>, index: number) => U,
    thisArg?: any,
  ): Promise<Awaited<U>[]>;
}`,
  },
  {
    isPresent: has("Set", "union", "instances"),
    declarations: `
interface ReadonlySetLike<T> { keys(): Iterator<T>; has(value: T): boolean; readonly size: number; }
interface Set<T> {
${setMethods}}
interface ReadonlySet<T> {
${setMethods}}`,
  },
  {
    isPresent: (global) => "Iterator" in global,
    declarations: `
interface IteratorHelpers<T> {
  map<U>(fn: (value: T, index: number) => U): BuiltinIterator<U>;
  filter<S extends T>(fn: (value: T, index: number) => value is S): BuiltinIterator<S>;
  filter(fn: (value: T, index: number) => unknown): BuiltinIterator<T>;
  take(limit: number): BuiltinIterator<T>;
  drop(count: number): BuiltinIterator<T>;
  flatMap<U>(fn: (value: T, index: number) => Iterator<U> | Iterable<U>): BuiltinIterator<U>;
  reduce(fn: (sum: T, value: T, index: number) => T): T;
  reduce<U>(fn: (sum: U, value: T, index: number) => U, initial: U): U;
  toArray(): T[];
  forEach(fn: (value: T, index: number) => void): void;
  some(fn: (value: T, index: number) => unknown): boolean;
  every(fn: (value: T, index: number) => unknown): boolean;
  find<S extends T>(fn: (value: T, index: number) => value is S): S | undefined;
  find(fn: (value: T, index: number) => unknown): T | undefined;
}
interface BuiltinIterator<T> extends IterableIterator<T>, IteratorHelpers<T> {}
interface Generator<T, TReturn, TNext> extends IteratorHelpers<T> {}
interface IteratorConstructor { from<T>(value: Iterator<T> | Iterable<T>): BuiltinIterator<T>; }
declare var Iterator: IteratorConstructor;
interface Array<T> { keys(): BuiltinIterator<number>; values(): BuiltinIterator<T>; entries(): BuiltinIterator<[number, T]>; }
interface ReadonlyArray<T> { keys(): BuiltinIterator<number>; values(): BuiltinIterator<T>; entries(): BuiltinIterator<[number, T]>; }
interface Set<T> { keys(): BuiltinIterator<T>; values(): BuiltinIterator<T>; entries(): BuiltinIterator<[T, T]>; }
interface Map<K, V> { keys(): BuiltinIterator<K>; values(): BuiltinIterator<V>; entries(): BuiltinIterator<[K, V]>; }
interface ReadonlySet<T> { keys(): BuiltinIterator<T>; values(): BuiltinIterator<T>; entries(): BuiltinIterator<[T, T]>; }
interface ReadonlyMap<K, V> { keys(): BuiltinIterator<K>; values(): BuiltinIterator<V>; entries(): BuiltinIterator<[K, V]>; }
interface String { matchAll(pattern: RegExp): BuiltinIterator<RegExpMatchArray>; }
${typedArrays((_, item) => `keys(): BuiltinIterator<number>; values(): BuiltinIterator<${item}>; entries(): BuiltinIterator<[number, ${item}]>;`)}`, // prettier-ignore
  },
  {
    isPresent: has("ArrayBuffer", "resize", "instances"),
    declarations: `
interface ArrayBuffer { readonly maxByteLength: number; readonly resizable: boolean; resize(byteLength?: number): void; }
interface ArrayBufferConstructor { new (byteLength: number, options?: { maxByteLength?: number }): ArrayBuffer; }`,
  },
  {
    isPresent: has("ArrayBuffer", "transfer", "instances"),
    declarations: `
interface ArrayBuffer {
  readonly detached: boolean;
  transfer(byteLength?: number): ArrayBuffer;
  transferToFixedLength(byteLength?: number): ArrayBuffer;
}`,
  },
  {
    isPresent: has("RegExp", "escape"),
    declarations: `interface RegExpConstructor { escape(text: string): string; }`,
  },
  {
    isPresent: has("Error", "isError"),
    declarations: `interface ErrorConstructor { isError(value: unknown): value is Error; }`,
  },
  {
    isPresent: has("Math", "f16round"),
    declarations: `interface Math { f16round(x: number): number; }`,
  },
  {
    isPresent: has("Math", "sumPrecise"),
    declarations: `interface Math { sumPrecise(numbers: Iterable<number>): number; }`,
  },
  {
    isPresent: has("Map", "getOrInsert", "instances"),
    declarations: `
interface Map<K, V> { getOrInsert(key: K, value: V): V; getOrInsertComputed(key: K, valueOf: (key: K) => V): V; }
interface WeakMap<K extends object, V> { getOrInsert(key: K, value: V): V; getOrInsertComputed(key: K, valueOf: (key: K) => V): V; }`,
  },
  {
    isPresent: has("Uint8Array", "fromBase64"),
    declarations: `
interface Uint8ArrayConstructor { fromBase64(text: string): Uint8Array; fromHex(text: string): Uint8Array; }
interface Uint8Array { toBase64(): string; toHex(): string; }`,
  },
];
