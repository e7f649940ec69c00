/** The bytes of a blob for a store that keeps them in memory: a copy, unless nobody else can change them. Used by the stores in memory. */
import type { NewBlob } from "../store";

/** Smaller values are copied anyway: memory of their own costs more than that. */
const COPIED_BYTES = 64 * 1024;

/** In memory that nothing else changes. */
export function ownBytes({ ref, pieces, isOwn = false }: NewBlob): Uint8Array {
  const [only] = pieces;
  const isWhole = only !== undefined && pieces.length === 1 && only.byteLength === only.buffer.byteLength;
  if (isOwn && isWhole && only.byteLength > COPIED_BYTES) return only;
  // `Buffer.concat` would keep 8 kB of Node.js's pool for a few bytes.
  const whole = new Uint8Array(ref.sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
