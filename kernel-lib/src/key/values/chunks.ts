/**
 * Large binary data is digested in chunks of fixed size, and stored in the same chunks under the same digests: so it is hashed once.
 * Used by the digests of values and by the codec that stores them.
 */
import type { Digest } from "../../protocol";
import { digestOf } from "../digest";

/** From this size on, in bytes, binary data is digested and stored by chunks. */
export const LARGE_BYTES = 1024 * 1024;
/** Of all chunks of one piece of data but the last. A multiple of every element's size. */
export const CHUNK_BYTES = 32 * 1024 * 1024;

/** The chunks of some data, in order; views, not copies. */
export function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES));
}

/** The digests of the chunks of one value, each worked out once. The memory must not change while it is in use. */
export class ChunkDigests {
  private readonly known = new Map<ArrayBufferLike, Map<string, Digest>>();

  /** The sha256 of the bytes as they are. */
  of(chunk: Uint8Array): Digest {
    return this.known.get(chunk.buffer)?.get(placeOf(chunk)) ?? this.remember(chunk, digestOf(chunk));
  }

  /** The same, for who has hashed the bytes. */
  remember(chunk: Uint8Array, digest: Digest): Digest {
    const digests = this.known.get(chunk.buffer) ?? new Map<string, Digest>();
    this.known.set(chunk.buffer, digests.set(placeOf(chunk), digest));
    return digest;
  }
}

const placeOf = ({ byteOffset, byteLength }: Uint8Array): string => `${byteOffset} ${byteLength}`;
