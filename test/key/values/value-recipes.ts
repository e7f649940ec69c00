/**
 * Recipes for values of every kind, with shared references and cycles: one recipe can be cooked twice into equal values that share
 * nothing, with properties added in another order. For the property tests of digests and codecs.
 */
import fc from "fast-check";

/** A primitive is itself; `ref` is the n-th object cooked before (or being cooked: a cycle), modulo their number. */
export type Recipe =
  | { readonly kind: "primitive"; readonly value: unknown }
  | { readonly kind: "ref"; readonly to: number }
  | { readonly kind: "object"; readonly bare: boolean; readonly properties: readonly (readonly [string, Recipe])[] }
  | {
      readonly kind: "array";
      readonly items: readonly (Recipe | null)[];
      readonly extra: readonly (readonly [string, Recipe])[];
    }
  | { readonly kind: "map"; readonly pairs: readonly (readonly [Recipe, Recipe])[] }
  | { readonly kind: "set"; readonly items: readonly Recipe[] }
  | { readonly kind: "date"; readonly at: number }
  | { readonly kind: "regexp"; readonly source: string; readonly flags: string; readonly lastIndex: number }
  | { readonly kind: "bytes"; readonly as: (typeof VIEWS)[number]; readonly bytes: readonly number[] }
  | {
      readonly kind: "error";
      readonly as: (typeof ERRORS)[number];
      readonly message: string;
      readonly cause: Recipe | null;
      readonly code: string | null;
    }
  | { readonly kind: "boxed"; readonly value: number | string | boolean | bigint };

const VIEWS = [
  ...([Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array] as const),
  ...([Float32Array, Float64Array, BigInt64Array, BigUint64Array, DataView, ArrayBuffer, Buffer] as const),
] as const;
const ERRORS = [Error, TypeError, RangeError, SyntaxError, EvalError, URIError, ReferenceError] as const;

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.array(fc.integer({ min: 0xd800, max: 0xdfff }), { maxLength: 3 }).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 40, maxLength: 60 }),
);
const primitive = fc.oneof(
  fc.constantFrom<unknown>(
    0,
    -0,
    NaN,
    1,
    "1",
    "",
    "0",
    1n,
    0n,
    true,
    false,
    null,
    undefined,
    Infinity,
    2 ** 53,
    "null",
    "NaN",
  ),
  fc.double(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
  text,
);
const key = fc.oneof(fc.constantFrom("a", "b", "c", "0", "10", "__proto__", "length", "constructor", "é", ""), text);

/** Recipes of small trees; deep ones have tests of their own. */
export const recipe: fc.Arbitrary<Recipe> = fc.letrec<{ node: Recipe; leaf: Recipe }>((tie) => {
  const properties = fc.uniqueArray(fc.tuple(key, tie("node")), { maxLength: 4, selector: ([name]) => name });
  return {
    leaf: fc.oneof(
      { weight: 6, arbitrary: primitive.map((value): Recipe => ({ kind: "primitive", value })) },
      { weight: 1, arbitrary: fc.oneof(fc.integer(), fc.constant(NaN)).map((at): Recipe => ({ kind: "date", at })) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("regexp" as const),
          source: fc.constantFrom("a", "b+", "\\/", "(?<n>x)"),
          flags: fc.constantFrom("", "g", "gi", "y", "u"),
          lastIndex: fc.constantFrom(0, 0, 2),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant("bytes" as const),
          as: fc.constantFrom(...VIEWS),
          bytes: fc
            .array(fc.integer({ min: 0, max: 255 }), { minLength: 0, maxLength: 3 })
            .map((few) => few.flatMap((byte) => [byte, 0, 0, 0, 0, 0, 0, 1])),
        }),
      },
      {
        weight: 1,
        arbitrary: fc
          .oneof(fc.double(), text, fc.boolean(), fc.bigInt())
          .map((value): Recipe => ({ kind: "boxed", value })),
      },
      { weight: 1, arbitrary: fc.nat(5).map((to): Recipe => ({ kind: "ref", to })) },
    ),
    node: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.record({ kind: fc.constant("object" as const), bare: fc.boolean(), properties }),
      fc.record({
        kind: fc.constant("array" as const),
        items: fc.array(fc.option(tie("node"), { freq: 6 }), { maxLength: 4 }),
        extra: fc.oneof(
          { weight: 5, arbitrary: fc.constant([]) },
          { weight: 1, arbitrary: fc.tuple(fc.constantFrom("index", "groups"), tie("node")).map((pair) => [pair]) },
        ),
      }),
      fc.record({
        kind: fc.constant("map" as const),
        pairs: fc.array(fc.tuple(tie("node"), tie("node")), { maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant("set" as const), items: fc.array(tie("node"), { maxLength: 3 }) }),
      fc.record({
        kind: fc.constant("error" as const),
        as: fc.constantFrom(...ERRORS),
        message: text,
        cause: fc.option(tie("node"), { freq: 2 }),
        code: fc.option(fc.constantFrom("E1", "E2"), { freq: 2 }),
      }),
    ),
  };
}).node;

/** The value of a recipe. `turned`: properties of objects are added last first. */
export function cook(recipe: Recipe, turned = false): unknown {
  return new Kitchen(turned).cook(recipe);
}

