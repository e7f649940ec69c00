/** External files as inputs: their digests, remembered until the file changes. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { formatSize, type Digest } from "../../protocol";
import { digestContent, digestOf } from "../../key/digest";
import { secrets } from "../../secrets/secret-texts";
import type { FileHandle } from "../../stage/public/inputs";
import { handleOf } from "./file-handle";
import { FileWatch } from "./file-watch";

/** The current content of a file. */
export interface FileState {
  readonly digest: Digest;
  /** `13.5 MB`, `missing`. */
  readonly text: string;
  /** Absent for a file that is missing or unreadable. */
  readonly sizeBytes?: number;
  /** Set for a folder: its contents are not digested. */
  readonly isFolder?: true;
}

interface Remembered extends FileState {
  readonly stamp: string;
  readonly changedNs: bigint;
  readonly takenNs: bigint;
}

/** The resolution of a file system's clock can be this coarse: a file that changed this close to its digest is read again. */
const RACY_NS = 2_000_000_000n;
/** Bytes up to which a file is read as a whole. */
const SMALL = 262_144;

export class Files {
  readonly watch = new FileWatch();
  private readonly remembered = new Map<string, Remembered>();

  constructor(readonly folder: string) {}

  resolve(file: string): string {
    return path.resolve(this.folder, file);
  }

  /** A missing or unreadable file has a state too: the stage that reads it fails. */
  async state(file: string): Promise<FileState> {
    const full = this.resolve(file);
    try {
      const stat = await fs.stat(full, { bigint: true });
      this.watch.looked(full, stat);
      const stamp = [secrets.version, stat.size, stat.ino, stat.mtimeNs, stat.ctimeNs].join(":");
      const changedNs = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
      const known = this.remembered.get(full);
      if (known?.stamp === stamp && known.takenNs - known.changedNs > RACY_NS) return known;
      const takenNs = BigInt(Date.now()) * 1_000_000n;
      const sizeBytes = Number(stat.size);
      const digest = await digestFile(full, sizeBytes);
      const state = { digest, text: formatSize(sizeBytes), sizeBytes, stamp, changedNs, takenNs };
      this.remembered.set(full, state);
      return state;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      this.watch.looked(full);
      if (code === "EISDIR") return { digest: digestOf("folder"), text: "a folder", isFolder: true };
      const text = code === "ENOENT" ? "missing" : `unreadable (${code})`;
      return { digest: digestOf(text), text };
    }
  }

  handle(file: string): FileHandle {
    return handleOf({ path: file, folder: this.folder });
  }
}

async function digestFile(file: string, sizeBytes: number): Promise<Digest> {
  // A stream takes several times as long for a small file.
  if (sizeBytes <= SMALL) return digestContent(await fs.readFile(file));
  const hash = createHash("sha256");
  const search = secrets.search();
  const stream = createReadStream(file);
  if (search) stream.on("data", (chunk) => search.look(chunk as Buffer));
  await pipeline(stream, hash);
  const digest = hash.digest("hex") as Digest;
  return search?.keyed(digest) ?? digest;
}
