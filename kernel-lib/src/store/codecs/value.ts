/** How a value lies in blobs: its encoded bytes first, then large binary data in chunks, as its digest counts them. Used by runs. */
import { digestValue } from "../../key/values/canonical";
import { ChunkDigests, chunksOf, LARGE_BYTES } from "../../key/values/chunks";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { digestUnder, findCodec, type CodecName } from "./codecs";
import { decodeApart, encodeApart, v8Codec, type Codec } from "./codec";
import type { BlobRef, NewBlob } from "../store";

/** A value as it goes into a store. */
export interface EncodedValue {
  /** Of the value itself; of its bytes where a codec of the user's made them. */
  readonly digest: Digest;
  /** Views of the value's own memory among them: written before the value is given to anybody. */
  readonly blobs: readonly NewBlob[];
  readonly sizeBytes: number;
  readonly codec: string;
}

/** Gives the bytes of a blob, in the given memory if there is one; undefined when they are gone. */
export type ReadBlob = (blob: BlobRef, into?: Uint8Array) => Promise<Uint8Array | undefined>;

/** Chunks that are read at the same time: one is hashed while the next one comes. */
const READS_AT_ONCE = 2;

/** Throws `not-storable` and `not-keyable` with the path of what cannot be kept, and what the user's codec throws. */
export function encodeValue(
  value: unknown,
  given: Codec | CodecName | undefined,
): EncodedValue | Promise<EncodedValue> {
  if (given !== undefined) return encodeWith(findCodec(given), value);
  // First, because it says more of what cannot be kept.
  const { bytes, apart } = encodeApart(value, LARGE_BYTES);
  const chunks = new ChunkDigests();
  const digest = digestValue(value, { chunks });
  const blobs = [
    blobOf(bytes, digestOf),
    ...apart.flatMap(chunksOf).map((chunk) => blobOf(chunk, (each) => chunks.of(each))),
  ];
  const sizeBytes = blobs.reduce((sum, { ref }) => sum + ref.sizeBytes, 0);
  return { digest, blobs, sizeBytes, codec: v8Codec.name };
}

async function encodeWith(codec: Codec, value: unknown): Promise<EncodedValue> {
  const blob = blobOf(await codec.encode(value), digestOf);
  return {
    digest: digestUnder(codec, value) ?? blob.ref.digest,
    blobs: [blob],
    sizeBytes: blob.ref.sizeBytes,
    codec: codec.name,
  };
}

/** The value that the blobs hold; undefined when one is gone. Throws `damaged`, and what the user's codec throws. */
export async function decodeValue(
  blobs: readonly BlobRef[],
  codec: Codec | CodecName | undefined,
  read: ReadBlob,
): Promise<{ readonly value: unknown } | undefined> {
  const [first, ...rest] = blobs;
  const bytes = first && (await read(first));
  if (!bytes) return undefined;
  if (codec !== undefined) return { value: await findCodec(codec).decode(bytes) };
  const apartBytes = rest.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const { value, apart } = decodeApart(bytes, { apartFrom: LARGE_BYTES, apartBytes });
  return (await fill(apart.flatMap(chunksOf), rest, read)) ? { value } : undefined;
}

/** False when a blob is gone, or is not of the size of its place. */
async function fill(places: readonly Uint8Array[], blobs: readonly BlobRef[], read: ReadBlob): Promise<boolean> {
  if (places.length !== blobs.length) return false;
  let next = 0;
  let isWhole = true;
  const reader = async (): Promise<void> => {
    for (let at = next++; isWhole && at < blobs.length; at = next++) {
      const [place, blob] = [places[at], blobs[at]];
      isWhole &&=
        place !== undefined && blob?.sizeBytes === place.byteLength && (await read(blob, place)) !== undefined;
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, reader));
  return isWhole;
}

function blobOf(bytes: Uint8Array, digest: (bytes: Uint8Array) => Digest): NewBlob {
  return { ref: { digest: digest(bytes), sizeBytes: bytes.byteLength }, pieces: [bytes] };
}
