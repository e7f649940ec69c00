/** File handles, which stages get for external files: they read the file on demand. */
import { createReadStream } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import readline from "node:readline";
import { StagebookError } from "../../protocol";
import type { FileHandle } from "../../stage/public/inputs";

/** `path` as it was written, relative to `folder`. */
export interface FileLocation {
  readonly path: string;
  readonly folder: string;
}

/** The location of each handle, so that another thread can create it again. */
const locations = new WeakMap<object, FileLocation>();

export function handleOf(location: FileLocation): FileHandle {
  const file = location.path;
  const full = path.resolve(location.folder, file);
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
  locations.set(handle, location);
  return handle;
}

/** Undefined for an object that is not a file handle. */
export function locationOfHandle(handle: object): FileLocation | undefined {
  return locations.get(handle);
}

/** The value with each file handle in its lists and plain objects replaced; the value itself if there is none. */
export function withoutHandles(value: unknown, replace: (location: FileLocation) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const location = locations.get(value);
  if (location) return replace(location);
  if (Array.isArray(value)) {
    const items = value.map((item) => withoutHandles(item, replace));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, item, withoutHandles(item, replace)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  return Object.fromEntries(entries.map(([key, , after]) => [key, after]));
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
      `file "${file}" does not exist`,
      `Looked in ${full}; paths are relative to the notebook.`,
    );
  if (code === "EACCES" || code === "EISDIR" || code === "EPERM")
    return new StagebookError(
      "file-unreadable",
      `file "${file}" cannot be read (${code})`,
      `Check the permissions of ${full}.`,
    );
  return error;
}
