/** Puts back on a decoded value what V8's serialization does not carry: the other half of `fidelity.ts`. Used by the v8 codec. */
import type { FidelityNote } from "./fidelity";

/** The value of a decoded `[value, amendments]`, amended. Throws TypeError where the pair does not have that form. */
export function restoreFidelity(decoded: unknown): unknown {
  if (!Array.isArray(decoded) || decoded.length !== 2 || !Array.isArray(decoded[1]))
    throw new TypeError("not a value with amendments");
  const [value, amendments] = decoded as readonly unknown[];
  for (const amendment of amendments as readonly unknown[]) apply(asAmendment(amendment));
  return value;
}

function asAmendment(data: unknown): FidelityNote {
  if (!isObject(data) || !("target" in data) || !isObject(data.target)) throw new TypeError("not an amendment");
  return data as FidelityNote;
}

function apply({ target, nullPrototype, lastIndex, errorClass, shown, hidden }: FidelityNote): void {
  if (nullPrototype === true) Object.setPrototypeOf(target, null);
  if (lastIndex !== undefined && target instanceof RegExp) target.lastIndex = lastIndex;
  const prototype = errorClass === undefined ? undefined : errorPrototypes.get(errorClass);
  if (prototype) Object.setPrototypeOf(target, prototype);
  defineAll(target, shown, true);
  defineAll(target, hidden, false);
}

function defineAll(target: object, values: FidelityNote["shown"], enumerable: boolean): void {
  for (const [key, value] of Object.entries(values ?? {})) {
    Object.defineProperty(target, key, { value, enumerable, writable: true, configurable: true });
  }
}

function isObject(data: unknown): data is object {
  return typeof data === "object" && data !== null;
}

const errorPrototypes: ReadonlyMap<string, object> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map((type) => [
    type.name,
    type.prototype,
  ]),
);
