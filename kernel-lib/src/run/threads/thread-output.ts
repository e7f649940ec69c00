/** What a body returned in a thread: encoded there, and written into the store or handed to the kernel as bytes. */
import type { Codec } from "../../store/codecs/codec";
import type { CodecName } from "../../store/codecs/codecs";
import { storeItems } from "../../store/codecs/items";
import type { NewBlob } from "../../store/store";
import type { StageContext } from "../../stage/public/context";
import { SpooledItems } from "../call/call-parts";
import { encodeOutput } from "../call/encode-output";
import type { FileOutputs } from "../external/file-outputs";
import { itemsOf } from "../streams/streams";
import type { KernelLink } from "./kernel-link";
import type { ExecutionTask, CallLocation, Performed } from "./messages";
import { blobsIn } from "./thread-inputs";

export interface OutputTargets {
  readonly work: ExecutionTask;
  readonly codec: unknown;
  readonly place: CallLocation;
  readonly files: FileOutputs;
  readonly link: KernelLink;
  readonly context: StageContext;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export async function takeOutput(returned: unknown, places: OutputTargets): Promise<Performed> {
  const { work, place, files, link, startedAt } = places;
  const codec = places.codec as Codec | CodecName | undefined;
  const items = itemsOf(returned);
  const value = items ? await spool(items, codec, places) : returned;
  const durationMs = Date.now() - startedAt;
  const { output, blobs } = await encodeOutput(
    { name: place.stage, outputs: work.outputs, extra: work.extra, codec },
    value,
    {
      files,
      warn: (message) => link.note({ kind: "warned", message }),
    },
  );
  link.signal.throwIfAborted();
  if (work.writesThere) {
    await write(blobs, work, link);
    return { result: { kind: "body", output, blobs: [], durationMs }, transfer: [] };
  }
  const bytes = blobs.map(({ ref, pieces }) => ({ ref, bytes: joined(pieces) }));
  return {
    result: { kind: "body", output, blobs: bytes, durationMs },
    transfer: bytes.map((each) => each.bytes.buffer),
  };
}

async function spool(
  items: AsyncIterable<unknown>,
  codec: Codec | CodecName | undefined,
  places: OutputTargets,
): Promise<SpooledItems> {
  const { work, link, context } = places;
  const put = async (blob: NewBlob): Promise<void> => {
    if (work.folder !== undefined) await write([blob], work, link);
    else await link.ask({ kind: "put", ref: blob.ref, bytes: joined(blob.pieces) });
  };
  const count = (done: number): void => context.progress(done);
  return new SpooledItems(await storeItems(items, codec, { put, signal: link.signal, count }));
}

async function write(blobs: readonly NewBlob[], { folder = "" }: ExecutionTask, link: KernelLink): Promise<void> {
  await link.ask({ kind: "announce", digests: blobs.map(({ ref }) => ref.digest) });
  await Promise.all(blobs.map((blob) => blobsIn(folder).writeBlob(blob)));
}

/** In memory of its own: what the body keeps of it stays as it is. */
function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
