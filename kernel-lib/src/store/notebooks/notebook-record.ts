/** The record of a notebook as text: self-checking, one for each notebook. Used by the stores in files and in buckets. */
import { fileNameOf } from "../records/file-name";
import { decodeRecord, encodeRecord, isObject } from "../records/entry-record";
import type { NotebookRecord } from "../store";

/** The name of the file or object, without a folder. */
export function notebookFileName(id: string): string {
  return `${fileNameOf(id)}.json`;
}

export function encodeNotebook(record: NotebookRecord): string {
  return encodeRecord(["notebook", notebookFileName(record.id)], record);
}

/** The record in the file or object of that name; undefined when it is damaged. */
export function decodeNotebook(fileName: string, text: string): NotebookRecord | undefined {
  const record = decodeRecord(["notebook", fileName], text)?.record;
  if (!isObject(record) || !Array.isArray(record.places) || !Array.isArray(record.marks)) return undefined;
  const { id, uid, name, at } = record;
  if (typeof id !== "string" || typeof uid !== "string" || typeof name !== "string") return undefined;
  if (typeof at !== "number" || notebookFileName(id) !== fileName) return undefined;
  const places = record.places.flatMap(asPlace);
  const marks = record.marks.filter((mark): mark is string => typeof mark === "string");
  const former = Array.isArray(record.former) ? record.former.filter((folder) => typeof folder === "string") : [];
  return { id, uid, name, places, marks, at, ...(former.length > 0 && { former }) };
}

function asPlace(data: unknown): NotebookRecord["places"] {
  if (!isObject(data)) return [];
  const { host, path, file } = data;
  if (typeof host !== "string" || typeof path !== "string") return [];
  return [{ host, path, ...(typeof file === "string" && { file }) }];
}
