/**
 * The items of a stream in a store, in chunks that are written as items arrive, so that a stream may exceed memory. The digest covers
 * the items and does not depend on the chunks.
 */
import { monotonicNow } from "../../async/clock";
import { createHash } from "node:crypto";
import { mapMaybe, type MaybePromise } from "../../async/maybe-promise";
import { done, forEachPulled, PulledItems, type Pulled } from "../../async/pulled-items";
import { digestValue } from "../../key/values/canonical";
import { digestOf } from "../../key/digest";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { Codec } from "./codec";
import type { Storable } from "./fidelity";
import { encodeApart, tableCodecs, v8Codec } from "./v8-codec";
import { builtIn, findCodec } from "./named-codecs";
import type { CodecName } from "../../stage/stage-options";
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
 * An item as a chunk holds it: an immutable value unchanged, anything else as encoded bytes in an array of length one. An item is
 * therefore unaffected if its producer reuses it or a consumer changes it.
 */
export type KeptItem = unknown;

/** Where the items of a stream go while they are stored. */
export interface ItemPorts {
  put(blob: NewBlob): Promise<void>;
  readonly signal: AbortSignal;
  count(items: number): void;
  /** Called with each item, in order; the next item is requested once a returned promise resolves. */
  offer?(item: KeptItem): Promise<void> | undefined;
  /** Called with the digest of each item, in order. */
  digested?(digest: Digest): void;
  /** Called with each chunk once it is stored; no item is requested before a returned promise resolves. */
  kept?(chunk: BlobRef, items: number): Promise<void> | undefined;
  /** Whether the items since the last chunk are to be stored now. Called after each item. */
  isDue?(): boolean;
  /** The items that came before an error are stored as well. */
  readonly keepsBeforeError?: boolean;
  /** The number of the first item, as errors name it. Default: 0. */
  readonly first?: number;
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
    const full = chunk;
    chunk = [];
    chunkBytes = 0;
    const ref = await putChunk(full, (blob) => ports.put(blob));
    blobs.push(ref);
    const keeping = ports.kept?.(ref, full.length);
    if (keeping) await keeping;
  };
  const settle = async (isFull: boolean, offered: Promise<void> | undefined): Promise<void> => {
    if (isFull) await flush();
    if (offered) await offered;
    ports.count(items);
  };
  const add = ({ kept, sizeBytes, digest: own }: Kept): MaybePromise<void> => {
    digest.update(own);
    ports.digested?.(own);
    chunk.push(kept);
    chunkBytes += sizeBytes;
    items++;
    const offered = ports.offer?.(kept);
    const isFull = ports.isDue?.() === true || chunkBytes >= CHUNK_BYTES || chunk.length >= CHUNK_ITEMS;
    return isFull || offered ? settle(isFull, offered) : ports.count(items);
  };
  const take = (item: unknown): MaybePromise<void> => {
    ports.signal.throwIfAborted();
    return mapMaybe(keepItem(item, codec, (ports.first ?? 0) + items), add);
  };
  let turn = monotonicNow();
  try {
    await forEachPulled(source, (item) => {
      if (monotonicNow() - turn <= TURN_MS) return take(item);
      return nextTurn().then(() => {
        turn = monotonicNow();
        return take(item);
      });
    });
  } catch (error) {
    // Items that cannot be stored are lost; the error that comes first is the one to report.
    if (ports.keepsBeforeError && chunk.length > 0 && !ports.signal.aborted) await flush().catch(() => undefined);
    throw error;
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const nothingToAmend: Storable = { amendments: [], hasTables: false };

type PutBlob = (blob: NewBlob) => Promise<void>;

async function putChunk(chunk: readonly KeptItem[], put: PutBlob): Promise<BlobRef> {
  // Each item was checked by itself.
  const { bytes } = encodeApart(chunk, Infinity, nothingToAmend);
  const ref = { digest: digestOf(bytes), sizeBytes: bytes.byteLength };
  await put({ ref, pieces: [bytes] });
  return ref;
}

/** A chunk in the store, and how many items it holds. */
export interface StoredChunk {
  readonly blob: BlobRef;
  readonly items: number;
}

/** The first `count` items of these chunks: of one in which they end, the beginning is stored by itself. Throws `stream-lost`. */
export async function firstItems(
  chunks: readonly StoredChunk[],
  count: number,
  { read, put }: { readonly read: ReadBlob; readonly put: PutBlob },
): Promise<readonly BlobRef[]> {
  const blobs: BlobRef[] = [];
  let left = count;
  for (const [at, { blob, items }] of chunks.entries()) {
    if (left === 0) break;
    if (items <= left) blobs.push(blob);
    else blobs.push(await putChunk((await foundChunk(blob, read, { at, of: chunks.length })).slice(0, left), put));
    left -= Math.min(left, items);
  }
  return blobs;
}

/** Consecutive items of a stream that were stored by themselves, with the digest of each: 32 bytes. */
export interface StoredPart extends Pick<StoredItems, "blobs" | "items"> {
  readonly digests: Uint8Array;
}

/** The stream that consists of these parts, in their order. Its chunks are theirs, its digest is that of the same items stored at once. */
export async function joinParts(
  parts: AsyncIterable<StoredPart>,
  codecOption: Codec | CodecName | undefined,
): Promise<StoredItems> {
  const digest = createHash("sha256");
  const blobs: BlobRef[] = [];
  let items = 0;
  for await (const part of parts) {
    digest.update(Buffer.from(part.digests).toString("hex"));
    blobs.push(...part.blobs);
    items += part.items;
  }
  return {
    digest: digest.update(`${items} items`).digest("hex") as unknown as Digest,
    blobs,
    sizeBytes: blobs.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    items,
    codec: codecOption === undefined ? v8Codec.name : findCodec(codecOption).name,
  };
}

/** The digests of items as they come, 32 bytes each. */
export class ItemDigests {
  private bytes = Buffer.alloc(32 * 256);
  private size = 0;

  add(digest: Digest): void {
    if (this.size + 32 > this.bytes.byteLength) this.bytes = Buffer.concat([this.bytes], 2 * this.bytes.byteLength);
    this.size += this.bytes.write(digest, this.size, "hex");
  }

  all(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.size));
  }
}

