/** The codecs that are known by name, for stages whose results other programs read too: JSON, text, bytes, Arrow tables. */
import { createRequire } from "node:module";
import path from "node:path";
import { digestValue } from "../../key/values/canonical";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { StageOptions } from "../../stage/public/options";
import type { Codec } from "./codec";

/** A codec that digests the value itself and not the encoded bytes. */
export interface NamedCodec extends Codec {
  digest(value: unknown): Digest;
}

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
  digest: (value) => digestValue(new Uint8Array((value as Uint8Array).buffer, (value as Uint8Array).byteOffset, (value as Uint8Array).byteLength)), // prettier-ignore
};

/** An apache-arrow table as an IPC file (or stream), which DuckDB, pandas and others read. */
const arrow: NamedCodec = {
  name: "arrow",
  encode: (value) => {
    const library = loadArrow();
    const table = asTable(value, library);
    try {
      return library.tableToIPC(table, "file");
    } catch {
      // A file cannot hold dictionaries that change between batches; a stream can, and is read in the same way.
      return library.tableToIPC(table, "stream");
    }
  },
  decode: (stored) => loadArrow().tableFromIPC(stored),
  digest: (value) => {
    const table = asTable(value, loadArrow());
    const columns = table.schema.fields.map((field, at) => {
      const column = table.getChildAt(at);
      return [aboutField(field), column ? Array.from(column, plain) : []];
    });
    return digestValue([aboutMetadata(table.schema), columns]);
  },
};

/** The name of a built-in codec, as the option `codec` of a stage takes it. */
export type CodecName = Extract<StageOptions["codec"], string>;

const namedCodecs: { readonly [name in CodecName]: NamedCodec } = { json, text, bytes, arrow };

/** The built-in codec with that name, if any. */
export function codecNamed(name: string): CodecName | undefined {
  return Object.hasOwn(namedCodecs, name) ? (name as CodecName) : undefined;
}

/** A built-in codec by its name; any other codec unchanged. */
export function findCodec(codec: Codec | CodecName): Codec {
  return typeof codec === "string" ? namedCodecs[codec] : codec;
}

/** The digest of a value under a codec that digests values itself. */
export function digestUnder(codec: Codec, value: unknown): Digest | undefined {
  return Object.values(namedCodecs)
    .find((named) => named === codec)
    ?.digest(value);
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

/** Units, geometry columns, categories of pandas: what the metadata of a schema and of a field say about the values. */
interface WithMetadata {
  readonly metadata?: ReadonlyMap<string, string>;
}

interface Field extends WithMetadata {
  readonly name: string;
  /** Lists, structs and maps have fields of their own. */
  readonly type: { readonly children?: readonly Field[] | null; toString(): string };
  readonly nullable: boolean;
}

const aboutMetadata = ({ metadata }: WithMetadata): readonly (readonly [string, string])[] => [...(metadata ?? [])];

const aboutField = (field: Field): readonly unknown[] => [
  field.name,
  field.type.toString(),
  field.nullable,
  aboutMetadata(field),
  (field.type.children ?? []).map(aboutField),
];

interface Table {
  readonly schema: WithMetadata & { readonly fields: readonly Field[] };
  getChildAt(at: number): Iterable<unknown> | null;
}

interface Arrow {
  readonly Table: abstract new () => Table;
  tableToIPC(table: Table, type: "file" | "stream"): Uint8Array;
  tableFromIPC(bytes: Uint8Array): Table;
}

/** Loaded from the working folder: a second copy of the package would not recognize the user's tables. */
function loadArrow(): Arrow {
  try {
    return createRequire(path.join(process.cwd(), "package.json"))("apache-arrow") as Arrow;
  } catch (cause) {
    throw new StagebookError(
      "codec-arrow",
      "the codec `arrow` needs the package apache-arrow, which is not installed",
      "Install it: npm install apache-arrow.",
      { cause },
    );
  }
}

function asTable(value: unknown, { Table }: Arrow): Table {
  if (value instanceof Table) return value;
  const isOther = typeof value === "object" && value !== null && "schema" in value && "getChildAt" in value;
  throw notStorable(
    "value",
    isOther ? "a table of another copy of apache-arrow" : whatOf(value),
    "apache-arrow tables",
  );
}

/** The plain values of rows and vectors inside a column. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (Symbol.iterator in value && !("toJSON" in value)) return Array.from(value as Iterable<unknown>, plain);
  const toJson = (value as { toJSON?: () => unknown }).toJSON;
  return typeof toJson === "function" ? toJson.call(value) : value;
}

function notStorable(at: string, what: string, supported: string): StagebookError {
  return new StagebookError(
    "not-storable",
    `\`${at}\` is ${what}, but the codec of the stage supports only ${supported}`,
    "Return a supported value, or use another codec (without the option `codec` any plain data can be stored).",
  );
}

function whatOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`; // prettier-ignore
  const className = typeof value === "object" ? (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name : undefined; // prettier-ignore
  return className ? `a ${className}` : `a ${typeof value}`;
}
