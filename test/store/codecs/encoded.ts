/** Encoded values, read as a store would. */
import type { BlobRef } from "../../../kernel-lib/src/store/store";
import type { EncodedValue, ReadBlob } from "../../../kernel-lib/src/store/codecs/value";

export const joined = (pieces: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(pieces));

export const refsOf = ({ blobs }: EncodedValue): readonly BlobRef[] => blobs.map(({ ref }) => ref);

export const from =
  ({ blobs }: EncodedValue): ReadBlob =>
  async (ref, into) => {
    const blob = blobs.find((each) => each.ref.digest === ref.digest);
    const bytes = blob && joined(blob.pieces);
    if (bytes && into) into.set(bytes);
    return bytes && (into ?? bytes);
  };
