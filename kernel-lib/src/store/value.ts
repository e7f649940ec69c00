/** A value and its blobs. */
import { digestValue } from "../key/canonical";
import { digestOf } from "../key/digest";
import type { Digest } from "../protocol";
import { v8Codec, type Codec } from "./codec";
import type { BlobRef, Entry, NewBlob } from "./store";

export interface EncodedValue {
  readonly digest: Digest;
  readonly blobs: readonly NewBlob[];
  readonly sizeBytes: number;
  readonly codec: string;
  readonly items?: number;
}

export async function encodeValue(value: unknown, codec: Codec | undefined): Promise<EncodedValue> {
  const bytes = await (codec ?? v8Codec).encode(value);
  const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
  return {
    digest: codec ? ref.digest : digestValue(value),
    blobs: [{ ref, pieces: [bytes] }],
    sizeBytes: ref.sizeBytes,
    codec: (codec ?? v8Codec).name,
  };
}

export async function decodeValue(
  { output }: Entry,
  codec: Codec | undefined,
  read: (blob: BlobRef, into?: Uint8Array) => Promise<Uint8Array | undefined>,
): Promise<{ readonly value: unknown } | undefined> {
  const [blob] = output.blobs;
  const bytes = blob && (await read(blob));
  return bytes && { value: await (codec ?? v8Codec).decode(bytes) };
}
