/**
 * The items of a stream in a store, in chunks that are written as items arrive, so that a stream may exceed memory. The digest covers
 * the items and does not depend on the chunks.
 */
import { createHash } from "node:crypto";
import { digestValue } from "../../key/values/canonical";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Codec } from "./codec";
import { tableCodecs, v8Codec } from "./v8-codec";
import { digestUnder, findCodec, type CodecName } from "./codecs";
import type { BlobRef, NewBlob } from "../store";
import type { ReadBlob } from "./value";

/** A stream as it is stored. */
export interface StoredItems {
  readonly digest: Digest;
  readonly blobs: readonly BlobRef[];
  readonly sizeBytes: number;
  readonly items: number;
  readonly codec: string;
}

/**
 * An item as a chunk holds it: an immutable value unchanged, anything else as encoded bytes in an array of length one. So an item stays
 * what it was even if its producer reuses it or a consumer changes it.
 */
export type KeptItem = unknown;

/** Where the items of a stream go while they are stored. */
export interface ItemPorts {
  put(blob: NewBlob): Promise<void>;
  readonly signal: AbortSignal;
  count(items: number): void;
  /** Called with each item, in order; the next item is requested once a returned promise resolves. */
  offer?(item: KeptItem): Promise<void> | undefined;
  /** Called with each chunk once it is stored. */
  kept?(chunk: BlobRef, items: number): void;
}

/** Time in milliseconds after which a source that never waits yields to the event loop. */
const TURN_MS = 10;
/** Maximum size of a chunk in bytes and in items. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNK_ITEMS = 16 * 1024;

/**
 * Writes the items through `put`, one chunk in memory at a time: no item is requested while a chunk is being written.
 * Throws what the source throws, `not-storable` and `not-keyable` with the item's number, and the signal's reason when it aborts.
 */
export async function storeItems(
  source: AsyncIterable<unknown>,
  codecOption: Codec | CodecName | undefined,
  ports: ItemPorts,
): Promise<StoredItems> {
  const codec = codecOption === undefined ? undefined : findCodec(codecOption);
  const digest = createHash("sha256");
  const blobs: BlobRef[] = [];
  let chunk: KeptItem[] = [];
  let chunkBytes = 0;
  let items = 0;
  const flush = async (): Promise<void> => {
    const bytes = await v8Codec.encode(chunk);
    const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
    await ports.put({ ref, pieces: [bytes] });
    blobs.push(ref);
    ports.kept?.(ref, chunk.length);
    chunk = [];
    chunkBytes = 0;
  };
  let turn = performance.now();
  for await (const item of source) {
    if (performance.now() - turn > TURN_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      turn = performance.now();
    }
    ports.signal.throwIfAborted();
    const { kept, sizeBytes, digest: own } = await keepItem(item, codec, items);
    digest.update(own);
    chunk.push(kept);
    chunkBytes += sizeBytes;
    items++;
    const offered = ports.offer?.(kept);
    if (chunkBytes >= CHUNK_BYTES || chunk.length >= CHUNK_ITEMS) await flush();
    if (offered) await offered;
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

/** The items from index `from` on, chunk by chunk. Throws `stream-lost` when a chunk is missing. */
export async function* readItems(
  blobs: readonly BlobRef[],
  codecOption: Codec | CodecName | undefined,
  read: ReadBlob,
  from = 0,
): AsyncGenerator<unknown, void, undefined> {
  const revive = reviver(codecOption);
  let before = from;
  for (const [at, blob] of blobs.entries()) {
    const chunk = await readChunk(blob, read);
    if (!chunk)
      throw new StagebookError(
        "stream-lost",
        `chunk ${at + 1} of ${blobs.length} of a stored stream is missing or damaged`,
        "Run the stage again; the items that were read so far are correct.",
      );
    const rest = before > 0 ? chunk.slice(before) : chunk;
    before = Math.max(0, before - chunk.length);
    for (const item of rest) yield revive(item);
  }
}

/** The items of one chunk as it holds them; undefined when it is missing. */
export async function readChunk(blob: BlobRef, read: ReadBlob): Promise<readonly KeptItem[] | undefined> {
  const bytes = await read(blob);
  return bytes && (v8Codec.decode(bytes) as readonly KeptItem[]);
}

/** Returns the function that decodes a kept item, to a new object each time. */
export function reviver(codecOption: Codec | CodecName | undefined): (kept: KeptItem) => unknown {
  const codec = codecOption === undefined ? v8Codec : findCodec(codecOption);
  // A codec may keep the bytes that it decodes.
  return (kept) => (Array.isArray(kept) ? codec.decode(new Uint8Array(kept[0] as Uint8Array)) : kept);
}

interface Kept {
  readonly kept: KeptItem;
  readonly sizeBytes: number;
  readonly digest: Digest;
}

function keepItem(item: unknown, codec: Codec | undefined, nth: number): Kept | Promise<Kept> {
  if (codec) return keepEncoded(item, codec);
  const digest = digestValue(item, { name: `item ${nth}`, foreign: tableCodecs.form });
  if (typeof item === "string") return { kept: item, sizeBytes: 2 * item.length, digest };
  if (item === null || (typeof item !== "object" && typeof item !== "function" && typeof item !== "symbol"))
    return { kept: item, sizeBytes: 9, digest };
  const bytes = v8Codec.encode(item) as Uint8Array;
  return { kept: [bytes], sizeBytes: bytes.byteLength, digest };
}

async function keepEncoded(item: unknown, codec: Codec): Promise<Kept> {
  const bytes = new Uint8Array(await codec.encode(item));
  return { kept: [bytes], sizeBytes: bytes.byteLength, digest: digestUnder(codec, item) ?? digestOf(bytes) };
}
