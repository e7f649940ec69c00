/**
 * What objects of built-in classes hold in no property, for classes whose state their own methods tell: those of the web platform and of
 * `Intl`. An object with other state (the body of a response, the bytes of a Blob, who listens to a signal) has none here.
 */

/** The state of an object by the name of its built-in prototype; undefined when it has none that can be compared. */
export function builtInState(value: object, prototype: object, name: string): { readonly value: unknown } | undefined {
  const read = readers[name] ?? (/^Intl\.\w+\.prototype$/.test(name) ? options : undefined);
  if (!read) return undefined;
  try {
    const state = read(value, new Methods(prototype));
    return state === undefined ? undefined : { value: state };
  } catch {
    // An object that only has the prototype: the methods of the class refuse it.
    return undefined;
  }
}

/** The methods and getters of the class, never those of the object itself. */
class Methods {
  constructor(private readonly prototype: object) {}

  call(value: object, name: string): unknown {
    const method: unknown = Object.getOwnPropertyDescriptor(this.prototype, name)?.value;
    if (typeof method !== "function") throw new TypeError(`no method ${name}`);
    return Reflect.apply(method, value, []) as unknown;
  }

  get(value: object, name: string): unknown {
    const property = Object.getOwnPropertyDescriptor(this.prototype, name);
    const getter: unknown = property && Reflect.get(property, "get");
    if (typeof getter !== "function") throw new TypeError(`no property ${name}`);
    return Reflect.apply(getter, value, []) as unknown;
  }
}

type Reader = (value: object, methods: Methods) => unknown;

const entries: Reader = (value, methods) => [...(methods.call(value, "entries") as Iterable<readonly unknown[]>)];

const properties =
  (...names: readonly string[]): Reader =>
  (value, methods) =>
    names.map((name) => methods.get(value, name));

const options: Reader = (value, methods) => methods.call(value, "resolvedOptions");

/** A body is read once, by whoever comes first. */
const withoutBody =
  (read: Reader): Reader =>
  (value, methods) =>
    methods.get(value, "body") === null ? read(value, methods) : undefined;

const readers: { readonly [prototype: string]: Reader | undefined } = {
  "Headers.prototype": entries,
  "URLSearchParams.prototype": entries,
  "FormData.prototype": (value, methods) => {
    const fields = entries(value, methods) as readonly (readonly unknown[])[];
    return fields.every(([, field]) => typeof field === "string") ? fields : undefined;
  },
  "TextDecoder.prototype": properties("encoding", "fatal", "ignoreBOM"),
  "TextEncoder.prototype": properties("encoding"),
  "Request.prototype": withoutBody(
    properties(
      ...["method", "url", "headers", "mode", "credentials", "cache", "redirect", "referrer", "referrerPolicy"],
      ...["integrity", "keepalive"],
    ),
  ),
  "Response.prototype": withoutBody(properties("type", "url", "status", "statusText", "headers", "redirected")),
  "Intl.Locale.prototype": (value, methods) => methods.call(value, "toString"),
};