/** The items from index `from` on, chunk by chunk. Throws `stream-lost` when a chunk is missing. */
export function readItems(
  blobs: readonly BlobRef[],
  codecOption: Codec | CodecName | undefined,
  read: ReadBlob,
  from = 0,
): PulledItems {
  return new ReadItems(blobs, reviver(codecOption), read, from);
}

class ReadItems extends PulledItems {
  private chunk: readonly KeptItem[] = [];
  /** Of the next item in the chunk, and of the next chunk. */
  private at = 0;
  private nextChunk = 0;
  private isOver = false;

  constructor(
    private readonly blobs: readonly BlobRef[],
    private readonly revive: (kept: KeptItem) => unknown,
    private readonly read: ReadBlob,
    /** How many of the first items are left out. */
    private skipped: number,
  ) {
    super();
  }

  pull(): MaybePromise<Pulled> {
    if (this.isOver) return done;
    return this.at < this.chunk.length ? this.take() : this.load();
  }

  leave(): void {
    this.isOver = true;
  }

  private take(): Pulled {
    return { done: false, value: this.revive(this.chunk[this.at++]) };
  }

  /** The first item of the next chunk. */
  private async load(): Promise<Pulled> {
    const { blobs } = this;
    for (let blob = blobs[this.nextChunk]; blob; blob = blobs[this.nextChunk]) {
      const chunk = await foundChunk(blob, this.read, { at: this.nextChunk, of: blobs.length });
      this.nextChunk++;
      this.at = Math.min(this.skipped, chunk.length);
      this.skipped -= this.at;
      this.chunk = chunk;
      if (this.at < chunk.length) return this.take();
    }
    this.isOver = true;
    return done;
  }
}

async function foundChunk(
  blob: BlobRef,
  read: ReadBlob,
  { at, of }: { readonly at: number; readonly of: number },
): Promise<readonly KeptItem[]> {
  const chunk = await readChunk(blob, read);
  if (chunk) return chunk;
  throw new StagebookError(
    "stream-lost",
    `chunk ${at + 1} of ${of} of a stored stream is missing or damaged`,
    "Run the stage again; the items that were read so far are correct.",
  );
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
  return { kept: [bytes], sizeBytes: bytes.byteLength, digest: builtIn(codec)?.digest(item) ?? digestOf(bytes) };
}
