/** The codecs that are known by name, for stages whose results other programs read too: JSON, text, bytes, Arrow tables. */
import { digestValue } from "../../key/values/canonical";
import type { CodecName } from "../../stage/stage-options";
import { arrowCodec as arrow } from "./arrow-table";
import type { Codec } from "./codec";
import { notStorable, whatOf, type NamedCodec } from "./named-codec";
import { tableCodecs } from "./v8-codec";

/** Only values that JSON preserves. Throws `not-storable` with the path of anything else. */
const json: NamedCodec = {
  name: "json",
  encode: (value) => {
    checkJson(value, "value", new Set());
    return Buffer.from(JSON.stringify(value));
  },
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown,
  digest: (value) => digestValue(value),
};

/** A string as UTF-8. */
const text: NamedCodec = {
  name: "text",
  encode: (value) => {
    if (typeof value !== "string") throw notStorable("value", whatOf(value), "strings");
    const bytes = Buffer.from(value);
    if (bytes.toString("utf8") !== value) throw notStorable("value", "a string with a lone surrogate", "strings");
    return bytes;
  },
  decode: (bytes) => Buffer.from(bytes).toString("utf8"),
  digest: (value) => digestValue(value),
};

/** A Uint8Array or Buffer, unchanged. */
const bytes: NamedCodec = {
  name: "bytes",
  encode: (value) => {
    if (!(value instanceof Uint8Array)) throw notStorable("value", whatOf(value), "a Uint8Array");
    return value;
  },
  decode: (stored) => new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  sharesMemory: true,
  digest: (value) => digestValue(new Uint8Array((value as Uint8Array).buffer, (value as Uint8Array).byteOffset, (value as Uint8Array).byteLength)), // prettier-ignore
};

const namedCodecs: { readonly [name in CodecName]: NamedCodec } = { json, text, bytes, arrow };

/** The codec that wrote a value, if it is a built-in one with a name. */
export function codecNamed(name: string): Codec | undefined {
  return Object.hasOwn(namedCodecs, name)
    ? namedCodecs[name as CodecName]
    : Object.values(tableCodecs.byKind).find((codec) => codec.name === name);
}

/** A built-in codec by its name; any other codec unchanged. */
export function findCodec(codec: Codec | CodecName): Codec {
  return typeof codec === "string" ? namedCodecs[codec] : codec;
}

/** The codec as a built-in one, which digests values itself; undefined for a user's. */
export function builtIn(codec: Codec): NamedCodec | undefined {
  return [...Object.values(namedCodecs), ...Object.values(tableCodecs.byKind)].find((named) => named === codec);
}

function checkJson(value: unknown, at: string, above: Set<object>): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return;
  if (typeof value !== "object") throw notStorable(at, whatOf(value), "JSON data");
  if (above.has(value)) throw notStorable(at, "a circular reference", "JSON data");
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) throw notStorable(at, whatOf(value), "JSON data");
  if (Object.hasOwn(value, "toJSON")) throw notStorable(at, "an object with its own toJSON method", "JSON data");
  above.add(value);
  if (Array.isArray(value))
    for (let index = 0; index < value.length; index++) checkJson(value[index], `${at}[${index}]`, above);
  else
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === "symbol" || key === "__proto__") throw notStorable(at, `an object with the key ${String(key)}`, "JSON data"); // prettier-ignore
      checkJson((value as Record<string, unknown>)[key], `${at}.${key}`, above);
    }
  above.delete(value);
}
