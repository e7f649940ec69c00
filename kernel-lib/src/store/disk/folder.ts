/** The folder of a disk store: where everything lies, and the marker of its format. Used by the disk store. */
import { join } from "node:path";
import type { Digest, RunId } from "../../protocol";
import { StagebookError } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { decodeRecord, encodeRecord } from "../records/entry-record";
import { fileNameOf } from "../records/file-name";
import type { ProcessTag } from "../records/process-tag";
import type { HeadName, OnStoreProblem } from "../store";

/** Of the whole layout. Blobs and entries carry their own version in their folder's name. */
const FORMAT = 1;
const FORMAT_SUBJECT = ["format"];
const IGNORE_ALL = "# Results of Stagebook stages. Safe to delete: they are made again.\n*\n";

/** What the marker of the format says. */
export const formatMarker: string = encodeRecord(FORMAT_SUBJECT, { format: FORMAT });

/** The file and folder of one head, and what its rows are checked against. */
export interface HeadLocation {
  readonly notebook: string;
  readonly stage: string;
  readonly path: string;
  readonly subject: readonly string[];
}

/** Where each file is. Paths are made of encoded names only. */
export class StorePaths {
  constructor(readonly folder: string) {}

  readonly format = (): string => join(this.folder, "format.json");
  readonly ignore = (): string => join(this.folder, ".gitignore");
  readonly blobs = (): string => join(this.folder, "blobs-v1");
  readonly blob = (digest: Digest): string => join(this.blobs(), digest.slice(0, 2), digest.slice(2));
  readonly entries = (): string => join(this.folder, "entries-v1");
  readonly entry = (key: Digest): string => join(this.entries(), `${key}.json`);
  readonly heads = (): string => join(this.folder, "heads");
  readonly head = (name: HeadName): HeadLocation => this.headAt(fileNameOf(name.notebook), fileNameOf(name.stage));
  /** By names as they are encoded. */
  readonly headAt = (notebook: string, stage: string): HeadLocation => ({
    notebook,
    stage,
    path: join(this.heads(), notebook, stage),
    subject: ["head", notebook, stage],
  });
  readonly latestFolder = (): string => join(this.folder, "latest");
  readonly latest = (place: HeadLocation): string => join(this.latestFolder(), place.notebook, place.stage);
  readonly liveFolder = (): string => join(this.folder, "live");
  readonly live = (tag: ProcessTag): string => join(this.liveFolder(), tag);
  readonly claims = (): string => join(this.folder, "claims");
  readonly claim = (key: Digest): string => join(this.claims(), key);
  readonly holds = (): string => join(this.folder, "holds");
  readonly pins = (): string => join(this.folder, "pins");
  readonly pin = (key: Digest): string => join(this.pins(), key);
  readonly scratch = (): string => join(this.folder, "scratch");
  /** Which blobs upkeep has removed from results whose records stay. */
  readonly evicted = (): string => join(this.folder, "evicted.json");
  readonly runs = (): string => join(this.folder, "runs");
  readonly run = (run: RunId): string => join(this.runs(), `${fileNameOf(run)}.ndjson`);
}

/**
 * Throws StagebookError `store-format` when a newer Stagebook made the store. False when there is no marker. A damaged marker is
 * told and counts as none: entries and blobs carry versions of their own.
 */
export async function checkFormat(
  files: Pick<DurableFiles, "read">,
  { folder, format: path }: Pick<StorePaths, "folder" | "format">,
  onProblem: OnStoreProblem,
): Promise<boolean> {
  const bytes = await files.read(path());
  if (bytes === undefined) return false;
  const record = decodeRecord(FORMAT_SUBJECT, Buffer.from(bytes).toString("utf8"))?.record;
  const format = typeof record === "object" && record !== null && "format" in record ? record.format : undefined;
  if (typeof format !== "number") {
    onProblem("the format marker is damaged; it is written anew", path());
    return false;
  }
  if (format <= FORMAT) return true;
  throw new StagebookError(
    "store-format",
    `the store in ${folder} has format ${format}, and this version of Stagebook knows formats up to ${FORMAT}`,
    "Update stagebook (npm install stagebook@latest), or set STAGEBOOK_STORE to another folder.",
  );
}

/** Makes the folder, its marker and its .gitignore. */
export async function prepareFolder(files: DurableFiles, paths: StorePaths): Promise<void> {
  await files.makeFolder(paths.folder);
  await files.write(paths.format(), Buffer.from(formatMarker));
  const ignore = await files.read(paths.ignore());
  if (ignore === undefined) await files.writeLoosely(paths.ignore(), IGNORE_ALL);
}
