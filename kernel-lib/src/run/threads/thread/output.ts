/** The output of a stage in a worker thread: encoded in the thread, and written into the store or sent to the kernel as bytes. */
import type { Codec } from "../../../store/codecs/codec";
import type { CodecName } from "../../../stage/stage-options";
import { storeItems } from "../../../store/codecs/items";
import { systemNow, unobserved } from "../../../observe";
import type { BlobRef, NewBlob } from "../../../store/store";
import type { StageContext } from "../../../stage/public/context";
import { encodeOutput, SpooledItems } from "../../call/encode-output";
import type { FileOutputs } from "../../external/file-outputs";
import { itemsOf } from "../../streams/streams";
import type { CallLink } from "./kernel-link";
import type { CallLocation, ExecutionTask, TransferredResult } from "../messages";
import { blobsIn } from "./inputs";
import type { ResumedItems } from "./resumed-items";

export interface OutputTargets {
  readonly task: ExecutionTask;
  readonly codec: unknown;
  readonly location: CallLocation;
  readonly files: FileOutputs;
  readonly link: CallLink;
  readonly context: StageContext;
  readonly resumed: ResumedItems;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

export async function takeOutput(returned: unknown, call: OutputTargets): Promise<TransferredResult> {
  const { task, location, files, link, startedAt } = call;
  const codec = call.codec as Codec | CodecName | undefined;
  const items = itemsOf(returned);
  const value = items ? await spool(items, codec, call) : returned;
  const durationMs = systemNow() - startedAt;
  const { output, blobs } = await encodeOutput(
    { name: location.stage, outputs: task.outputs, extra: task.extra, codec },
    value,
    {
      files,
      warn: (message) => link.notify({ kind: "warned", message }),
    },
  );
  link.signal.throwIfAborted();
  if (task.writesThere) {
    await unobserved(() => write(blobs, task, link));
    return { result: { output, blobs: [], durationMs }, transfer: [] };
  }
  const bytes = blobs.map(({ ref, pieces }) => ({ ref, bytes: concat(pieces) }));
  return {
    result: { output, blobs: bytes, durationMs },
    transfer: bytes.map((each) => each.bytes.buffer),
  };
}

async function spool(
  items: AsyncIterable<unknown>,
  codec: Codec | CodecName | undefined,
  call: OutputTargets,
): Promise<SpooledItems> {
  const { task, link, context, resumed } = call;
  const put = async (blob: NewBlob): Promise<void> => {
    if (task.folder !== undefined) await unobserved(() => write([blob], task, link));
    else await link.request({ kind: "put", ref: blob.ref, bytes: concat(blob.pieces) });
  };
  const count = (done: number): void => context.progress(done);
  const ports = {
    put,
    signal: link.signal,
    count,
    kept: (chunk: BlobRef, size: number) => resumed.keepChunk(chunk, size),
    isDue: () => resumed.isDue,
  };
  return new SpooledItems(await storeItems(await resumed.after(items, codec, task), codec, ports));
}

async function write(blobs: readonly NewBlob[], { folder = "" }: ExecutionTask, link: CallLink): Promise<void> {
  await link.request({ kind: "announce", digests: blobs.map(({ ref }) => ref.digest) });
  await Promise.all(blobs.map((blob) => blobsIn(folder).writeBlob(blob)));
}

/** In memory of its own: it is transferred, and the function may still hold the value. */
function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}
