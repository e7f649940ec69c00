/** Results for the tests of stores. */
import { digestValue } from "../../../kernel-lib/src/key/values/canonical";
import { digestOf } from "../../../kernel-lib/src/key/digest";
import type { RunId } from "../../../kernel-lib/src/protocol";
import { v8Codec } from "../../../kernel-lib/src/store/codecs/v8-codec";
import type { BlobRef, Entry, HeadRow, NewBlob, Store } from "../../../kernel-lib/src/store/store";

export interface Result {
  readonly value: unknown;
  readonly entry: Entry;
  readonly bytes: Uint8Array;
  /** What to commit with the entry. */
  readonly blobs: readonly NewBlob[];
}

/** A result whose key is derived from `name`, and whose partial key is derived from `partial`. */
export function resultOf(name: string, value: unknown, partial = name): Result {
  const bytes = v8Codec.encode(value) as Uint8Array;
  const entry: Entry = {
    format: 1,
    key: digestOf(`key ${name}`),
    partial: digestOf(`partial ${partial}`),
    parts: [
      { kind: "function", name, digest: digestOf("body"), text: "() => 1" },
      { kind: "param", name: "min", digest: digestValue(4.5), text: "4.5" },
    ],
    output: {
      digest: digestValue(value),
      blobs: [{ digest: digestOf(bytes), sizeBytes: bytes.byteLength }],
      files: [],
      sizeBytes: bytes.byteLength,
      codec: "v8",
      summary: "a value",
    },
    at: 1_700_000_000_000,
    durationMs: 12,
    params: { min: "4.5" },
    run: "run-1" as RunId,
    made: { stagebook: "0.1.0", node: process.version },
  };
  return { value, entry, bytes, blobs: blobsOf(entry, bytes) };
}

/** The bytes as the only blob of the entry. */
export function blobsOf({ output }: Entry, bytes: Uint8Array): readonly NewBlob[] {
  return output.blobs.map((ref) => ({ ref, pieces: [bytes] }));
}

/** The entry with these bytes as its only blob. */
export function withBytes(entry: Entry, bytes: Uint8Array): Entry {
  const blobs = [{ digest: digestOf(bytes), sizeBytes: bytes.byteLength }];
  return { ...entry, output: { ...entry.output, blobs, sizeBytes: bytes.byteLength } };
}

/** The only blob of an entry. */
export function blobOf({ output }: Entry): BlobRef {
  const [blob] = output.blobs;
  if (!blob) throw new Error("the entry has no blob");
  return blob;
}

export function rowOf({ entry }: Result): HeadRow {
  return { key: entry.key, partial: entry.partial, at: entry.at };
}

/** The value that the store has for a result, or `"nothing"`. */
export async function load(store: Store, { entry }: Result): Promise<unknown> {
  const found = await store.findEntry(entry.key);
  const bytes = found && (await store.readBlob(blobOf(found)));
  return bytes ? v8Codec.decode(bytes) : "nothing";
}
