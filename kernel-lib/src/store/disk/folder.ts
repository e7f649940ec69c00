/** The layout of a disk store's folder. Used by the disk store. */
import { join } from "node:path";
import type { Digest, RunId } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { fileNameOf } from "../records/file-name";
import { formatMarker } from "../records/format-marker";
import type { ProcessTag } from "../records/process-tag";
import { isMisplaced } from "../records/store-error";
import type { HeadName } from "../store";

const IGNORE_ALL = "# Cached results of Stagebook stages. Safe to delete: they will be recomputed.\n*\n";

/** The file of one history, and the subject of the records in it. */
export interface HeadLocation {
  readonly notebook: string;
  readonly stage: string;
  readonly path: string;
  readonly subject: readonly string[];
}

/** The path of each file. Paths consist of encoded names only. */
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
  /** `notebook` and `stage`: encoded names. */
  readonly headAt = (notebook: string, stage: string): HeadLocation => ({
    notebook,
    stage,
    path: join(this.heads(), notebook, stage),
    subject: ["head", notebook, stage],
  });
  readonly latestFolder = (): string => join(this.folder, "latest");
  readonly latest = ({ notebook, stage }: HeadLocation): string => join(this.latestFolder(), notebook, stage);
  readonly liveFolder = (): string => join(this.folder, "live");
  readonly live = (tag: ProcessTag): string => join(this.liveFolder(), tag);
  readonly claims = (): string => join(this.folder, "claims");
  readonly claim = (key: Digest): string => join(this.claims(), key);
  readonly holds = (): string => join(this.folder, "holds");
  readonly pins = (): string => join(this.folder, "pins");
  readonly pin = (key: Digest): string => join(this.pins(), key);
  readonly scratch = (): string => join(this.folder, "scratch");
  /** The blobs that maintenance removed from results whose records stay. */
  readonly evicted = (): string => join(this.folder, "evicted.json");
  readonly notebooks = (): string => join(this.folder, "notebooks");
  readonly params = (): string => join(this.folder, "params");
  readonly runs = (): string => join(this.folder, "runs");
  readonly run = (run: RunId): string => join(this.runs(), `${fileNameOf(run)}.ndjson`);
}

/** Creates the folder, its format marker and its .gitignore. */
export async function prepareFolder(files: DurableFiles, paths: StorePaths): Promise<void> {
  await files.makeFolder(paths.folder);
  try {
    await files.write(paths.format(), Buffer.from(formatMarker));
  } catch (error) {
    // A folder that has its name: whoever looked for the marker has reported it, and `verify` names it. No result depends on the marker.
    if (!isMisplaced(error)) throw error;
  }
  const ignore = await files.read(paths.ignore());
  if (ignore === undefined) await files.writeLoosely(paths.ignore(), IGNORE_ALL);
}
