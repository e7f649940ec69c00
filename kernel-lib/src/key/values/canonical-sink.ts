/**
 * The sink for canonical bytes: sha256 through one chunk of memory, so that a value is never copied as a whole.
 * Used by `digestValue` only. Each kind of write is self-delimiting: no two sequences of writes produce the same bytes.
 */
import { createHash, hash, type Hash } from "node:crypto";
import type { Digest } from "../../protocol";
import { secrets } from "../../secrets/secret-texts";
import { ChunkDigests, chunksOf, LARGE_BYTES } from "./chunks";
import { bytesOf } from "./view-bytes";

const CHUNK_BYTES = 64 * 1024;
/** Up to this length a loop over the characters beats a call into Node. */
const SHORT_STRING = 48;
/** In characters: half of what fits, so that two-byte characters fit too. */
const SLICE_CHARS = CHUNK_BYTES / 2;
const HASH_AT_ONCE_BYTES = 512 * 1024 * 1024;
const NAN_SCAN_ITEMS = 4 * 1024;
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** An array of floating-point numbers. */
export type FloatArray = Float32Array | Float64Array;

const MAX_FREE_CHUNKS = 4;
/** Chunks of finished sinks, for reuse. */
const freeChunks: Buffer<ArrayBuffer>[] = [];

/** Receives writes, and returns one digest at the end. */
export class CanonicalSink {
  /** Created when the first chunk is full: most values are small. */
  private sha: Hash | undefined;
  private readonly chunk = freeChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
  private readonly view = new DataView(this.chunk.buffer, this.chunk.byteOffset, CHUNK_BYTES);
  private used = 0;
  /** Absent when there are no secrets. */
  private readonly search = secrets.search();

  constructor(private readonly chunks = new ChunkDigests()) {}

  /** One byte that says what follows. */
  tag(tag: number): void {
    this.reserve(1);
    this.chunk[this.used++] = tag;
  }

  /** A whole number from 0 to 2^53. */
  count(count: number): void {
    this.reserve(8);
    this.view.setFloat64(this.used, count, true);
    this.used += 8;
  }

  /** A tag and a number that is not NaN (NaN has many bit patterns, and a tag of its own). */
  number(tag: number, value: number): void {
    this.reserve(9);
    this.chunk[this.used] = tag;
    this.view.setFloat64(this.used + 1, value, true);
    this.used += 9;
  }

