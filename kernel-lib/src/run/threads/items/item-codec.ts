/**
 * Items and their results between threads: small plain values in a few bytes, anything else as the default codec encodes it. For a number
 * the codec's envelope alone, with a checksum that memory does not need, would cost more than everything else that is done with it.
 */
import { v8Codec } from "../../../store/codecs/v8-codec";

/** The first byte. The default codec's is another one. */
const UNDEFINED = 1;
const NULL = 2;
const FALSE = 3;
const TRUE = 4;
const NUMBER = 5;
const STRING = 6;

/** In UTF-16 code units. */
const SHORT = 256;

/** Throws `not-storable`. */
export function encodeItem(value: unknown): Uint8Array {
  switch (typeof value) {
    case "undefined":
      return Uint8Array.of(UNDEFINED);
    case "boolean":
      return Uint8Array.of(value ? TRUE : FALSE);
    case "number": {
      const bytes = new Uint8Array(9);
      bytes[0] = NUMBER;
      new DataView(bytes.buffer).setFloat64(1, value);
      return bytes;
    }
    case "string":
      return value.length <= SHORT ? encodeString(value) : encodeOther(value);
    default:
      return value === null ? Uint8Array.of(NULL) : encodeOther(value);
  }
}

export function decodeItem(bytes: Uint8Array): unknown {
  switch (bytes[0]) {
    case UNDEFINED:
      return undefined;
    case NULL:
      return null;
    case FALSE:
      return false;
    case TRUE:
      return true;
    case NUMBER:
      return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1);
    case STRING:
      return Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.byteLength - 1).toString("utf16le");
    default:
      return v8Codec.decode(bytes);
  }
}

/** UTF-16 keeps lone surrogates. */
function encodeString(text: string): Uint8Array {
  const bytes = Buffer.alloc(1 + 2 * text.length);
  bytes[0] = STRING;
  bytes.write(text, 1, "utf16le");
  return bytes;
}

function encodeOther(value: unknown): Uint8Array {
  return v8Codec.encode(value) as Uint8Array;
}
