/** Values in blobs: the encoded bytes first, then large binary data in the same chunks that its digest is computed from. */
import { digestValue } from "../../key/values/canonical";
import { ChunkDigests, chunksOf, LARGE_BYTES } from "../../key/values/chunks";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { builtIn, findCodec } from "./named-codecs";
import type { CodecName } from "../../stage/stage-options";
import type { Codec } from "./codec";
import { FidelityCheck } from "./fidelity";
import { decodeApart, encodeApart, tableCodecs, v8Codec } from "./v8-codec";
import type { BlobRef, NewBlob } from "../store";

/** A value as it is stored. */
export interface EncodedValue {
  /** The digest of the value itself; with a user's codec, the digest of the encoded bytes. */
  readonly digest: Digest;
  /** Some are views of the value's own memory: they must be written before other code receives the value. */
  readonly blobs: readonly NewBlob[];
  readonly sizeBytes: number;
  readonly codec: string;
}

/** Reads the bytes of a blob, into the passed memory if any; undefined when they are missing. */
export type ReadBlob = (blob: BlobRef, into?: Uint8Array) => Promise<Uint8Array | undefined>;

/** Number of chunks in flight: one is hashed while the next is read. */
const READ_CONCURRENCY = 2;

/** Throws `not-storable` with the path of what cannot be stored, and what the user's codec throws. */
export function encodeValue(
  value: unknown,
  codec: Codec | CodecName | undefined,
): EncodedValue | Promise<EncodedValue> {
  if (codec !== undefined) return encodeWith(findCodec(codec), value);
  const table = tableCodecs.codecOf(value);
  if (table) return encodeWith(table, value);
  const chunks = new ChunkDigests();
  const check = new FidelityCheck();
  const digest = digestValue(value, { chunks, foreign: tableCodecs.form, check });
  const { bytes, apart } = encodeApart(value, LARGE_BYTES, check);
  const blobs = [
    { ...blobOf(bytes, digestOf), isOwn: true },
    ...apart.flatMap(chunksOf).map((chunk) => blobOf(chunk, (each) => chunks.of(each))),
  ];
  const sizeBytes = blobs.reduce((sum, { ref }) => sum + ref.sizeBytes, 0);
  return { digest, blobs, sizeBytes, codec: v8Codec.name };
}

async function encodeWith(codec: Codec, value: unknown): Promise<EncodedValue> {
  const blob = blobOf(await codec.encode(value), digestOf);
  const known = builtIn(codec);
  return {
    digest: known?.digest(value) ?? blob.ref.digest,
    blobs: [{ ...blob, isOwn: known !== undefined && known.sharesMemory !== true }],
    sizeBytes: blob.ref.sizeBytes,
    codec: codec.name,
  };
}

/** The value in the blobs; undefined when one is missing. Throws `damaged`, and what the user's codec throws. */
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

/** Reads the blobs into the targets. False when a blob is missing or has another size than its target. */
async function fill(targets: readonly Uint8Array[], blobs: readonly BlobRef[], read: ReadBlob): Promise<boolean> {
  if (targets.length !== blobs.length) return false;
  // Of most values.
  if (blobs.length === 0) return true;
  let next = 0;
  let isWhole = true;
  const reader = async (): Promise<void> => {
    for (let at = next++; isWhole && at < blobs.length; at = next++) {
      const [target, blob] = [targets[at], blobs[at]];
      isWhole &&=
        target !== undefined && blob?.sizeBytes === target.byteLength && (await read(blob, target)) !== undefined;
    }
  };
  await Promise.all(Array.from({ length: Math.min(READ_CONCURRENCY, blobs.length) }, reader));
  return isWhole;
}

function blobOf(bytes: Uint8Array, digest: (bytes: Uint8Array) => Digest): NewBlob {
  return { ref: { digest: digest(bytes), sizeBytes: bytes.byteLength }, pieces: [bytes] };
}
