/**
 * The items of a stream in a store: in chunks that are written as they come, so that more passes through than memory holds. The digest
 * is over the items, whatever the chunks. Used by runs.
 */
import { createHash } from "node:crypto";
import { digestValue } from "../key/canonical";
import { digestOf } from "../key/digest";
import type { Digest } from "../protocol";
import { StagebookError } from "../protocol";
import { v8Codec, type Codec } from "./codec";
import { digestUnder, findCodec, type CodecName } from "./codecs";
import type { BlobRef, NewBlob } from "./store";
import type { ReadBlob } from "./value";

/** What a store holds of a stream. */
export interface StoredItems {
  readonly digest: Digest;
  readonly blobs: readonly BlobRef[];
  readonly sizeBytes: number;
  readonly items: number;
  readonly codec: string;
}

/** A chunk ends when it holds so much, by a rough guess, or so many items. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNK_ITEMS = 16 * 1024;

/**
 * Writes the items through `put`, one chunk in memory at a time: the source is not asked for more while a chunk is being written.
 * Throws what the source throws, `not-storable` and `not-keyable` with the item's number, and the signal's reason when it aborts.
 */
export async function storeItems(
  source: AsyncIterable<unknown>,
  given: Codec | CodecName | undefined,
  ports: { put(blob: NewBlob): Promise<void>; readonly signal: AbortSignal; count(items: number): void },
): Promise<StoredItems> {
  const codec = given === undefined ? undefined : findCodec(given);
  const digest = createHash("sha256");
  const blobs: BlobRef[] = [];
  let chunk: unknown[] = [];
  let chunkBytes = 0;
  let items = 0;
  const flush = async (): Promise<void> => {
    const bytes = await v8Codec.encode(chunk);
    const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
    await ports.put({ ref, pieces: [bytes] });
    blobs.push(ref);
    chunk = [];
    chunkBytes = 0;
  };
  for await (const item of source) {
    ports.signal.throwIfAborted();
    const name = `item ${items}`;
    const encoded = codec ? await codec.encode(item) : undefined;
    digest.update((codec && digestUnder(codec, item)) ?? (encoded ? digestOf(encoded) : digestValue(item, { name })));
    chunk.push(encoded ?? item);
    chunkBytes += roughBytes(encoded ?? item);
    items++;
    if (chunkBytes >= CHUNK_BYTES || chunk.length >= CHUNK_ITEMS) await flush();
    ports.count(items);
  }
  if (chunk.length > 0) await flush();
  return {
    digest: digest.update(`${items} items`).digest("hex") as unknown as Digest,
    blobs,
    sizeBytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    items,
    codec: codec?.name ?? v8Codec.name,
  };
}

/** The items from the `from`-th on, chunk by chunk. Throws `stream-lost` when a chunk is gone. */
export async function* readItems(
  blobs: readonly BlobRef[],
  given: Codec | CodecName | undefined,
  read: ReadBlob,
  from = 0,
): AsyncGenerator<unknown, void, undefined> {
  let before = from;
  const codec = given === undefined ? undefined : findCodec(given);
  for (const [at, blob] of blobs.entries()) {
    const bytes = await read(blob);
    const chunk = bytes && (v8Codec.decode(bytes) as readonly unknown[]);
    if (!chunk)
      throw new StagebookError(
        "stream-lost",
        `chunk ${at + 1} of ${blobs.length} of a stored stream is gone or damaged`,
        "Run the stage again; what was read so far is right.",
      );
    const rest = before > 0 ? chunk.slice(before) : chunk;
    before = Math.max(0, before - chunk.length);
    for (const item of rest) yield codec ? codec.decode(item as Uint8Array) : item;
  }
}

/** Enough to end a chunk in time: what large members weigh, two levels deep. */
function roughBytes(item: unknown, depth = 0): number {
  if (typeof item === "string") return item.length + 8;
  if (typeof item !== "object" || item === null) return 9;
  if (ArrayBuffer.isView(item) || item instanceof ArrayBuffer) return item.byteLength + 16;
  const members = Array.isArray(item) ? item : depth < 2 ? Object.values(item) : [];
  if (depth >= 2) return 64;
  // Rows are alike: the first ones tell of the rest.
  const first = members.slice(0, 32);
  const bytes = first.reduce<number>((sum, member) => sum + roughBytes(member, depth + 1) + 8, 16);
  return first.length === 0 ? bytes : (bytes * members.length) / first.length;
}
