/** The survey of all results and blobs in a disk store, for maintenance. */
import { join } from "node:path";
import { isDigest } from "../../../key/digest";
import type { Digest } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import { blobsOf, decodeEntry } from "../../records/entry-record";
import type { Stamp } from "../../files/file-reads";
import { textOf } from "../../records/text";
import { codeOf } from "../../records/store-error";
import type { StorePaths } from "../folder";
import type { UsedEntry } from "../../maintenance/choices";
import { forEachWithProgress, type ProgressOptions } from "../../maintenance/progress";

/** A result and its record file. */
export interface SurveyedEntry extends UsedEntry {
  readonly path: string;
  /** Its `mtimeMs` is when the result was last used. */
  readonly stamp: Stamp;
}

/** All records, in order of keys. Rejects with system errors: blobs must not be judged without every record. */
export async function surveyEntries(
  files: DurableFiles,
  paths: StorePaths,
  progress: ProgressOptions,
): Promise<readonly SurveyedEntry[]> {
  const keys = (await files.list(paths.entries())).flatMap((name) => keyOf(name) ?? []);
  const found: SurveyedEntry[] = [];
  await forEachWithProgress(keys, progress, async (key) => {
    const path = paths.entry(key);
    const record = await files.readDated(path).catch(asFolder);
    if (!record) return;
    const { bytes, stamp } = record;
    const entry = decodeEntry(key, textOf(bytes));
    found.push({ key, path, stamp, usedAtMs: stamp.mtimeMs, blobs: entry && blobsOf(entry), run: entry?.run });
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The digests of all blobs. */
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

/** A folder with the name of a record is damage; a file that cannot be read for another reason may be intact. */
function asFolder(error: unknown): { readonly bytes: Uint8Array; readonly stamp: Stamp } {
  if (codeOf(error) !== "EISDIR") throw error;
  // The stamp of no file: the check before removal finds another one and keeps it.
  return { bytes: new Uint8Array(0), stamp: { ino: -1, mtimeMs: 0, sizeBytes: 0 } };
}

function keyOf(name: string): Digest | undefined {
  const key = name.slice(0, -".json".length);
  return name.endsWith(".json") && isDigest(key) ? key : undefined;
}
