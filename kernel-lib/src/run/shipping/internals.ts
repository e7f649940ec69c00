/** What an object holds in no property, taken out for a thread, and the object made of it there. */
import { types } from "node:util";
import type { ShipInternals, ShipRef } from "./shipment";

type RefOf = (value: unknown, step: string) => ShipRef;

/** `expected`: own keys that come with what is held. */
export function internalsOf(
  value: object,
  refOf: RefOf,
): { readonly held: ShipInternals; readonly expected: ReadonlySet<PropertyKey> } {
  const none: ReadonlySet<PropertyKey> = new Set();
  if (types.isMap(value)) {
    const entries = [...(Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>)];
    return {
      held: {
        kind: "map",
        entries: entries.map(([key, item], at) => [refOf(key, ` key ${at}`), refOf(item, ` entry ${at}`)] as const),
      },
      expected: none,
    };
  }
  if (types.isSet(value)) {
    const items = [...(Set.prototype.values.call(value) as Iterable<unknown>)];
    return { held: { kind: "set", items: items.map((item, at) => refOf(item, ` item ${at}`)) }, expected: none };
  }
  if (types.isDate(value)) return { held: { kind: "date", time: Date.prototype.getTime.call(value) }, expected: none };
  if (types.isRegExp(value))
    return { held: { kind: "regexp", source: value.source, flags: value.flags }, expected: none };
  if (types.isBoxedPrimitive(value)) {
    const inner = Object.prototype.valueOf.call(value) as { valueOf(): unknown };
    const isText = types.isStringObject(value);
    const keys = isText ? [...Array(String.prototype.valueOf.call(value).length).keys()].map(String) : [];
    return { held: { kind: "boxed", value: refOf(primitiveOf(inner), "") }, expected: new Set([...keys, "length"]) };
  }
  if (types.isNativeError(value)) {
    const stack: unknown = value.stack;
    return { held: { kind: "error", stack: typeof stack === "string" ? stack : "" }, expected: new Set(["stack"]) };
  }
  if (value instanceof URL)
    return { held: { kind: "url", href: value.href }, expected: new Set(Reflect.ownKeys(value)) };
  if (types.isArrayBuffer(value))
    return { held: { kind: "buffer", bytes: new Uint8Array(value).slice() }, expected: none };
  if (ArrayBuffer.isView(value)) return heldByView(value, refOf);
  if (Array.isArray(value)) return { held: { kind: "array" }, expected: none };
  return { held: { kind: "object" }, expected: none };
}

function heldByView(view: ArrayBufferView, refOf: RefOf): ReturnType<typeof internalsOf> {
  const type = types.isDataView(view) ? "DataView" : (viewTag?.get?.call(view) as string);
  const length = types.isDataView(view) ? view.byteLength : (view as Uint8Array).length;
  const items = types.isDataView(view) ? [] : [...Array(length).keys()].map(String);
  const held: ShipInternals = {
    kind: "view",
    type,
    buffer: refOf(view.buffer, ".buffer"),
    byteOffset: view.byteOffset,
    length,
  };
  return { held, expected: new Set(items) };
}

/** Its getter knows a typed array's real kind. */
const viewTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype) ?? {}, Symbol.toStringTag);

function primitiveOf(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

type Constructor = new (...args: unknown[]) => object;

/** The object, with the prototype of its kind and without what Maps and Sets hold: that comes when all objects are there. */
export function createWithInternals(held: ShipInternals, valueOf: (ref: ShipRef) => unknown): object {
  switch (held.kind) {
    case "object":
      return {};
    case "array":
      return [];
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "date":
      return new Date(held.time);
    case "regexp":
      return new RegExp(held.source, held.flags);
    case "boxed":
      return Object(valueOf(held.value)) as object;
    case "error": {
      const error = new Error();
      Reflect.deleteProperty(error, "message");
      Object.defineProperty(error, "stack", {
        value: held.stack,
        writable: true,
        configurable: true,
        enumerable: false,
      });
      return error;
    }
    case "url":
      return new URL(held.href);
    case "buffer":
      return new Uint8Array(held.bytes).buffer;
    case "view": {
      const View = Reflect.get(globalThis, held.type) as Constructor;
      return new View(valueOf(held.buffer), held.byteOffset, held.length);
    }
  }
}
