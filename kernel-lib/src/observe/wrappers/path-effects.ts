/** What functions of `fs` do with the paths that they are passed: which they read, which they write. */
import type { AnyFunction } from "../call-site";
import { constants } from "node:fs";
import path from "node:path";
import { filesBelow, foldersBelow, typeOf } from "../path-states";
import { absolutePath } from "../own-paths";
import type { ReadRecorder } from "../recorder";
import { noteAlways, noteClock } from "../volatile-notes";

/** Records what a call is about to do. `wrapper`: the function that was called. */
export type PathEffect = (recorder: ReadRecorder, args: readonly unknown[], wrapper: AnyFunction) => void;

const {
  O_ACCMODE = 3,
  O_APPEND,
  O_WRONLY,
  O_RDWR,
  O_EXCL,
  O_TRUNC,
} = constants as typeof constants & { O_ACCMODE?: number };

/** `stat`, `access`, `readlink` …: a property of a path. */
export function recordsPath(kind: "exists" | "stat" | "link"): PathEffect {
  return (recorder, [file, options]) => {
    if (!isOfLoader(options)) recorder.readPath(kind, file);
  };
}

/** Below `fs`: Node resolves links by asking for each folder of a path, with big integers; that is not a read of the user's. */
export const lstatsBelow: PathEffect = (recorder, [file, isBig, request]) => {
  if (isBig !== true || request !== undefined) recorder.readPath("stat", file);
};

/** The whole content; a file descriptor was recorded when it was opened. */
export const readsFile: PathEffect = (recorder, [file], wrapper) => {
  if (!notesDevice(recorder, file, wrapper)) recorder.readPath("file", file);
};

/** A listing, with those of the folders inside if it is recursive. */
export const readsFolder: PathEffect = (recorder, [folder, options]) => {
  recorder.readPath("folder", folder);
  const given = absolutePath(folder);
  if (given === undefined || !hasOption(options, "recursive")) return;
  for (const inner of foldersBelow(given)) recorder.readPath("folder", inner);
};

/** Reads, writes or both, by the flags. */
export const opens: PathEffect = (recorder, [file, flags], wrapper) => {
  if (notesDevice(recorder, file, wrapper)) return;
  const { reads, writes, isExclusive, extends: isExtended } = accessOf(flags);
  if (isExclusive && typeOf(absolutePath(file) ?? "") !== undefined) {
    recorder.readPath("exists", file);
    return;
  }
  if (reads) recorder.readPath("file", file);
  if (!writes) return;
  if (isExtended && typeOf(absolutePath(file) ?? "") === "file") recorder.extendFile(file);
  else recorder.touch(file);
};

/** The content of a file; the flags are an option. */
export function writes(defaultFlags: string): PathEffect {
  return (recorder, [file, , options], wrapper) => {
    const flag = typeof options === "object" && options !== null ? (options as { flag?: unknown }).flag : undefined;
    opens(recorder, [file, flag ?? defaultFlags], wrapper);
  };
}

/** The content of a file, below `fs`: the flags are the third argument. */
export const writesBelow: PathEffect = (recorder, [file, , flags], wrapper) => opens(recorder, [file, flags], wrapper);

/** Attributes or the path itself. */
export const touches: PathEffect = (recorder, [file]) => recorder.touch(file);

/** A folder, with the missing ones around it. */
export const createsFolder: PathEffect = (recorder, [folder]) => {
  const given = absolutePath(folder);
  if (given === undefined) return;
  if (typeOf(given) !== undefined) {
    recorder.readPath("exists", folder);
    return;
  }
  let first = given;
  while (typeOf(path.dirname(first)) === undefined && path.dirname(first) !== first) first = path.dirname(first);
  recorder.createdFolder(first);
};

/** A folder with a random name. */
export const createsTemporary: PathEffect = (recorder, [prefix]) => recorder.createdTemporary(prefix);

