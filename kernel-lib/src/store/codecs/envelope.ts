/**
 * What stands before the payload of the default codec: 40 bytes.
 *
 *    0  "SBK1"
 *    4  name of the codec, padded with zeros to 8 bytes
 *   12  flags, 1 byte; 3 zeros
 *   16  length of all that follows the head (u64, little-endian, as all numbers)
 *   24  length of the payload (u64); what follows it are large arrays
 *   32  4 zeros
 *   36  CRC-32 of the 36 bytes before it and of all that follows the head (u32)
 *
 * A CRC and not a second sha256: stores verify the sha256 of all these bytes before they come here, and a second one would make
 * loading a large array half as slow again. The CRC finds what a store of the user's own lets through.
 */
import { crc32 } from "node:zlib";
import { StagebookError } from "../../protocol";

/** A multiple of 8: V8 aligns strings of two-byte characters from the start of the buffer. */
export const HEAD_BYTES = 40;
const MAGIC = "SBK1";
const CHECKSUM_AT = 36;

/** What `openEnvelope` finds. */
export interface Envelope {
  readonly flags: number;
  readonly payload: Buffer;
  readonly large: Buffer;
}

/**
 * The bytes to store. `headAndPayload` begins with 40 bytes of room for the head; `codec` has at most 8 characters. A payload without
 * large arrays is not copied.
 */
export function closeEnvelope(
  headAndPayload: Buffer,
  large: readonly Uint8Array[],
  codec: string,
  flags: number,
): Buffer {
  const bytes = large.length === 0 ? headAndPayload : joined(headAndPayload, large);
  const body = bytes.subarray(HEAD_BYTES);
  bytes.write(MAGIC + codec, 0, "latin1");
  bytes[12] = flags;
  bytes.writeBigUInt64LE(BigInt(body.byteLength), 16);
  bytes.writeBigUInt64LE(BigInt(headAndPayload.byteLength - HEAD_BYTES), 24);
  bytes.writeUInt32LE(checksumOf(bytes), CHECKSUM_AT);
  return bytes;
}

/** Checks the head and what follows. Throws StagebookError `damaged`. The parts are views of `bytes`. */
export function openEnvelope(bytes: Buffer, codec: string): Envelope {
  if (bytes.byteLength < HEAD_BYTES || bytes.toString("latin1", 0, 4) !== MAGIC)
    throw damaged("no result begins like this");
  if (bytes.toString("latin1", 4, 12) !== codec.padEnd(8, "\0")) throw damaged("another codec made it");
  const body = bytes.subarray(HEAD_BYTES);
  const payloadBytes = bytes.readBigUInt64LE(24);
  if (bytes.readBigUInt64LE(16) !== BigInt(body.byteLength) || payloadBytes > body.byteLength)
    throw damaged("it has another length");
  if (bytes.readUInt32LE(CHECKSUM_AT) !== checksumOf(bytes)) throw damaged("its checksum differs");
  return {
    flags: bytes[12] ?? 0,
    payload: body.subarray(0, Number(payloadBytes)),
    large: body.subarray(Number(payloadBytes)),
  };
}

/** For bytes that no codec made, or that were changed since. */
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
