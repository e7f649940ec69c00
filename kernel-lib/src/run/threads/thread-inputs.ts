/** The inputs of a body, read by its thread: from the store where it can reach it, else from the kernel. */
import { codecNamed, type CodecName } from "../../store/codecs/codecs";
import type { Codec } from "../../store/codecs/codec";
import { readItems } from "../../store/codecs/items";
import type { BlobRef } from "../../store/store";
import { openThreadBlobs, type ThreadBlobs } from "../../store/disk/thread-blobs";
import { decodeValue, type ReadBlob } from "../../store/codecs/value";
import { StagebookError } from "../../protocol";
import { withPaths } from "../external/file-outputs";
import { handleOf } from "../external/file-handle";
import { StoredStream } from "../streams/streams";
import type { KernelLink } from "./kernel-link";
import type { ExecutionPayload, ExecutionTask, InputPlan, ItemTask, OutputTarget, StoredOutput } from "./messages";

const opened = new Map<string, ThreadBlobs>();

/** One for each folder and thread. */
export function blobsIn(folder: string): ThreadBlobs {
  let blobs = opened.get(folder);
  if (!blobs) opened.set(folder, (blobs = openThreadBlobs(folder)));
  return blobs;
}

/** In the shape in which the stage names them. */
export async function readInputs(work: ExecutionTask, cargo: ExecutionPayload, link: KernelLink): Promise<unknown> {
  if (!work.takesInputs) return undefined;
  const values = await Promise.all(work.inputs.map((plan, at) => readInput(plan, at, { work, cargo, link })));
  return filled(cargo.frame, values);
}

/** The stage's last stored output. */
export async function previousOutput(
  work: ExecutionTask | ItemTask,
  codec: unknown,
  link: KernelLink,
): Promise<unknown> {
  const output = (await link.ask({ kind: "previous" })) as StoredOutput | undefined;
  if (!output) return undefined;
  return (await decode(output, codec, readerOf("previous", output, { work, link })))?.value;
}

interface Sources {
  readonly work: ExecutionTask | ItemTask;
  readonly cargo: ExecutionPayload;
  readonly link: KernelLink;
}

async function readInput(plan: InputPlan, at: number, { work, cargo, link }: Sources): Promise<unknown> {
  switch (plan.kind) {
    case "value":
      return cargo.values[at];
    case "file":
      return handleOf(plan);
    case "stored": {
      const codec = cargo.codecs[at];
      const read = async (output: StoredOutput): Promise<{ readonly value: unknown } | undefined> =>
        decode(output, codec, readerOf(at, output, { work, link }));
      const found = await read(plan.output);
      if (found) return found.value;
      const again = await read((await link.ask({ kind: "lost", of: at })) as StoredOutput);
      if (again) return again.value;
      throw new StagebookError(
        "value-lost",
        "the value of an input could be made and not be read",
        "Look at the store's folder: something removes its files.",
      );
    }
  }
}

async function decode(
  stored: StoredOutput,
  given: unknown,
  read: ReadBlob,
): Promise<{ readonly value: unknown } | undefined> {
  const { output, paths } = stored;
  const codec = (given as Codec | CodecName | undefined) ?? codecNamed(output.codec);
  if (output.items !== undefined)
    return { value: new StoredStream(output.items, () => readItems(output.blobs, codec, read)) };
  const decoded = await decodeValue(output.blobs, codec, read);
  return (
    decoded &&
    withPaths(decoded.value, stored, { filePath: async (file) => paths[output.files.indexOf(file)] || undefined })
  );
}

function readerOf(of: OutputTarget, output: StoredOutput, { work, link }: Pick<Sources, "work" | "link">): ReadBlob {
  const blobs = output.isStored && work.folder !== undefined ? blobsIn(work.folder) : undefined;
  return async (ref: BlobRef, into?: Uint8Array) => {
    const found = await blobs?.readBlob(ref, into);
    if (found) return found;
    // The kernel tells what is wrong with a stored one.
    const bytes = (await link.ask({ kind: "blob", of, ref })) as Uint8Array | undefined;
    if (!bytes || !into) return bytes;
    into.set(bytes);
    return into;
  };
}

/** Each number in the frame stands for the value of that place; lists and objects are only round them. */
function filled(frame: unknown, values: readonly unknown[]): unknown {
  if (typeof frame === "number") return values[frame];
  if (Array.isArray(frame)) return frame.map((item) => filled(item, values));
  const entries = Object.entries(frame as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.map(([key, item]) => [key, filled(item, values)]));
}
