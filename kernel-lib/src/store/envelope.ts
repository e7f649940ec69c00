/**
 * What stands before the payload of the default codec: 32 bytes.
 *
 *   0  "SBK1"   4  codec name, padded to 8 bytes   12  flags   16  length of the payload (u64, little-endian)   24  its CRC-32
 *
 * A CRC and not a second sha256: stores verify the sha256 of all these bytes before they come here, and a second one would make
 * loading a large array half as slow again. The CRC finds what a store of the user's own lets through.
 */
import { crc32 } from "node:zlib";
import { StagebookError } from "../protocol";

/** A multiple of 8, as V8 aligns two-byte strings from the start of the buffer. */
export const HEAD_BYTES = 32;
const MAGIC = "SBK1";

/** Fills in the first 32 bytes for the payload behind them. `codec`: at most 8 characters. */
export function writeHead(bytes: Buffer, codec: string, flags: number): void {
  const payload = bytes.subarray(HEAD_BYTES);
  bytes.write(MAGIC + codec, 0, "latin1");
  bytes[12] = flags;
  bytes.writeBigUInt64LE(BigInt(payload.byteLength), 16);
  bytes.writeUInt32LE(crc32(payload), 24);
}

/** Checks the head and the payload. Throws StagebookError `damaged`. */
export function readHead(bytes: Buffer, codec: string): { readonly flags: number; readonly payload: Buffer } {
  if (bytes.byteLength < HEAD_BYTES || bytes.toString("latin1", 0, 4) !== MAGIC) throw damaged("no result begins like this");
  if (bytes.toString("latin1", 4, 12) !== codec.padEnd(8, "\0")) throw damaged("another codec made it");
  const payload = bytes.subarray(HEAD_BYTES);
  if (bytes.readBigUInt64LE(16) !== BigInt(payload.byteLength)) throw damaged("it has another length");
  if (bytes.readUInt32LE(24) !== crc32(payload)) throw damaged("its checksum differs");
  return { flags: bytes[12] ?? 0, payload };
}

/** For bytes that no codec made, or that were changed since. */
export function damaged(why: string, cause?: unknown): StagebookError {
  return new StagebookError("damaged", `a stored result cannot be read: ${why}`, "Run the stage again.", { cause });
}
