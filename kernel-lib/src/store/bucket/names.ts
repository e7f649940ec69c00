/** The names of objects of a store in a bucket. The layout follows that of the disk store where possible. */
import { isDigest } from "../../key/digest";
import type { Digest, RunId } from "../../protocol";
import { fileNameOf } from "../records/file-name";
import type { HeadName, HeadRow } from "../store";

export const BLOBS = "blobs-v1/";
export const ENTRIES = "entries-v1/";
export const HEADS = "heads/";
export const LIVE = "live/";
export const CLAIMS = "claims/";
export const PINS = "pins/";
export const USED = "used/";
export const PENDING_REMOVALS = "going/";
export const RUNS = "runs/";
export const NOTEBOOKS = "notebooks/";
export const FORMAT = "format.json";
export const EVICTED = "evicted.json";

const ROW = /^(\d{16})\.([-+.e\d]+)\.([0-9a-f]{64})\.([0-9a-f]{64})$/;

export function blobName(digest: Digest): string {
  return `${BLOBS}${digest.slice(0, 2)}/${digest.slice(2)}`;
}

/** The blob that an object holds, or holds a part of. */
export function blobOfName(name: string): Digest | undefined {
  const digest = name.slice(BLOBS.length).replace("/", "").slice(0, 64);
  return isDigest(digest) ? digest : undefined;
}

export function entryName(key: Digest): string {
  return `${ENTRIES}${key}.json`;
}

export function keyOfEntry(name: string): Digest | undefined {
  const key = name.slice(ENTRIES.length, -".json".length);
  return name.endsWith(".json") && isDigest(key) ? key : undefined;
}

export function headPrefix(head: HeadName): string {
  return `${HEADS}${fileNameOf(head.notebook)}/${fileNameOf(head.stage)}/`;
}

/** The name holds the row: a history is read by listing it, and appended to without reading it. */
export function rowName(head: HeadName, order: string, row: HeadRow): string {
  return `${headPrefix(head)}${order}.${row.at}.${row.key}.${row.partial}`;
}

export function rowOfName(name: string): HeadRow | undefined {
  const [, , at, key, partial] = ROW.exec(name.slice(name.lastIndexOf("/") + 1)) ?? [];
  if (!isDigest(key) || !isDigest(partial) || !Number.isFinite(Number(at))) return undefined;
  return { key, partial, at: Number(at) };
}

export function runPrefix(run: RunId): string {
  return `${RUNS}${fileNameOf(run)}/`;
}

/** A sequence of texts that sort in order of creation: microseconds, never the same twice in this process. */
export class Sequence {
  private last = 0;

  next(): string {
    this.last = Math.max(Date.now() * 1000, this.last + 1);
    return String(this.last).padStart(16, "0");
  }

  /** Continues after `order`, even if it comes from a machine whose clock is ahead. */
  follow(order: string): void {
    this.last = Math.max(this.last, Number(order));
  }
}

/** The text of a `Sequence` in a name. */
export function orderOf(name: string): string {
  return name.slice(name.lastIndexOf("/") + 1, name.lastIndexOf("/") + 17);
}
