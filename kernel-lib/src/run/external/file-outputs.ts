/**
 * File outputs: files that a stage writes at paths from `fileOut`. In digests and in the store, each such path is a marker with the
 * file's digest: equal files are equal values wherever they are, and loading the value returns paths that exist on that machine.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { currentRecorder, unobserved } from "../../observe";
import { isStagebookError, StagebookError } from "../../protocol";
import type { MaybePromise } from "../../async/maybe-promise";
import type { Entry, FileRef, StageFiles } from "../../store/store";

const MARK = "\u0000stagebook-file/";

/** A value in which markers stand for the paths of its files: the same on every machine. */
export interface PortableValue {
  readonly value: unknown;
  readonly files: readonly FileRef[];
}

/** The folder in which the stages of one kernel write their files. */
export class Scratch {
  private opened: string | undefined;
  private opening: Promise<string | StagebookError> | undefined;

  constructor(private readonly store: StageFiles) {}

  /** The folder, or why there is none: an error only for stages that write files. */
  folder(): MaybePromise<string | StagebookError> {
    return this.opened ?? (this.opening ??= this.open());
  }

  private async open(): Promise<string | StagebookError> {
    try {
      this.opened = await this.store.scratchFolder();
      return this.opened;
    } catch (error) {
      this.opening = undefined;
      if (isStagebookError(error)) return error;
      throw error;
    }
  }
}

/** The files of one execution. */
export class FileOutputs {
  private readonly paths = new Map<string, string>();
  private folder: string | undefined;

  constructor(
    private readonly stage: string,
    private readonly store: Pick<StageFiles, "adoptFile">,
    private readonly scratch: string | StagebookError,
  ) {}

  /** Whether a path was requested. */
  get isUsed(): boolean {
    return this.paths.size > 0;
  }

  /** The path at which to write the file. Throws `file-name` for anything but a plain name. */
  pathOf(name: string): string {
    if (typeof name !== "string" || name === "" || name !== path.basename(name) || [".", ".."].includes(name))
      throw new StagebookError(
        "file-name",
        `stage "${this.stage}": fileOut needs the name of a file, not ${JSON.stringify(name)}`,
        'Write fileOut("report.html"), without a folder.',
        { stage: this.stage },
      );
    this.folder ??= unobserved(() => this.makeFolder());
    // What the stage writes there and reads again is its own.
    currentRecorder()?.createdFolder(this.folder);
    const full = path.join(this.folder, name);
    this.paths.set(full, name);
    return full;
  }

  /** Moves the files that the value names into the store. Throws `file-missing` when one was not written. */
  adopt(value: unknown): MaybePromise<PortableValue> {
    return this.isUsed ? this.adoptNamed(value) : { value, files: [] };
  }

  private async adoptNamed(value: unknown): Promise<PortableValue> {
    const named = new Set<string>();
    replaceTexts(value, (text) => {
      if (this.paths.has(text)) named.add(text);
      return text;
    });
    const marks = new Map<string, FileRef>();
    for (const full of named) marks.set(full, await this.adoptOne(full, this.paths.get(full) ?? ""));
    const portable = replaceTexts(value, (text) => {
      const ref = marks.get(text);
      return ref ? markOf(ref) : text;
    });
    return { value: portable, files: [...marks.values()] };
  }

  /** Synchronous: a stage requests a path in the middle of its work. */
  private makeFolder(): string {
    if (isStagebookError(this.scratch)) throw this.scratch;
    mkdirSync(this.scratch, { recursive: true, mode: 0o700 });
    return mkdtempSync(path.join(this.scratch, "files-"));
  }

  private async adoptOne(full: string, name: string): Promise<FileRef> {
    const found = await stat(full).catch(() => undefined);
    if (found?.isFile()) return this.store.adoptFile(full, name);
    throw new StagebookError(
      "file-missing",
      `stage "${this.stage}" returned the path of "${name}", and ${found ? "that path is not a file" : "did not write that file"}`,
      `Write to fileOut("${name}") before returning it.`,
      { stage: this.stage },
    );
  }
}

export function filesInStream(stage: string): StagebookError {
  return new StagebookError(
    "stream-files",
    `stage "${stage}" returns a stream and requested a file output`,
    "Return the files in an array, or write them in a separate stage.",
    { stage },
  );
}

/** The value with paths on this machine instead of the markers of `entry`; undefined when a file is gone. */
export function withPaths(
  value: unknown,
  { output }: Pick<Entry, "output">,
  store: Pick<StageFiles, "filePath">,
): MaybePromise<{ readonly value: unknown } | undefined> {
  return output.files.length === 0 ? { value } : replaceMarks(value, output, store);
}

async function replaceMarks(
  value: unknown,
  output: Entry["output"],
  store: Pick<StageFiles, "filePath">,
): Promise<{ readonly value: unknown } | undefined> {
  const paths = new Map<string, string>();
  for (const ref of output.files) {
    const found = await store.filePath(ref);
    if (found === undefined) return undefined;
    paths.set(markOf(ref), found);
  }
  return { value: replaceTexts(value, (text) => paths.get(text) ?? text) };
}

function markOf(ref: FileRef): string {
  return `${MARK}${ref.digest}/${ref.name}`;
}

/** A copy with each text replaced, in arrays, plain objects, maps and sets; other objects are used as they are. */
function replaceTexts(value: unknown, replace: (text: string) => string): unknown {
  const copies = new Map<object, unknown>();
  const walk = (node: unknown): unknown => {
    if (typeof node === "string") return replace(node);
    if (typeof node !== "object" || node === null) return node;
    if (copies.has(node)) return copies.get(node);
    if (Array.isArray(node))
      return fill(node, [] as unknown[], (copy) => node.forEach((item) => copy.push(walk(item))));
    if (node instanceof Map)
      return fill(node, new Map(), (copy) => node.forEach((item, key) => copy.set(walk(key), walk(item))));
    if (node instanceof Set) return fill(node, new Set(), (copy) => node.forEach((item) => copy.add(walk(item))));
    const prototype: unknown = Object.getPrototypeOf(node);
    if (prototype !== Object.prototype && prototype !== null) return node;
    const copy = Object.create(prototype) as Record<string, unknown>;
    return fill(node, copy, () => {
      for (const [key, item] of Object.entries(node))
        Object.defineProperty(copy, key, { value: walk(item), enumerable: true, writable: true, configurable: true });
    });
  };
  const fill = <T>(node: object, copy: T, put: (copy: T) => void): T => {
    copies.set(node, copy);
    put(copy);
    return copy;
  };
  return walk(value);
}