/** `copyFile`, `cp`. */
export const copies: PathEffect = (recorder, [source, target]) => {
  readsAll(recorder, source);
  if (typeOf(absolutePath(target) ?? "") === undefined && typeOf(absolutePath(source) ?? "") === "folder")
    recorder.createdFolder(target);
  else touchesAll(recorder, source, target);
};

/** `rename`: what was at the source is now at the target. */
export const moves: PathEffect = (recorder, [source, target]) => {
  readsAll(recorder, source);
  recorder.touch(source);
  if (typeOf(absolutePath(source) ?? "") === "folder") recorder.createdFolder(target);
  else recorder.touch(target);
};

/** A second name of a file. */
export const linksFile: PathEffect = (recorder, [source, target]) => {
  recorder.readPath("file", source);
  recorder.touch(target);
};

/** A symbolic link. */
export const linksPath: PathEffect = (recorder, [target, link]) => {
  recorder.touch(link);
  recorder.createdLink(target, link);
};

function readsAll(recorder: ReadRecorder, source: unknown): void {
  const given = absolutePath(source);
  if (given === undefined) return;
  if (typeOf(given) !== "folder") {
    recorder.readPath("file", source);
    return;
  }
  recorder.completePath(source);
  for (const folder of [given, ...foldersBelow(given)]) recorder.readPath("folder", folder);
  for (const file of filesBelow(given)) recorder.readPath("file", file);
}

/** A folder that is copied over an existing one: each file of it. */
function touchesAll(recorder: ReadRecorder, source: unknown, target: unknown): void {
  const [from, to] = [absolutePath(source), absolutePath(target)];
  recorder.touch(target);
  if (from === undefined || to === undefined || typeOf(from) !== "folder") return;
  for (const file of filesBelow(from)) recorder.touch(to + file.slice(from.length));
}

/** The letters after the slash in `/dev/`, `/proc/` and `/sys/`: whole files are read in microseconds. */
const [D, P, S] = [100, 112, 115] as const;
/** Of the system, for each process or for all: they differ from read to read. */
const MEASURED = /^\/(proc|sys)\//;

/** Terminals, random numbers and the like are not files. */
export function notesDevice(recorder: ReadRecorder, file: unknown, wrapper: AnyFunction): boolean {
  if (file === 0) noteAlways(recorder, "system", "stdin", wrapper);
  if (typeof file !== "string") return file === 0;
  const letter = file.charCodeAt(1);
  if (letter !== D && letter !== P && letter !== S) return false;
  if (file === "/dev/stdin") noteAlways(recorder, "system", "stdin", wrapper);
  else if (file === "/dev/random" || file === "/dev/urandom") noteAlways(recorder, "random", file, wrapper, "below");
  else if (MEASURED.test(file)) noteClock(recorder, "system", file, wrapper);
  else return false;
  return true;
}

interface Access {
  readonly reads: boolean;
  readonly writes: boolean;
  readonly isExclusive: boolean;
  /** What is in the file stays there. */
  readonly extends: boolean;
}

/** `flags`: as `fs.open` takes them, a number or a text. */
function accessOf(flags: unknown): Access {
  if (typeof flags === "number") {
    const access = flags & O_ACCMODE;
    const writes = access === O_WRONLY || access === O_RDWR;
    const isEmptied = (flags & O_TRUNC) !== 0;
    return {
      reads: access !== O_WRONLY && !isEmptied,
      writes,
      isExclusive: writes && (flags & O_EXCL) !== 0,
      extends: !isEmptied && (flags & O_APPEND) !== 0,
    };
  }
  const text = typeof flags === "string" ? flags : "r";
  const writes = /[wa+]/.test(text);
  return { reads: /r|a.*\+/.test(text), writes, isExclusive: text.includes("x"), extends: text.startsWith("a") };
}

const hasOption = (options: unknown, name: string): boolean =>
  typeof options === "object" && options !== null && (options as Record<string, unknown>)[name] === true;

/** Node's module loader passes its own cache, under a symbol. */
const isOfLoader = (options: unknown): boolean =>
  typeof options === "object" && options !== null && Object.getOwnPropertySymbols(options).length > 0;
