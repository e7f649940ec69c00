/** The marker of a store's format: a record `{ format }` in `format.json`. Used by the disk store and the bucket store. */
import { StagebookError } from "../../protocol";
import type { OnStoreProblem } from "../store";
import { decodeRecord, encodeRecord, isObject } from "./entry-record";
import { textOf } from "./text";

/** The version of the whole layout. Blobs and entries carry their own version in the name of their folder. */
const FORMAT = 1;
const SUBJECT = ["format"];

/** The content of the marker. */
export const formatMarker: string = encodeRecord(SUBJECT, { format: FORMAT });

export interface FormatMarkerFiles {
  read(path: string): Promise<Uint8Array | undefined>;
}

/**
 * Whether `path` holds a marker. Throws StagebookError `store-format` when a newer Stagebook wrote the store. A damaged marker is
 * reported and counts as absent: entries and blobs carry versions of their own.
 */
export async function checkFormat(
  files: FormatMarkerFiles,
  { location, path }: { readonly location: string; readonly path: string },
  warn: OnStoreProblem,
): Promise<boolean> {
  const bytes = await files.read(path);
  if (bytes === undefined) return false;
  const record = decodeRecord(SUBJECT, textOf(bytes))?.record;
  const format = isObject(record) ? record.format : undefined;
  if (typeof format !== "number") {
    warn("the format marker is damaged; it will be rewritten", path);
    return false;
  }
  if (format <= FORMAT) return true;
  throw new StagebookError(
    "store-format",
    `the store in ${location} has format ${format}, but this version of Stagebook supports formats up to ${FORMAT}`,
    "Update stagebook (npm install stagebook@latest), or set STAGEBOOK_STORE to another folder.",
  );
}
