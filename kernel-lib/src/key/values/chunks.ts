/**
 * The chunks of large binary data: it is digested in chunks of fixed size, and stored in the same chunks under the same digests, so
 * that it is hashed once.
 * Used by the digests of values and by the codec that stores them.
 */
import type { Digest } from "../../protocol";
import { digestOf } from "../digest";

/** From this size on, in bytes, binary data is digested and stored by chunks. */
export const LARGE_BYTES = 1024 * 1024;
/** Size of every chunk but the last. A multiple of every element size. */
export const CHUNK_BYTES = 32 * 1024 * 1024;

/** The chunks of some data, in order; views, not copies. */
export function chunksOf(bytes: Uint8Array): readonly Uint8Array[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * CHUNK_BYTES, (at + 1) * CHUNK_BYTES));
}

/** The digests of the chunks of one value, each computed once. The memory must not change while this is in use. */
export class ChunkDigests {
  private readonly known = new Map<ArrayBufferLike, Map<string, Digest>>();

  /** The sha256 of the bytes. */
  of(chunk: Uint8Array): Digest {
    return this.known.get(chunk.buffer)?.get(rangeOf(chunk)) ?? this.remember(chunk, digestOf(chunk));
  }

  /** Adds the digest of bytes that the caller has hashed. */
  remember(chunk: Uint8Array, digest: Digest): Digest {
    const digests = this.known.get(chunk.buffer) ?? new Map<string, Digest>();
    this.known.set(chunk.buffer, digests.set(rangeOf(chunk), digest));
    return digest;
  }
}

const rangeOf = ({ byteOffset, byteLength }: Uint8Array): string => `${byteOffset} ${byteLength}`;
