/** The default codec: any plain data, and the tables inside it. */
import { messageOf, StagebookError } from "../../protocol";
import type { Codec } from "./codec";
import { closeEnvelope, damaged, HEAD_BYTES, openEnvelope } from "./envelope";
import { checkStorable, restoreFidelity, type Storable } from "./fidelity";
import { TableCodecs } from "./tables";
import { ViewDeserializer, ViewSerializer } from "./view-serializer";

/**
 * The default codec: V8's own serialization in a versioned, checksummed envelope, after a check that nothing is lost. It supports
 * objects, arrays, Map, Set, dates, typed arrays, bigint, errors, cycles, shared references, and tables of apache-arrow and arquero; it
 * rejects functions, instances of other classes, proxies and symbols with StagebookError `not-storable`. Decoding throws `damaged`. Each decoded typed array has memory of
 * its own and is never a view of the decoded bytes.
 */
export const v8Codec: Codec = { name: "v8", encode, decode };

/**
 * Flags of the envelope: the payload is `[value, amendments]` instead of the value; large binary data lies in separate blobs; the
 * payload is `[payload, tables]`, in which a place was left for each table.
 */
const AMENDED = 1;
const APART = 2;
const TABLES = 4;

/** How tables are stored, alone or inside of plain data. */
export const tableCodecs = new TableCodecs({ name: "v8", encode, decode });

const noHead = Buffer.alloc(HEAD_BYTES);

/** The bytes of a value, and views of its large binary data, which is stored in separate blobs. */
export interface ApartBytes {
  readonly bytes: Uint8Array;
  readonly apart: readonly Uint8Array[];
}

/**
 * Encodes like the default codec, except that binary data of at least `apartFrom` bytes is returned separately. `storable`: what a check of
 * the value has found. Throws `not-storable`.
 */
export function encodeApart(
  value: unknown,
  apartFrom: number,
  { amendments, hasTables }: Storable = checkStorable(value),
): ApartBytes {
  // The bytes of tables belong to the payload: they are decoded with it.
  const serializer = new ViewSerializer(hasTables ? Infinity : apartFrom);
  // Room for the head in the same buffer, so that a large payload is never copied.
  serializer.writeRawBytes(noHead);
  try {
    serializer.writeHeader();
    const payload = amendments.length > 0 ? [value, amendments] : value;
    serializer.writeValue(hasTables ? withTables(payload) : payload);
    const { apart, large } = serializer;
    const flags = (amendments.length > 0 ? AMENDED : 0) | (apart.length > 0 ? APART : 0) | (hasTables ? TABLES : 0);
    const bytes = closeEnvelope(serializer.releaseBuffer(), large, v8Codec.name, flags);
    // V8 writes an error that is part of its own cause, but cannot read it back.
    if (amendments.some((amendment) => amendment.errorClass !== undefined))
      decodeApart(bytes, { apartFrom, apartBytes: apart.reduce((sum, view) => sum + view.byteLength, 0) });
    return { bytes, apart };
  } catch (error) {
    throw notStorable(error);
  }
}

/** The value, and the memory inside it that must still be filled from the separate blobs, in order. Throws `damaged`. */
export function decodeApart(
  bytes: Uint8Array,
  { apartFrom, apartBytes }: { readonly apartFrom: number; readonly apartBytes: number },
): { readonly value: unknown; readonly apart: readonly Uint8Array[] } {
  const { flags, payload, large } = openEnvelope(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    v8Codec.name,
  );
  try {
    const from = (flags & APART) === 0 ? Infinity : apartFrom;
    const deserializer = new ViewDeserializer(payload, large, from, apartBytes);
    deserializer.readHeader();
    const read: unknown = deserializer.readValue();
    const decoded = (flags & TABLES) === 0 ? read : withoutTables(read);
    return { value: (flags & AMENDED) === 0 ? decoded : restoreFidelity(decoded), apart: deserializer.apart };
  } catch (error) {
    throw damaged(messageOf(error), error);
  }
}

function withTables(payload: unknown): readonly [unknown, unknown] {
  const { value, tables } = tableCodecs.takeOut(payload);
  return [value, tables];
}

function withoutTables(read: unknown): unknown {
  if (!Array.isArray(read) || read.length !== 2) throw new TypeError("not a value with tables");
  return tableCodecs.putBack(read[0], read[1]);
}

function encode(value: unknown): Uint8Array {
  return encodeApart(value, Infinity).bytes;
}

function decode(bytes: Uint8Array): unknown {
  return decodeApart(bytes, { apartFrom: Infinity, apartBytes: 0 }).value;
}

function notStorable(cause: unknown): StagebookError {
  if (cause instanceof StagebookError && cause.code === "not-storable") return cause;
  return new StagebookError(
    "not-storable",
    `the value cannot be stored: ${messageOf(cause)}`,
    "Return plain data of at most 4 GB, yield larger data in pieces, or set a codec for the stage (option `codec`).",
    { cause },
  );
}
