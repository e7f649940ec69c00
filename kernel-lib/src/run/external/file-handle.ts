/** What a stage gets for an external file: it reads the file when it is asked to. */
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

/** Where handles were made, so that another thread can make them again. */
const places = new WeakMap<object, FileLocation>();

export function handleOf(place: FileLocation): FileHandle {
  const file = place.path;
  const full = path.resolve(place.folder, file);
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
  places.set(handle, place);
  return handle;
}

/** Undefined for what is no handle of a file. */
export function locationOfHandle(handle: object): FileLocation | undefined {
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
