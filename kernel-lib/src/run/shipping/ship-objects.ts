/** Objects as nodes of a shipment: plain data as it is, other objects with their internals, properties and prototype. */
import { types } from "node:util";
import { contentOf } from "../../key/values/content";
import { findBase, isObject, constructorOf, constructorsOf, ownValue } from "../../key/values/own-members";
import type { AnyFunction } from "../../key/scopes";
import { classOf, whatIs } from "../../key/values/value-kind";
import { isStagebookError } from "../../protocol";
import { checkStorable } from "../../store/codecs/fidelity";
import { readClassSource } from "./class-source";
import { internalsOf } from "./internals";
import { refusalOf, sourceOf, stepTo, type Packing } from "./packing";
import type { ShipNode, ShipOwn, ShipProperty, ShipRef } from "./shipment";

const NODE_ADVICE = "Create it inside the stage's function, in the thread.";

/** The properties of every function. */
export const ownKeysOfFunctions: ReadonlySet<PropertyKey> = new Set([
  "length",
  "name",
  "prototype",
  "arguments",
  "caller",
]);
const withoutName: ReadonlySet<PropertyKey> = new Set([...ownKeysOfFunctions].filter((key) => key !== "name"));

export function objectRef(packing: Packing, value: object, path: string): ShipRef {
  if (!packing.packsPlainData && isPlain(value)) return packing.add(value, { kind: "plain", value });
  const refusal = refusalOf(value);
  if (refusal) return packing.refuse(path, ...refusal);
  if (!classOf(value)) {
    const content = contentOf(value, (prototype) => packing.scopes.builtinName(prototype));
    if ((!content || content.isTold) && !(value instanceof URL))
      return packing.refuse(path, whatIs(value), NODE_ADVICE);
    checkMakers(packing, value, path);
  }
  return packing.addLater(value, () => {
    const { internals, expected } = internalsOf(value, (inner, step) => packing.refOf(inner, `${path}${step}`));
    const prototype = prototypeRef(packing, Object.getPrototypeOf(value), path);
    return { kind: "object", internals, own: { ...ownOf(packing, value, path, expected), prototype } };
  });
}

/** Own properties besides the expected ones, and whether more may be added. */
export function ownOf(packing: Packing, object: object, path: string, expected: ReadonlySet<PropertyKey>): ShipOwn {
  const properties = Reflect.ownKeys(object)
    .filter((key) => !expected.has(key))
    .map((key) => propertyOf(packing, object, key, path));
  const state = stateOf(object);
  return { properties, ...(state === undefined ? {} : { state }) };
}

/** The keys that every function has; a static member called `name` is not one of them. */
export function defaultKeysOf(fn: AnyFunction): ReadonlySet<PropertyKey> {
  return typeof ownValue(fn, "name") === "string" ? ownKeysOfFunctions : withoutName;
}

/** What a function that is not a class has besides its code. */
export function functionOwn(packing: Packing, fn: AnyFunction, path: string): ShipOwn {
  const own = ownOf(packing, fn, path, defaultKeysOf(fn));
  const base = findBase(fn);
  const isUsual = !base || packing.scopes.builtinName(base) !== undefined || functionKinds.has(base);
  const prototype = ownValue(fn, "prototype");
  const replaced: readonly ShipProperty[] =
    isObject(prototype) && !isOwnPrototype(fn, prototype)
      ? [
          {
            key: ["prototype"],
            value: prototypeRef(packing, prototype, `${path}.prototype`),
            isHidden: true,
            isFixed: true,
          },
        ]
      : [];
  return {
    ...own,
    properties: [...own.properties, ...replaced],
    ...(isUsual ? {} : { prototype: packing.refOf(base, `${path}'s base`) }),
  };
}

