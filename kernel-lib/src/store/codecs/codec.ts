/** The port to codecs, which turn values into bytes and back, and the default codec. */
import { messageOf, StagebookError } from "../../protocol";
import { closeEnvelope, damaged, HEAD_BYTES, openEnvelope } from "./envelope";
import { checkStorable, restoreFidelity } from "./fidelity";
import { ViewDeserializer, ViewSerializer } from "./view-serializer";

/**
 * The contract:
 * - `decode(encode(value))` returns a value that no program can tell from the original, or `encode` throws; the built-in codecs throw
 *   StagebookError `not-storable` with the path.
 * - `decode` owns the bytes that are passed to it and may keep them. It throws on bytes that `encode` did not write, and never executes
 *   code from them.
 * - `name` is stored with the bytes and is part of the key: another format needs another name.
 */
export interface Codec {
  /** Lower-case letters, digits and dashes. */
  readonly name: string;
  encode(value: unknown): Uint8Array | Promise<Uint8Array>;
  decode(bytes: Uint8Array): unknown;
}

/**
 * The default codec: V8's own serialization in a versioned, checksummed envelope, after a check that nothing is lost. It supports
 * objects, arrays, Map, Set, dates, typed arrays, bigint, errors, cycles and shared references; it rejects functions, class
 * instances, proxies and symbols with StagebookError `not-storable`. Decoding throws `damaged`. Each decoded typed array has memory of
 * its own and is never a view of the decoded bytes.
 */
export const v8Codec: Codec = { name: "v8", encode, decode };

/** Flags of the envelope: the payload is `[value, amendments]` instead of the value; large binary data lies in separate blobs. */
const AMENDED = 1;
const APART = 2;

const noHead = Buffer.alloc(HEAD_BYTES);

/** The bytes of a value, and views of its large binary data, which is stored in separate blobs. */
export interface ApartBytes {
  readonly bytes: Uint8Array;
  readonly apart: readonly Uint8Array[];
}

/** Encodes like the default codec, except that binary data of at least `apartFrom` bytes is returned separately. Throws `not-storable`. */
export function encodeApart(value: unknown, apartFrom: number): ApartBytes {
  const amendments = checkStorable(value);
  const serializer = new ViewSerializer(apartFrom);
  // Room for the head in the same buffer, so that a large payload is never copied.
  serializer.writeRawBytes(noHead);
  try {
    serializer.writeHeader();
    serializer.writeValue(amendments.length > 0 ? [value, amendments] : value);
    const { apart, large } = serializer;
    const flags = (amendments.length > 0 ? AMENDED : 0) | (apart.length > 0 ? APART : 0);
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
    const decoded: unknown = deserializer.readValue();
    return { value: (flags & AMENDED) === 0 ? decoded : restoreFidelity(decoded), apart: deserializer.apart };
  } catch (error) {
    throw damaged(messageOf(error), error);
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
  return new StagebookError(
    "not-storable",
    `the value cannot be stored: ${messageOf(cause)}`,
    "Return plain data of at most 4 GB, yield larger data in pieces, or set a codec for the stage (option `codec`).",
    { cause },
  );
}
