/** Conversion of any value to JSON, for programs in other languages. What JSON cannot represent gets the nearest form. */
import { types } from "node:util";
import { escapedJson } from "../../protocol";
import { secrets } from "../../secrets/secret-texts";

/** A document as it is printed: control characters that JSON allows are escaped, too. */
export function jsonDocument(document: object, indent: number | undefined = 2): string {
  return `${escapedJson(JSON.stringify(secrets.maskData(document), null, indent))}\n`;
}

/** Dates as ISO text, bigints as text, Map as pairs, Set and typed arrays as lists; NaN and infinities as null. Throws for cycles. */
export function toJsonText(value: unknown): string {
  return escapedJson(JSON.stringify(plain(value, new Set()), null, 2) ?? "null");
}

function plain(value: unknown, above: ReadonlySet<object>): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (above.has(value)) throw new TypeError("it contains itself");
  const within = new Set(above).add(value);
  const each = (items: Iterable<unknown>): unknown[] => Array.from(items, (item) => plain(item, within) ?? null);
  if (value instanceof Date || typeof (value as { toJSON?: unknown }).toJSON === "function") return value;
  if (value instanceof Map) return each(value.entries());
  if (Array.isArray(value) || value instanceof Set) return each(value);
  if (types.isTypedArray(value)) return each(value as Iterable<unknown>);
  if (value instanceof Error) return { name: value.name, message: value.message };
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field, within)]));
}
