/** Reading, writing and digesting the bytes of an open file, of any size, in pieces. Used by `durable-files.ts`. */
import { createHash } from "node:crypto";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { OpenFile } from "./file-system";

/** A system call writes at most 2 GiB. */
const MAX_WRITE_BYTES = 256 * 1024 * 1024;
/** Pieces up to this size are joined before writing: a system call for each costs more than the copy. */
const SMALL_PIECE_BYTES = 64 * 1024;
const JOINED_BYTES = 1024 * 1024;
/** Size of a read: the next part is read while this one is digested. */
const READ_BYTES = 8 * 1024 * 1024;

/** Writes the pieces one after the other. */
export async function writePieces(file: OpenFile, pieces: readonly Uint8Array[]): Promise<void> {
  for (const bytes of withoutSmallOnes(pieces)) {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.byteLength - at, MAX_WRITE_BYTES));
      at += bytesWritten;
    }
  }
}

/** Up to `length` bytes from `start`. */
export async function readRange(file: OpenFile, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  return bytes.subarray(0, await fill(file, bytes, start));
}

/** Fills the memory from the start of the file. Returns the sha256 of the bytes, or undefined when the file is shorter. */
export async function readDigested(file: OpenFile, into: Uint8Array): Promise<Digest | undefined> {
  if (into.byteLength <= READ_BYTES)
    return (await fill(file, into, 0)) === into.byteLength ? digestOf(into) : undefined;
  const sha = createHash("sha256");
  const partAt = (at: number): Uint8Array => into.subarray(at, at + READ_BYTES);
  let reading = fill(file, partAt(0), 0);
  for (let at = 0; at < into.byteLength; at += READ_BYTES) {
    const part = partAt(at);
    if ((await reading) < part.byteLength) return undefined;
    const next = partAt(at + READ_BYTES);
    reading = fill(file, next, at + READ_BYTES);
    // A rejection is seen at the `await` above; this handler only covers an early throw.
    reading.catch(() => undefined);
    sha.update(part);
  }
  return sha.digest("hex") as Digest;
}

/** The sha256 and size of a whole file, in bounded memory. `copyTo`: a file that the same bytes are written to. */
export async function digestFile(
  file: OpenFile,
  copyTo?: OpenFile,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, size + 1));
  const sha = createHash("sha256");
  for (let at = 0; ;) {
    const read = await fill(file, buffer, at);
    if (read === 0) return { digest: sha.digest("hex") as Digest, sizeBytes: at };
    const part = buffer.subarray(0, read);
    sha.update(part);
    if (copyTo) await writePieces(copyTo, [part]);
    at += read;
  }
}

/** Returns the number of bytes read, which is smaller at the end of the file. */
async function fill(file: OpenFile, into: Uint8Array, start: number): Promise<number> {
  let at = 0;
  while (at < into.byteLength) {
    const { bytesRead } = await file.read(into, at, into.byteLength - at, start + at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}

function* withoutSmallOnes(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let small: Uint8Array[] = [];
  let size = 0;
  for (const piece of pieces) {
    const isSmall = piece.byteLength <= SMALL_PIECE_BYTES;
    if (size > 0 && (!isSmall || size + piece.byteLength > JOINED_BYTES)) {
      yield joined(small);
      [small, size] = [[], 0];
    }
    if (!isSmall) yield piece;
    else if (piece.byteLength > 0) {
      small.push(piece);
      size += piece.byteLength;
    }
  }
  if (size > 0) yield joined(small);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces);
}
