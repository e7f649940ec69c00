/** The survey of all results and blobs in a disk store, for maintenance. */
import { join } from "node:path";
import { isDigest } from "../../../key/digest";
import type { Digest } from "../../../protocol";
import type { DurableFiles } from "../../files/durable-files";
import { blobsOf, decodeEntry } from "../../records/entry-record";
import type { Stamp } from "../../files/file-reads";
import { textOf } from "../../records/text";
import { isMisplaced } from "../../records/store-error";
import type { StorePaths } from "../folder";
import type { UsedEntry } from "../../maintenance/choices";
import { forEachWithProgress, type ProgressOptions } from "../../maintenance/progress";

/** A result and its record file. */
export interface SurveyedEntry extends UsedEntry {
  readonly path: string;
  /** Its `mtimeMs` is when the result was last used. */
  readonly stamp: Stamp;
}

/** What a survey does about a folder or file that cannot be read. Without it, the survey rejects with the system error. */
export type OnUnreadable = (path: string, error: unknown) => void;

/**
 * All records, in order of keys. Blobs must not be judged without every record: with `onUnreadable`, the survey is for reading only.
 * Anything else than a file with the name of a record is a damaged record.
 */
export async function surveyEntries(
  files: DurableFiles,
  paths: StorePaths,
  progress: ProgressOptions,
  onUnreadable: OnUnreadable = rethrow,
): Promise<readonly SurveyedEntry[]> {
  const keys = (await namesIn(files, paths.entries(), onUnreadable)).flatMap((name) => keyOf(name) ?? []);
  const found: SurveyedEntry[] = [];
  await forEachWithProgress(keys, progress, async (key) => {
    const path = paths.entry(key);
    try {
      const record = await files.readDated(path).catch(asDamaged);
      if (!record) return;
      const { bytes, stamp } = record;
      const entry = decodeEntry(key, textOf(bytes));
      found.push({ key, path, stamp, usedAtMs: stamp.mtimeMs, blobs: entry && blobsOf(entry), run: entry?.run });
    } catch (error) {
      onUnreadable(path, error);
    }
  });
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** The digests of all blobs. */
export async function listBlobs(
  files: DurableFiles,
  paths: StorePaths,
  onUnreadable: OnUnreadable = rethrow,
): Promise<readonly Digest[]> {
  const found: Digest[] = [];
  for (const start of await namesIn(files, paths.blobs(), onUnreadable)) {
    if (start.length !== 2) continue;
    for (const rest of await namesIn(files, join(paths.blobs(), start), onUnreadable)) {
      const digest = start + rest;
      if (isDigest(digest)) found.push(digest);
    }
  }
  return found;
}

/** The names in a folder; none when it does not exist. */
export async function namesIn(
  files: DurableFiles,
  folder: string,
  onUnreadable: OnUnreadable,
): Promise<readonly string[]> {
  try {
    return await files.list(folder);
  } catch (error) {
    onUnreadable(folder, error);
    return [];
  }
}

function rethrow(_path: string, error: unknown): never {
  throw error;
}

/** Something else that has the name of a record is damage; a file that cannot be read for another reason may be intact. */
function asDamaged(error: unknown): { readonly bytes: Uint8Array; readonly stamp: Stamp } {
  if (!isMisplaced(error)) throw error;
  // The stamp of no file: the check before removal finds another one and keeps it.
  return { bytes: new Uint8Array(0), stamp: { ino: -1, mtimeMs: 0, sizeBytes: 0 } };
}

function keyOf(name: string): Digest | undefined {
  const key = name.slice(0, -".json".length);
  return name.endsWith(".json") && isDigest(key) ? key : undefined;
}