/** All recipes that differ from this one in one leaf or one position; empty for some. */
export function changes(recipe: Recipe): readonly Recipe[] {
  switch (recipe.kind) {
    case "primitive":
      return [
        { kind: "primitive", value: recipe.value === 0 && !Object.is(recipe.value, -0) ? -0 : 0 },
        { kind: "primitive", value: undefined },
      ];
    case "object":
      return [
        { ...recipe, bare: !recipe.bare },
        ...recipe.properties.map((_, at) => ({
          ...recipe,
          properties: recipe.properties.filter((_p, other) => other !== at),
        })),
        ...recipe.properties.flatMap(([name, value], at) =>
          changes(value).map((changed) => ({
            ...recipe,
            properties: replaced(recipe.properties, at, [name, changed]),
          })),
        ),
      ];
    case "array":
      return [
        { ...recipe, items: [...recipe.items, null] },
        { ...recipe, items: [...recipe.items].reverse() },
        ...recipe.items.flatMap((item, at) =>
          (item ? changes(item) : [{ kind: "primitive", value: undefined } as const]).map((changed) => ({
            ...recipe,
            items: replaced(recipe.items, at, changed),
          })),
        ),
      ];
    case "map":
      return [
        { ...recipe, pairs: [...recipe.pairs].reverse() },
        ...recipe.pairs.flatMap(([k, v], at) =>
          changes(v).map((changed) => ({ ...recipe, pairs: replaced(recipe.pairs, at, [k, changed]) })),
        ),
      ];
    case "set":
      return [{ ...recipe, items: [...recipe.items].reverse() }];
    case "date":
      return [
        { ...recipe, at: Number.isNaN(recipe.at) ? 0 : recipe.at + 1 },
        { kind: "primitive", value: recipe.at },
      ];
    case "regexp":
      return [{ ...recipe, lastIndex: recipe.lastIndex + 1 }];
    case "bytes":
      return [
        { ...recipe, as: recipe.as === Int8Array ? Uint8Array : Int8Array },
        ...recipe.bytes.map((byte, at) => ({ ...recipe, bytes: replaced(recipe.bytes, at, 255 - byte) })),
      ];
    case "error":
      return [
        { ...recipe, message: `${recipe.message}!` },
        { ...recipe, code: recipe.code === null ? "E1" : null },
      ];
    case "boxed":
      return [{ kind: "primitive", value: recipe.value }];
    case "ref":
      return [{ kind: "primitive", value: null }];
  }
}

function replaced<T>(list: readonly T[], at: number, item: T): readonly T[] {
  return list.map((before, place) => (place === at ? item : before));
}

class Kitchen {
  private readonly cooked: object[] = [];

  constructor(private readonly turned: boolean) {}

  cook(recipe: Recipe): unknown {
    switch (recipe.kind) {
      case "primitive":
        return recipe.value;
      case "ref":
        return this.cooked.length === 0 ? "nothing yet" : this.cooked[recipe.to % this.cooked.length];
      case "object":
        return this.define(this.keep(recipe.bare ? (Object.create(null) as object) : {}), recipe.properties);
      case "array": {
        const array = this.keep(new Array<unknown>(recipe.items.length));
        recipe.items.forEach((item, at) => {
          if (item) array[at] = this.cook(item);
        });
        return this.define(array, recipe.extra);
      }
      case "map": {
        const map = this.keep(new Map<unknown, unknown>());
        for (const [k, v] of recipe.pairs) map.set(this.cook(k), this.cook(v));
        return map;
      }
      case "set": {
        const set = this.keep(new Set<unknown>());
        for (const item of recipe.items) set.add(this.cook(item));
        return set;
      }
      case "date":
        return this.keep(new Date(recipe.at));
      case "regexp":
        return this.keep(Object.assign(new RegExp(recipe.source, recipe.flags), { lastIndex: recipe.lastIndex }));
      case "bytes":
        return this.keep(viewOf(recipe.as, Uint8Array.from(recipe.bytes).buffer));
      case "error":
        return this.cookError(recipe);
      case "boxed":
        return this.keep(Object(recipe.value) as object);
    }
  }

  private cookError({ as, message, cause, code }: Recipe & { readonly kind: "error" }): object {
    const error = this.keep(new as(message));
    if (cause)
      Object.defineProperty(error, "cause", {
        value: this.cook(cause),
        enumerable: false,
        writable: true,
        configurable: true,
      });
    return code === null ? error : Object.assign(error, { code });
  }

  private keep<T extends object>(object: T): T {
    this.cooked.push(object);
    return object;
  }

  private define(object: object, properties: readonly (readonly [string, Recipe])[]): object {
    const cooked = properties.map(([name, value]) => [name, this.cook(value)] as const);
    for (const [name, value] of this.turned ? cooked.reverse() : cooked) {
      Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
    }
    return object;
  }
}

function viewOf(as: (typeof VIEWS)[number], memory: ArrayBuffer): object {
  if (as === ArrayBuffer) return memory;
  if (as === Buffer) return Buffer.from(memory);
  return new (as as new (memory: ArrayBuffer) => object)(memory);
}
