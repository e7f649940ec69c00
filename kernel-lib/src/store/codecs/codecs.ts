/** Codecs by name, for stages whose results other programs read too: JSON, text, bytes, Arrow tables. */
import { createRequire } from "node:module";
import path from "node:path";
import { digestValue } from "../../key/values/canonical";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Codec } from "./codec";

/** A codec that knows the identity of a value apart from the bytes that it makes. */
export interface NamedCodec extends Codec {
  digest(value: unknown): Digest;
}

/** What JSON gives back as it was, and nothing else. Throws `not-storable` with the path of anything else. */
const json: NamedCodec = {
  name: "json",
  encode: (value) => {
    checkJson(value, "value", new Set());
    return Buffer.from(JSON.stringify(value));
  },
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString("utf8")) as unknown,
  digest: (value) => digestValue(value),
};

/** A text as UTF-8. */
const text: NamedCodec = {
  name: "text",
  encode: (value) => {
    if (typeof value !== "string") throw refused("value", whatOf(value), "a text");
    const bytes = Buffer.from(value);
    if (bytes.toString("utf8") !== value) throw refused("value", "a text with half of a character pair", "a text");
    return bytes;
  },
  decode: (bytes) => Buffer.from(bytes).toString("utf8"),
  digest: (value) => digestValue(value),
};

/** A Uint8Array or Buffer as it is. */
const bytes: NamedCodec = {
  name: "bytes",
  encode: (value) => {
    if (!(value instanceof Uint8Array)) throw refused("value", whatOf(value), "a Uint8Array");
    return value;
  },
  decode: (stored) => new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength),
  digest: (value) => digestValue(new Uint8Array((value as Uint8Array).buffer, (value as Uint8Array).byteOffset, (value as Uint8Array).byteLength)), // prettier-ignore
};

/** A table of apache-arrow as an IPC file (or stream), which DuckDB, pandas and others read. */
const arrow: NamedCodec = {
  name: "arrow",
  encode: (value) => {
    const library = loadArrow();
    const table = asTable(value, library);
    try {
      return library.tableToIPC(table, "file");
    } catch {
      // A file cannot hold dictionaries that change on the way; a stream can, and is read alike.
      return library.tableToIPC(table, "stream");
    }
  },
  decode: (stored) => loadArrow().tableFromIPC(stored),
  digest: (value) => {
    const table = asTable(value, loadArrow());
    const columns = table.schema.fields.map((field, at) => {
      const column = table.getChildAt(at);
      return [field.name, String(field.type), field.nullable, column ? Array.from(column, plain) : []];
    });
    return digestValue(columns);
  },
};

export const namedCodecs = { json, text, bytes, arrow } as const;

/** The name of a codec that Stagebook has. */
export type CodecName = keyof typeof namedCodecs;

/** Whether a stored result was made with one of these. */
export function codecNamed(name: string): CodecName | undefined {
  return Object.hasOwn(namedCodecs, name) ? (name as CodecName) : undefined;
}

/** A codec of Stagebook's by its name; any other as it is. */
export function findCodec(codec: Codec | CodecName): Codec {
  return typeof codec === "string" ? namedCodecs[codec] : codec;
}

/** The identity of a value under a codec, where that codec knows more than the bytes. */
export function digestUnder(codec: Codec, value: unknown): Digest | undefined {
  return Object.values(namedCodecs)
    .find((named) => named === codec)
    ?.digest(value);
}

function checkJson(value: unknown, at: string, above: Set<object>): void {
  if (value === null || typeof value === "string" || typeof value === "boolean") return;
  if (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0)) return;
  if (typeof value !== "object") throw refused(at, whatOf(value), "what JSON can say");
  if (above.has(value)) throw refused(at, "a circle", "what JSON can say");
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!Array.isArray(value) && prototype !== Object.prototype) throw refused(at, whatOf(value), "what JSON can say");
  if (Object.hasOwn(value, "toJSON")) throw refused(at, "an object with a toJSON of its own", "what JSON can say");
  above.add(value);
  if (Array.isArray(value))
    for (let index = 0; index < value.length; index++) checkJson(value[index], `${at}[${index}]`, above);
  else
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === "symbol" || key === "__proto__") throw refused(at, `an object with the key ${String(key)}`, "what JSON can say"); // prettier-ignore
      checkJson((value as Record<string, unknown>)[key], `${at}.${key}`, above);
    }
  above.delete(value);
}

interface Table {
  readonly schema: {
    readonly fields: readonly { readonly name: string; readonly type: unknown; readonly nullable: boolean }[];
  };
  getChildAt(at: number): Iterable<unknown> | null;
}

interface Arrow {
  readonly Table: abstract new () => Table;
  tableToIPC(table: Table, type: "file" | "stream"): Uint8Array;
  tableFromIPC(bytes: Uint8Array): Table;
}

/** From where the user works: a second copy would not know the user's tables. */
function loadArrow(): Arrow {
  try {
    return createRequire(path.join(process.cwd(), "package.json"))("apache-arrow") as Arrow;
  } catch (cause) {
    throw new StagebookError(
      "codec-arrow",
      "the codec arrow needs the package apache-arrow, which cannot be found from here",
      "Install it: npm install apache-arrow.",
      { cause },
    );
  }
}

function asTable(value: unknown, { Table }: Arrow): Table {
  if (value instanceof Table) return value;
  const isOther = typeof value === "object" && value !== null && "schema" in value && "getChildAt" in value;
  throw refused(
    "value",
    isOther ? "a table of another copy of apache-arrow" : whatOf(value),
    "a table of apache-arrow",
  );
}

/** Rows and vectors inside a column as plain values. */
function plain(value: unknown): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || value instanceof Date) return value;
  if (Symbol.iterator in value && !("toJSON" in value)) return Array.from(value as Iterable<unknown>, plain);
  const toJson = (value as { toJSON?: () => unknown }).toJSON;
  return typeof toJson === "function" ? toJson.call(value) : value;
}

function refused(at: string, what: string, wanted: string): StagebookError {
  return new StagebookError(
    "not-storable",
    `\`${at}\` is ${what}, and the stage's codec carries ${wanted}`,
    "Return that, or take another codec (without the option `codec` any plain data is kept).",
  );
}

function whatOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "number" || typeof value === "bigint") return `the ${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`; // prettier-ignore
  const maker = typeof value === "object" ? (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name : undefined; // prettier-ignore
  return maker ? `a ${maker}` : `a ${typeof value}`;
}
