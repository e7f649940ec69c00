/**
 * The envelope of the default codec: a head of 40 bytes before the payload.
 *
 *    0  "SBK1"
 *    4  name of the codec, padded with zeros to 8 bytes
 *   12  flags, 1 byte; 3 zeros
 *   16  length of everything after the head (u64, little-endian like all numbers)
 *   24  length of the payload (u64); large arrays follow it
 *   32  4 zeros
 *   36  CRC-32 of the 36 bytes before it and of everything after the head (u32)
 *
 * A CRC instead of a second sha256: stores verify the sha256 of all these bytes before they are decoded, and a second one would slow down
 * loading a large array by half. The CRC finds damage that a user's own store does not detect.
 */
import { crc32 } from "node:zlib";
import { StagebookError } from "../../protocol";

/** A multiple of 8: V8 aligns strings of two-byte characters from the start of the buffer. */
export const HEAD_BYTES = 40;
const MAGIC = "SBK1";
const CHECKSUM_AT = 36;

/** The parts of an envelope. */
export interface Envelope {
  readonly flags: number;
  readonly payload: Buffer;
  readonly large: Buffer;
}

/**
 * The bytes to store. `headAndPayload` begins with 40 unused bytes for the head; `codec` has at most 8 characters. A payload without
 * large arrays is not copied.
 */
export function closeEnvelope(
  headAndPayload: Buffer,
  large: readonly Uint8Array[],
  codec: string,
  flags: number,
): Buffer {
  const bytes = large.length === 0 ? headAndPayload : joined(headAndPayload, large);
  const content = bytes.subarray(HEAD_BYTES);
  bytes.write(MAGIC + codec, 0, "latin1");
  bytes[12] = flags;
  bytes.writeBigUInt64LE(BigInt(content.byteLength), 16);
  bytes.writeBigUInt64LE(BigInt(headAndPayload.byteLength - HEAD_BYTES), 24);
  bytes.writeUInt32LE(checksumOf(bytes), CHECKSUM_AT);
  return bytes;
}

/** Checks the head and what follows. Throws StagebookError `damaged`. The parts are views of `bytes`. */
export function openEnvelope(bytes: Buffer, codec: string): Envelope {
  if (bytes.byteLength < HEAD_BYTES || bytes.toString("latin1", 0, 4) !== MAGIC)
    throw damaged("it does not start like a stored result");
  if (bytes.toString("latin1", 4, 12) !== codec.padEnd(8, "\0")) throw damaged("another codec wrote it");
  const content = bytes.subarray(HEAD_BYTES);
  const payloadBytes = bytes.readBigUInt64LE(24);
  if (bytes.readBigUInt64LE(16) !== BigInt(content.byteLength) || payloadBytes > content.byteLength)
    throw damaged("its length is wrong");
  if (bytes.readUInt32LE(CHECKSUM_AT) !== checksumOf(bytes)) throw damaged("its checksum is wrong");
  return {
    flags: bytes[12] ?? 0,
    payload: content.subarray(0, Number(payloadBytes)),
    large: content.subarray(Number(payloadBytes)),
  };
}

/** StagebookError `damaged`, for bytes that no codec wrote, or that were changed. */
export function damaged(why: string, cause?: unknown): StagebookError {
  return new StagebookError("damaged", `a stored result cannot be read: ${why}`, "Run the stage again.", { cause });
}

function checksumOf(bytes: Buffer): number {
  return crc32(bytes.subarray(HEAD_BYTES), crc32(bytes.subarray(0, CHECKSUM_AT)));
}

function joined(first: Buffer, rest: readonly Uint8Array[]): Buffer {
  const total = rest.reduce((sum, bytes) => sum + bytes.byteLength, first.byteLength);
  const all = Buffer.allocUnsafeSlow(total);
  all.set(first);
  let at = first.byteLength;
  for (const bytes of rest) {
    all.set(bytes, at);
    at += bytes.byteLength;
  }
  return all;
}
