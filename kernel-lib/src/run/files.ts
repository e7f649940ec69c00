/** External files as inputs: their digests, remembered while the file is untouched, and the handle that a stage gets. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { pipeline } from "node:stream/promises";
import { StagebookError, type Digest } from "../protocol";
import { digestOf } from "../key/digest";
import type { FileHandle } from "../stage/face";

/** The content of a file now. */
export interface FileState {
  readonly digest: Digest;
  /** `13.5 MB`, `missing`. */
  readonly text: string;
  /** A folder: what lies in it is not looked at, so nothing can be said of its content. */
  readonly isFolder?: true;
}

interface Remembered extends FileState {
  readonly stamp: string;
  readonly changedNs: bigint;
  readonly takenNs: bigint;
}

/** A file system's clock may be this coarse: a file changed this close to its digest is read again. */
const RACY_NS = 2_000_000_000n;

export class Files {
  private readonly remembered = new Map<string, Remembered>();

  constructor(readonly folder: string) {}

  resolve(file: string): string {
    return path.resolve(this.folder, file);
  }

  /** A missing or unreadable file has a state too: the stage that reads it will say so. */
  async state(file: string): Promise<FileState> {
    const full = this.resolve(file);
    try {
      const stat = await fs.stat(full, { bigint: true });
      const stamp = [stat.size, stat.ino, stat.mtimeNs, stat.ctimeNs].join(":");
      const changedNs = stat.mtimeNs > stat.ctimeNs ? stat.mtimeNs : stat.ctimeNs;
      const known = this.remembered.get(full);
      if (known?.stamp === stamp && known.takenNs - known.changedNs > RACY_NS) return known;
      const takenNs = BigInt(Date.now()) * 1_000_000n;
      const state = { digest: await digestFile(full), text: bytesText(Number(stat.size)), stamp, changedNs, takenNs };
      this.remembered.set(full, state);
      return state;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === undefined) throw error;
      if (code === "EISDIR") return { digest: digestOf("folder"), text: "a folder", isFolder: true };
      const text = code === "ENOENT" ? "missing" : `unreadable (${code})`;
      return { digest: digestOf(text), text };
    }
  }

  handle(file: string): FileHandle {
    const full = this.resolve(file);
    const read = async (): Promise<Buffer> => {
      try {
        return await fs.readFile(full);
      } catch (error) {
        throw fileError(file, full, error);
      }
    };
    const handle: FileHandle = {
      path: full,
      text: async () => (await read()).toString("utf8"),
      bytes: async () => new Uint8Array(await read()),
      json: async <T>() => JSON.parse((await read()).toString("utf8")) as T,
      lines: () => readLines(file, full),
    };
    places.set(handle, { path: file, folder: this.folder });
    return handle;
  }
}

/** Where handles were made, so that another thread can make them again. */
const places = new WeakMap<object, FilePlace>();

export interface FilePlace {
  readonly path: string;
  readonly folder: string;
}

/** Undefined for what is no handle of a file. */
export function placeOfHandle(handle: object): FilePlace | undefined {
  return places.get(handle);
}

async function* readLines(file: string, full: string): AsyncIterable<string> {
  try {
    for await (const line of readline.createInterface({ input: createReadStream(full), crlfDelay: Infinity }))
      yield line;
  } catch (error) {
    throw fileError(file, full, error);
  }
}

function fileError(file: string, full: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT")
    return new StagebookError(
      "file-missing",
      `file "${file}" is not there`,
      `It was looked for at ${full}; paths are relative to the notebook.`,
    );
  if (code === "EACCES" || code === "EISDIR" || code === "EPERM")
    return new StagebookError("file-unreadable", `file "${file}" cannot be read (${code})`, `Look at ${full}.`);
  return error;
}

async function digestFile(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex") as Digest;
}

/** `980 B`, `12.3 kB`, `13.5 MB`: decimal units. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}
