/** Reading, writing and digesting the bytes of an open file, of any size, in pieces. Used by `durable-files.ts`. */
import { createHash } from "node:crypto";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import type { OpenFile } from "./file-system";

/** One call of the system writes 2 GiB at most. */
const WRITE_AT_ONCE_BYTES = 256 * 1024 * 1024;
/** Pieces up to this size are joined before they are written: a call for each costs more than the copy. */
const SMALL_PIECE_BYTES = 64 * 1024;
const JOINED_BYTES = 1024 * 1024;
/** The next part is read while this one is digested. */
const READ_AT_ONCE_BYTES = 8 * 1024 * 1024;

/** Writes the pieces one after the other. */
export async function writePieces(file: OpenFile, pieces: readonly Uint8Array[]): Promise<void> {
  for (const bytes of withoutSmallOnes(pieces)) {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.byteLength - at, WRITE_AT_ONCE_BYTES));
      at += bytesWritten;
    }
  }
}

/** Bytes from `start`, as many as there are up to `length`. */
export async function readRange(file: OpenFile, start: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  return bytes.subarray(0, await fill(file, bytes, start));
}

/** Fills the memory from the start of the file; the sha256 of what is in it then, or undefined where the file is shorter. */
export async function readDigested(file: OpenFile, into: Uint8Array): Promise<Digest | undefined> {
  if (into.byteLength <= READ_AT_ONCE_BYTES)
    return (await fill(file, into, 0)) === into.byteLength ? digestOf(into) : undefined;
  const sha = createHash("sha256");
  const partAt = (at: number): Uint8Array => into.subarray(at, at + READ_AT_ONCE_BYTES);
  let reading = fill(file, partAt(0), 0);
  for (let at = 0; at < into.byteLength; at += READ_AT_ONCE_BYTES) {
    const part = partAt(at);
    if ((await reading) < part.byteLength) return undefined;
    const next = partAt(at + READ_AT_ONCE_BYTES);
    reading = fill(file, next, at + READ_AT_ONCE_BYTES);
    // A failure shows at the `await` above, or not at all when this throws.
    reading.catch(() => undefined);
    sha.update(part);
  }
  return sha.digest("hex") as Digest;
}

/** The sha256 and size of a whole file, in bounded memory. `copyTo`: gets the same bytes. */
export async function digestFile(
  file: OpenFile,
  copyTo?: OpenFile,
): Promise<{ readonly digest: Digest; readonly sizeBytes: number }> {
  const { size } = await file.stat();
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_AT_ONCE_BYTES, size + 1));
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

/** Returns how many bytes there were. */
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
