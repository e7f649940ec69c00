/** The inputs of a stage, read by its worker thread: from the store's folder if there is one, otherwise from the kernel. */
import { codecNamed } from "../../../store/codecs/named-codecs";
import type { CodecName } from "../../../stage/stage-options";
import type { Codec } from "../../../store/codecs/codec";
import { readItems } from "../../../store/codecs/items";
import type { BlobRef } from "../../../store/store";
import { openThreadBlobs, type ThreadBlobs } from "../../../store/disk/thread-blobs";
import { decodeValue, type ReadBlob } from "../../../store/codecs/value";
import { StagebookError } from "../../../protocol";
import { withPaths } from "../../external/file-outputs";
import { handleOf } from "../../external/file-handle";
import { StoredStream } from "../../streams/streams";
import type { CallLink } from "./kernel-link";
import type { ExecutionPayload, ExecutionTask, InputPlan, ItemsTask, OutputTarget, StoredOutput } from "../messages";

const opened = new Map<string, ThreadBlobs>();

/** One reader for each folder and thread. */
export function blobsIn(folder: string): ThreadBlobs {
  let blobs = opened.get(folder);
  if (!blobs)
    opened.set(
      folder,
      (blobs = openThreadBlobs(folder, process.env.STAGEBOOK_STORE_ACCESS === "shared" ? "shared" : "private")),
    );
  return blobs;
}

/** The values in the shape in which the stage names its inputs. */
export async function readInputs(task: ExecutionTask, payload: ExecutionPayload, link: CallLink): Promise<unknown> {
  if (!task.takesInputs) return undefined;
  const values = await Promise.all(task.inputs.map((plan, at) => readInput(plan, at, { task, payload, link })));
  return filled(payload.frame, values);
}

/** The stage's last stored output. */
export async function previousOutput(
  task: ExecutionTask | ItemsTask,
  codec: unknown,
  link: CallLink,
): Promise<unknown> {
  const output = (await link.request({ kind: "previous" })) as StoredOutput | undefined;
  if (!output) return undefined;
  return (await decode(output, codec, readerOf("previous", output, { task, link })))?.value;
}

interface Sources {
  readonly task: ExecutionTask | ItemsTask;
  readonly payload: ExecutionPayload;
  readonly link: CallLink;
}

async function readInput(plan: InputPlan, at: number, { task, payload, link }: Sources): Promise<unknown> {
  switch (plan.kind) {
    case "value":
      return payload.values[at];
    case "file":
      return handleOf(plan);
    case "files":
      return plan.paths.map((path) => handleOf({ path, folder: plan.folder }));
    case "stored": {
      const codec = payload.codecs[at];
      const read = async (output: StoredOutput): Promise<{ readonly value: unknown } | undefined> =>
        decode(output, codec, readerOf(at, output, { task, link }));
      const found = await read(plan.output);
      if (found) return found.value;
      const recomputed = await read((await link.request({ kind: "lost", of: at })) as StoredOutput);
      if (recomputed) return recomputed.value;
      throw new StagebookError(
        "value-lost",
        "the value of an input was recomputed, but could not be read back",
        "Check whether another program deletes files in the store folder.",
      );
    }
  }
}

async function decode(
  stored: StoredOutput,
  ownCodec: unknown,
  read: ReadBlob,
): Promise<{ readonly value: unknown } | undefined> {
  const { output, paths } = stored;
  const codec = (ownCodec as Codec | CodecName | undefined) ?? codecNamed(output.codec);
  if (output.items !== undefined)
    return { value: new StoredStream(output.items, () => readItems(output.blobs, codec, read)) };
  const decoded = await decodeValue(output.blobs, codec, read);
  return (
    decoded &&
    withPaths(decoded.value, stored, { filePath: async (file) => paths[output.files.indexOf(file)] || undefined })
  );
}

export function readerOf(
  of: OutputTarget,
  output: Pick<StoredOutput, "isStored">,
  { task, link }: Pick<Sources, "task" | "link">,
): ReadBlob {
  const blobs = output.isStored && task.folder !== undefined ? blobsIn(task.folder) : undefined;
  return async (ref: BlobRef, into?: Uint8Array) => {
    const found = await blobs?.readBlob(ref, into);
    if (found) return found;
    // The kernel reports what is wrong with a stored blob.
    const bytes = (await link.request({ kind: "blob", of, ref })) as Uint8Array | undefined;
    if (!bytes || !into) return bytes;
    into.set(bytes);
    return into;
  };
}

/** Replaces each number in the frame by the value at that position; lists and objects are copied. */
function filled(frame: unknown, values: readonly unknown[]): unknown {
  if (typeof frame === "number") return values[frame];
  if (Array.isArray(frame)) return frame.map((item) => filled(item, values));
  const entries = Object.entries(frame as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.map(([key, item]) => [key, filled(item, values)]));
}
