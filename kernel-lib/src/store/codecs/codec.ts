/** The port to how a value becomes bytes, and the default codec. Runs encode outputs with it and decode what the store gives back. */
import { StagebookError } from "../../protocol";
import { restoreFidelity } from "./amend";
import { closeEnvelope, damaged, HEAD_BYTES, openEnvelope } from "./envelope";
import { checkStorable } from "./fidelity";
import { ViewDeserializer, ViewSerializer } from "./view-serializer";

/**
 * The contract:
 * - `decode(encode(value))` gives a value that no program can tell from the first one, or `encode` throws; the built-in codecs
 *   throw StagebookError `not-storable` with the path.
 * - `decode` may keep the bytes it is given: they belong to it. It throws on bytes that `encode` did not make, and runs no code
 *   from them.
 * - `name` is stored beside the bytes and is part of the key: another format needs another name.
 */
export interface Codec {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  encode(value: unknown): Uint8Array | Promise<Uint8Array>;
  decode(bytes: Uint8Array): unknown;
}

/**
 * The default codec: V8's own serialization in a versioned, checksummed envelope, after a check that nothing is lost. It carries
 * objects, arrays, Map, Set, dates, typed arrays, bigint, errors, cycles and shared references; it refuses functions, class
 * instances, proxies and symbols with StagebookError `not-storable`. Decoding throws `damaged`. Typed arrays come back each in
 * memory of their own, never as a view of the bytes that were decoded.
 */
export const v8Codec: Codec = { name: "v8", encode, decode };

/** Flags of the envelope: the payload is `[value, amendments]` and not the value alone; large binary data stands in blobs of its own. */
const AMENDED = 1;
const APART = 2;

const noHead = Buffer.alloc(HEAD_BYTES);

/** The bytes that hold a value, and large binary data that is to be stored apart, as it lies in memory. */
export interface ApartBytes {
  readonly bytes: Uint8Array;
  readonly apart: readonly Uint8Array[];
}

/** As the default codec encodes, with binary data of at least `apartFrom` bytes left where it is. Throws `not-storable`. */
export function encodeApart(value: unknown, apartFrom: number): ApartBytes {
  const amendments = checkStorable(value);
  const serializer = new ViewSerializer(apartFrom);
  // The head is made room for in the same buffer, so that a large payload is never copied behind it.
  serializer.writeRawBytes(noHead);
  try {
    serializer.writeHeader();
    serializer.writeValue(amendments.length > 0 ? [value, amendments] : value);
    const { apart, large } = serializer;
    const flags = (amendments.length > 0 ? AMENDED : 0) | (apart.length > 0 ? APART : 0);
    const bytes = closeEnvelope(serializer.releaseBuffer(), large, v8Codec.name, flags);
    // V8 writes an error that is part of its own cause, and then cannot read it.
    if (amendments.some((amendment) => amendment.errorClass !== undefined))
      decodeApart(bytes, { apartFrom, apartBytes: apart.reduce((sum, view) => sum + view.byteLength, 0) });
    return { bytes, apart };
  } catch (error) {
    throw notStorable(error);
  }
}

/** The value, and memory inside it that is still to be filled with what stands apart, in order. Throws `damaged`. */
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
    const decoded: unknown = deserializer.readValue();
    return { value: (flags & AMENDED) === 0 ? decoded : restoreFidelity(decoded), apart: deserializer.apart };
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
}

function encode(value: unknown): Uint8Array {
  return encodeApart(value, Infinity).bytes;
}

function decode(bytes: Uint8Array): unknown {
  return decodeApart(bytes, { apartFrom: Infinity, apartBytes: 0 }).value;
}

function notStorable(cause: unknown): StagebookError {
  if (cause instanceof StagebookError && cause.code === "not-storable") return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new StagebookError(
    "not-storable",
    `the value cannot be stored: ${why}`,
    "Return plain data of at most 4 GB, yield larger data in pieces, or give the stage a codec (option `codec`).",
    { cause },
  );
}
