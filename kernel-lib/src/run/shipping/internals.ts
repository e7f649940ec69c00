/** Internal slots of objects, which no property shows: read for shipping, and the object created again from them. */
import { types } from "node:util";
import type { ShipInternals, ShipRef } from "./shipment";

type RefOf = (value: unknown, step: string) => ShipRef;

/** `expected`: own keys that come with the internals. */
export function internalsOf(
  value: object,
  refOf: RefOf,
): { readonly internals: ShipInternals; readonly expected: ReadonlySet<PropertyKey> } {
  const none: ReadonlySet<PropertyKey> = new Set();
  if (types.isMap(value)) {
    const entries = [...(Map.prototype.entries.call(value) as Iterable<[unknown, unknown]>)];
    return {
      internals: {
        kind: "map",
        entries: entries.map(([key, item], at) => [refOf(key, ` key ${at}`), refOf(item, ` entry ${at}`)] as const),
      },
      expected: none,
    };
  }
  if (types.isSet(value)) {
    const items = [...(Set.prototype.values.call(value) as Iterable<unknown>)];
    return { internals: { kind: "set", items: items.map((item, at) => refOf(item, ` item ${at}`)) }, expected: none };
  }
  if (types.isDate(value))
    return { internals: { kind: "date", time: Date.prototype.getTime.call(value) }, expected: none };
  if (types.isRegExp(value))
    return { internals: { kind: "regexp", source: value.source, flags: value.flags }, expected: none };
  if (types.isBoxedPrimitive(value)) {
    const inner = Object.prototype.valueOf.call(value) as { valueOf(): unknown };
    const isText = types.isStringObject(value);
    const keys = isText ? [...Array(String.prototype.valueOf.call(value).length).keys()].map(String) : [];
    return {
      internals: { kind: "boxed", value: refOf(primitiveOf(inner), "") },
      expected: new Set([...keys, "length"]),
    };
  }
  if (types.isNativeError(value)) {
    const stack: unknown = value.stack;
    return {
      internals: { kind: "error", stack: typeof stack === "string" ? stack : "" },
      expected: new Set(["stack"]),
    };
  }
  if (value instanceof URL)
    return { internals: { kind: "url", href: value.href }, expected: new Set(Reflect.ownKeys(value)) };
  if (types.isArrayBuffer(value))
    return { internals: { kind: "buffer", bytes: new Uint8Array(value).slice() }, expected: none };
  if (ArrayBuffer.isView(value)) return internalsOfView(value, refOf);
  if (Array.isArray(value)) return { internals: { kind: "array" }, expected: none };
  return { internals: { kind: "object" }, expected: none };
}

function internalsOfView(view: ArrayBufferView, refOf: RefOf): ReturnType<typeof internalsOf> {
  const type = types.isDataView(view) ? "DataView" : (viewTag?.get?.call(view) as string);
  const length = types.isDataView(view) ? view.byteLength : (view as Uint8Array).length;
  const items = types.isDataView(view) ? [] : [...Array(length).keys()].map(String);
  const internals: ShipInternals = {
    kind: "view",
    type,
    buffer: refOf(view.buffer, ".buffer"),
    byteOffset: view.byteOffset,
    length,
  };
  return { internals, expected: new Set(items) };
}

/** The getter that returns a typed array's real kind. */
const viewTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype) ?? {}, Symbol.toStringTag);

function primitiveOf(value: object): unknown {
  if (types.isNumberObject(value)) return Number.prototype.valueOf.call(value);
  if (types.isStringObject(value)) return String.prototype.valueOf.call(value);
  if (types.isBooleanObject(value)) return Boolean.prototype.valueOf.call(value);
  if (types.isBigIntObject(value)) return BigInt.prototype.valueOf.call(value);
  return Symbol.prototype.valueOf.call(value);
}

type Constructor = new (...args: unknown[]) => object;

/** The object, with the default prototype. The content of Maps and Sets is added when all objects exist. */
export function createWithInternals(internals: ShipInternals, valueOf: (ref: ShipRef) => unknown): object {
  switch (internals.kind) {
    case "object":
      return {};
    case "array":
      return [];
    case "map":
      return new Map();
    case "set":
      return new Set();
    case "date":
      return new Date(internals.time);
    case "regexp":
      return new RegExp(internals.source, internals.flags);
    case "boxed":
      return Object(valueOf(internals.value)) as object;
    case "error": {
      const error = new Error();
      Reflect.deleteProperty(error, "message");
      Object.defineProperty(error, "stack", {
        value: internals.stack,
        writable: true,
        configurable: true,
        enumerable: false,
      });
      return error;
    }
    case "url":
      return new URL(internals.href);
    case "buffer":
      return new Uint8Array(internals.bytes).buffer;
    case "view": {
      const View = Reflect.get(globalThis, internals.type) as Constructor;
      return new View(valueOf(internals.buffer), internals.byteOffset, internals.length);
    }
  }
}
