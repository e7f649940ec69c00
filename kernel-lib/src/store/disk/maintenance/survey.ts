/** All results and blobs that a disk store has, as upkeep needs them. */
import { join } from "node:path";
import { isDigest } from "../../../key/digest";
import type { Digest } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import { decodeEntry } from "../../records/entry-record";
import type { Stamp } from "../../files/file-reads";
import type { BlobRef, Entry } from "../../store";
import { codeOf } from "../../records/store-error";
import type { StorePaths } from "../folder";
import type { UsedEntry } from "../../maintenance/choices";
import { inParallel } from "../../turns";

const AT_ONCE = 32;
/** How often progress is told, in files. */
const STEP = 256;

/** One record. */
export interface SurveyedEntry extends UsedEntry {
  readonly path: string;
  /** `mtimeMs` tells when the result was last used. */
  readonly stamp: Stamp;
}

export interface Watch {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Every record there is, in order of keys. Rejects with errors of the system: who cannot read a record must not judge its blobs. */
export async function surveyEntries(
  files: DurableFiles,
  paths: StorePaths,
  watch: Watch,
): Promise<readonly SurveyedEntry[]> {
  const keys = (await files.list(paths.entries())).flatMap((name) => keyOf(name) ?? []);
  const found: SurveyedEntry[] = [];
  await watched(keys, watch, async (key) => {
    const path = paths.entry(key);
    const record = await files.readDated(path).catch(asFolder);
    if (!record) return;
    const text = Buffer.from(record.bytes.buffer, record.bytes.byteOffset, record.bytes.byteLength).toString("utf8");
    const entry = decodeEntry(key, text);
    found.push({
      key,
      path,
      stamp: record.stamp,
      usedAtMs: record.stamp.mtimeMs,
      blobs: entry && blobsOf(entry),
      run: entry?.run,
    });
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The digests of all blobs there are. */
export async function listBlobs(files: DurableFiles, paths: StorePaths): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for (const start of await files.list(paths.blobs())) {
    if (start.length !== 2) continue;
    for (const rest of await files.list(join(paths.blobs(), start))) {
      const digest = start + rest;
      if (isDigest(digest)) found.push(digest);
    }
  }
  return found;
}

/** Of the value and of its files. */
export function blobsOf({ output }: Entry): readonly BlobRef[] {
  return [...output.blobs, ...output.files].map(({ digest, sizeBytes }) => ({ digest, sizeBytes }));
}

/** Does the work for each item, some at once; tells how far it is, and stops when told to. */
export async function watched<T>(items: readonly T[], watch: Watch, work: (item: T) => Promise<void>): Promise<void> {
  let done = 0;
  await inParallel(items, AT_ONCE, async (item) => {
    watch.signal?.throwIfAborted();
    await work(item);
    if (++done % STEP === 0) watch.onProgress?.(done, items.length);
  });
  watch.onProgress?.(done, items.length);
}

/** A folder in the place of a record is damage; what cannot be read for another reason may be whole. */
function asFolder(error: unknown): { readonly bytes: Uint8Array; readonly stamp: Stamp } {
  if (codeOf(error) !== "EISDIR") throw error;
  // Of no file: whoever looks again finds another one, and leaves it alone.
  return { bytes: new Uint8Array(0), stamp: { ino: -1, mtimeMs: 0, sizeBytes: 0 } };
}

function keyOf(name: string): Digest | undefined {
  const key = name.slice(0, -".json".length);
  return name.endsWith(".json") && isDigest(key) ? key : undefined;
}