  /** The exact UTF-16 of a string, lone surrogates included. One byte per character if all fit, which depends on the content only. */
  string(text: string): void {
    if (text.length > SHORT_STRING) return this.longString(text);
    this.reserve(5 + 2 * SHORT_STRING);
    const { chunk } = this;
    const start = this.used + 5;
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0xff) return this.wideString(text);
      chunk[start + index] = unit;
    }
    this.stringHead(1, text.length);
    this.used += text.length;
  }

  /** Bytes, after their length, without a copy. Of large ones the digests of their chunks. */
  bytes(bytes: Uint8Array): void {
    this.count(bytes.byteLength);
    if (bytes.byteLength >= LARGE_BYTES) {
      this.search?.look(bytes);
      for (const chunk of chunksOf(bytes)) this.chunkDigest(this.chunks.of(chunk));
      return;
    }
    if (bytes.byteLength <= 1024) {
      this.reserve(bytes.byteLength);
      this.chunk.set(bytes, this.used);
      this.used += bytes.byteLength;
      return;
    }
    this.flush();
    this.hashFromMemory(bytes);
  }

  /**
   * Floats without a copy, with every NaN written in the same way: the bits of a NaN depend on the processor and on what the compiler
   * folded, so that the same computation may produce others the next time.
   */
  floats(array: FloatArray): void {
    this.count(array.byteLength);
    if (array.byteLength >= LARGE_BYTES) {
      const items = array.byteLength / array.length;
      for (const bytes of chunksOf(bytesOf(array))) {
        const start = (bytes.byteOffset - array.byteOffset) / items;
        this.floatChunk(array.subarray(start, start + bytes.byteLength / items), bytes);
      }
      return;
    }
    this.flush();
    for (const part of oneNaN(array)) this.hashFromMemory(part);
  }

  private floatChunk(array: FloatArray, bytes: Uint8Array): void {
    const sha = createHash("sha256");
    let isUnchanged = true;
    for (const part of oneNaN(array)) {
      isUnchanged &&= part.buffer === bytes.buffer;
      sha.update(part);
    }
    const digest = sha.digest("hex") as Digest;
    if (isUnchanged) this.chunks.remember(bytes, digest);
    this.chunkDigest(digest);
  }

  private chunkDigest(digest: Digest): void {
    this.reserve(32);
    this.used += this.chunk.write(digest, this.used, "hex");
  }

  /** With a key when a secret was written: nobody can try passwords against it. */
  digest(): Digest {
    const digest = (this.sha ? this.finish(this.sha) : this.hashOnce()) as Digest;
    // A sink is finished with its first digest. One chunk is enough unless digests nest.
    if (freeChunks.length < MAX_FREE_CHUNKS) freeChunks.push(this.chunk);
    return this.search?.keyed(digest) ?? digest;
  }

  private hashOnce(): string {
    this.search?.look(this.chunk.subarray(0, this.used));
    return hash("sha256", this.chunk.subarray(0, this.used), "hex");
  }

  private finish(sha: Hash): string {
    this.flush();
    return sha.digest("hex");
  }

  private hasher(): Hash {
    return (this.sha ??= createHash("sha256"));
  }

  private stringHead(width: 1 | 2, length: number): void {
    this.chunk[this.used] = width;
    this.view.setUint32(this.used + 1, length, true);
    this.used += 5;
  }

  private wideString(text: string): void {
    this.stringHead(2, text.length);
    for (let index = 0; index < text.length; index++, this.used += 2) {
      this.view.setUint16(this.used, text.charCodeAt(index), true);
    }
  }

  private longString(text: string): void {
    const width = BEYOND_LATIN1.test(text) ? 2 : 1;
    const encoding = width === 2 ? "utf16le" : "latin1";
    this.reserve(5);
    this.stringHead(width, text.length);
    for (let at = 0; at < text.length; at += SLICE_CHARS) {
      const slice = text.length <= SLICE_CHARS ? text : text.slice(at, at + SLICE_CHARS);
      this.reserve(slice.length * width);
      this.used += this.chunk.write(slice, this.used, encoding);
    }
  }

  private hashFromMemory(bytes: Uint8Array): void {
    this.search?.look(bytes);
    for (let at = 0; at < bytes.byteLength; at += HASH_AT_ONCE_BYTES) {
      this.hasher().update(
        bytes.byteLength <= HASH_AT_ONCE_BYTES ? bytes : bytes.subarray(at, at + HASH_AT_ONCE_BYTES),
      );
    }
  }

  private reserve(bytes: number): void {
    if (this.used + bytes > CHUNK_BYTES) this.flush();
  }

  private flush(): void {
    if (this.used > 0) {
      this.search?.look(this.chunk.subarray(0, this.used));
      this.hasher().update(this.chunk.subarray(0, this.used));
    }
    this.used = 0;
  }
}

/** The bytes of an array with every NaN written in the same way, in pieces that stay in the processor's cache until they are hashed. */
function* oneNaN(array: FloatArray): Generator<Uint8Array> {
  for (let at = 0; at < array.length; at += NAN_SCAN_ITEMS) {
    const items = array.subarray(at, at + NAN_SCAN_ITEMS);
    yield bytesOf(mayHoldNaN(items) ? items.map((item) => (item === item ? item : NaN)) : items);
  }
}

/** A sum is NaN when an item is, or when infinities of both signs occur. Four parallel sums are faster than `includes`. */
function mayHoldNaN(items: FloatArray): boolean {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = items.length - (items.length % 4);
  for (let at = 0; at < end; at += 4) {
    a += items[at] ?? 0;
    b += items[at + 1] ?? 0;
    c += items[at + 2] ?? 0;
    d += items[at + 3] ?? 0;
  }
  for (let at = end; at < items.length; at++) a += items[at] ?? 0;
  return Number.isNaN(a + b + c + d);
}