/** The object that instances inherit from, if it was created with the function. `expected`: keys that come with a class. */
export function reservePrototype(
  packing: Packing,
  fn: AnyFunction,
  { of, path, expected }: { readonly of: number; readonly path: string; readonly expected?: ReadonlySet<PropertyKey> },
): void {
  const prototype = ownValue(fn, "prototype");
  if (!isObject(prototype) || packing.nodeOf(prototype) !== undefined || !isOwnPrototype(fn, prototype)) return;
  packing.addLater(prototype, (): ShipNode => {
    const own = ownOf(packing, prototype, `${path}.prototype`, expected ?? new Set(["constructor"]));
    const above: unknown = Object.getPrototypeOf(prototype);
    const base = expected ? findBase(fn) : undefined;
    const isUsual = above === (base ? ownValue(base, "prototype") : Object.prototype) || isOfGenerator(fn, prototype);
    if (isUsual)
      return own.properties.length > 0 || own.state ? { kind: "prototype", of, own } : { kind: "prototype", of };
    return { kind: "prototype", of, own: { ...own, prototype: prototypeRef(packing, above, `${path}'s base`) } };
  });
}

/** The prototype of an object; null for none. */
function prototypeRef(packing: Packing, prototype: unknown, path: string): ShipRef {
  if (!isObject(prototype)) return [null];
  const seen = packing.nodeOf(prototype);
  if (seen !== undefined) return seen;
  const maker = types.isProxy(prototype) ? undefined : constructorOf(prototype);
  if (!maker || packing.scopes.builtinName(prototype) !== undefined) return packing.refOf(prototype, path);
  const of = packing.refOf(maker, maker.name || path);
  return packing.nodeOf(prototype) ?? packing.add(prototype, { kind: "prototype", of });
}

function propertyOf(packing: Packing, object: object, key: string | symbol, path: string): ShipProperty {
  const property = Object.getOwnPropertyDescriptor(object, key) ?? {};
  const at = stepTo(path, key);
  const flags = {
    key: typeof key === "symbol" ? packing.refOf(key, at) : ([key] as const),
    ...(property.enumerable === true ? {} : { isHidden: true as const }),
    ...(property.configurable === true ? {} : { isFixed: true as const }),
  };
  const { get, set } = property as { readonly get?: unknown; readonly set?: unknown };
  if (get === undefined && set === undefined)
    return {
      ...flags,
      value: packing.refOf(property.value, at),
      ...(property.writable === true ? {} : { isReadOnly: true as const }),
    };
  return {
    ...flags,
    ...(get === undefined ? {} : { get: packing.refOf(get, at) }),
    ...(set === undefined ? {} : { set: packing.refOf(set, at) }),
  };
}

function stateOf(object: object): ShipOwn["state"] {
  if (Object.isExtensible(object)) return undefined;
  return Object.isFrozen(object) ? "frozen" : Object.isSealed(object) ? "sealed" : "closed";
}

/** Refuses objects of Node, and instances with private fields. */
function checkMakers(packing: Packing, value: object, path: string): void {
  for (const maker of constructorsOf(value)) {
    if (packing.scopes.builtinName(maker) !== undefined) continue;
    if (packing.scopes.inspect(maker).module?.id.startsWith("node:") === true)
      packing.refuse(path, `an object of Node (${maker.name})`, NODE_ADVICE);
    const source = sourceOf(maker);
    const { privateName } = /^class\b/.test(source) && source.includes("#") ? readClassSource(source) : {};
    if (privateName !== undefined)
      packing.refuse(
        path,
        `an instance of ${maker.name} with the private field ${privateName}`,
        "Create it inside the stage's function, or pass the values that it is created from.",
      );
  }
}

function isPlain(value: object): boolean {
  try {
    checkStorable(value);
    return true;
  } catch (error) {
    if (isStagebookError(error)) return false;
    throw error;
  }
}

/** The prototypes of generators and async functions. */
const functionKinds: ReadonlySet<unknown> = new Set(
  [function* () {}, async function* () {}, async () => undefined].map((fn) => Object.getPrototypeOf(fn) as unknown),
);

/** The prototype that was created with the function. */
function isOwnPrototype(fn: AnyFunction, prototype: object): boolean {
  return ownValue(prototype, "constructor") === fn || isOfGenerator(fn, prototype);
}

/** A generator function has a prototype without a constructor. */
function isOfGenerator(fn: AnyFunction, prototype: object): boolean {
  return (
    types.isGeneratorFunction(fn) &&
    !Object.hasOwn(prototype, "constructor") &&
    ownValue(Object.getPrototypeOf(fn) as object, "prototype") === Object.getPrototypeOf(prototype)
  );
}
