/** Paths of one execution: which of them come from outside, and which the execution itself has written. */
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const workingFolder = process.cwd.bind(process);

/** A loop of links ends here, as in the file system. */
const MAX_LINKS = 40;

/** Node's and the loaders' own: devices, processes, packages, compiled code. /dev/shm is a folder in memory, with files of users. */
const CACHES = [path.join(os.tmpdir(), "jiti"), path.join(os.tmpdir(), "node-compile-cache")];
const IGNORED = /^\/(proc|dev(?!\/shm\/)|sys)(\/|$)|[\\/]node_modules([\\/]|$)/;

let folderChanges = 0;

/** To be called when the process has changed its working folder. */
export function forgetRelativePaths(): void {
  folderChanges++;
}

/** How often that has happened. */
export function workingFolderChanges(): number {
  return folderChanges;
}

/** The absolute path of what was passed to a function of `fs`; undefined for file descriptors and everything else. */
export function absolutePath(given: unknown): string | undefined {
  if (typeof given === "string") return path.resolve(workingFolder(), given);
  if (given instanceof Uint8Array) return path.resolve(workingFolder(), Buffer.from(given).toString());
  if (given instanceof URL && given.protocol === "file:") return path.resolve(fileURLToPath(given));
  return undefined;
}

/** Whether it is another path in another working folder. */
export function isRelative(given: unknown): boolean {
  if (typeof given === "string") return !path.isAbsolute(given);
  return given instanceof Uint8Array && !path.isAbsolute(Buffer.from(given).toString());
}

/** Whether a path can be a read of the user's: not in a package, not of the system. */
export function isUsersPath(file: string): boolean {
  return !IGNORED.test(file) && !CACHES.some((cache) => file.startsWith(cache));
}

export class OwnPaths {
  private readonly touched = new Set<string>();
  private latest: string[] = [];
  private readonly folders = new Set<string>();
  /** Folders with random names: the text before the six letters. */
  private readonly prefixes: string[] = [];
  private readonly links = new Map<string, string>();
  private readonly known = new Map<string, string | undefined>();
  private changes = folderChanges;

  /** `ignores`: absolute paths that are never recorded. */
  constructor(private readonly ignores: (file: string) => boolean) {}

  /** The absolute path if it is read from outside: not a package's, not the system's, not written by this execution. */
  outside(given: unknown): string | undefined {
    const file = this.counted(given);
    if (file === undefined) return undefined;
    const real = this.links.size === 0 ? file : this.throughLinks(file);
    return this.isOwn(real) ? undefined : real;
  }

  /** Written, created, renamed or removed by the execution. */
  touch(given: unknown): void {
    const file = absolutePath(given);
    if (file !== undefined) this.add(file);
  }

  private add(file: string): void {
    if (!this.touched.has(file)) this.latest.push(file);
    this.touched.add(file);
  }

  /** The list that the paths which are touched from now on are added to, without those that it has written before. */
  startList(): readonly string[] {
    return (this.latest = []);
  }

  /** Forgets paths that it has touched: nothing became of it. */
  untouch(files: readonly string[]): void {
    for (const file of files) {
      this.touched.delete(file);
      this.folders.delete(file);
      this.links.delete(file);
    }
  }

  /** A folder that the execution has created: what is in it is its own. */
  own(given: unknown): void {
    const folder = absolutePath(given);
    if (folder === undefined) return;
    this.add(folder);
    this.folders.add(folder);
  }

  /** A folder that the execution creates with a random name. */
  ownTemporary(prefix: unknown): void {
    const text =
      typeof prefix === "string" && prefix.endsWith(path.sep)
        ? `${absolutePath(prefix) ?? ""}${path.sep}`
        : absolutePath(prefix);
    if (text !== undefined) this.prefixes.push(text);
  }

  /** A link that the execution has created: reads through it are reads of the target. */
  link(target: unknown, given: unknown): void {
    const link = absolutePath(given);
    const text = target instanceof URL ? fileURLToPath(target) : String(target);
    if (link !== undefined) this.links.set(link, path.resolve(path.dirname(link), text));
  }

  /** Whether the execution has written it, or created a folder around it. */
  isOwn(file: string): boolean {
    if (this.touched.has(file)) return true;
    if (this.folders.size === 0 && this.prefixes.length === 0) return false;
    for (let at = file; ; at = path.dirname(at)) {
      if (this.folders.has(at) || this.prefixes.some((prefix) => isTemporary(at, prefix))) return true;
      if (at === path.dirname(at)) return false;
    }
  }

  private counted(given: unknown): string | undefined {
    if (typeof given !== "string") return this.ifCounted(absolutePath(given));
    if (this.changes !== folderChanges) {
      this.changes = folderChanges;
      this.known.clear();
    }
    if (this.known.has(given)) return this.known.get(given);
    const file = this.ifCounted(absolutePath(given));
    this.known.set(given, file);
    return file;
  }

  private ifCounted(file: string | undefined): string | undefined {
    return file !== undefined && isUsersPath(file) && !this.ignores(file) ? file : undefined;
  }

  private throughLinks(file: string): string {
    let real = file;
    for (let hops = 0; hops < MAX_LINKS; hops++) {
      const [link, target] = [...this.links].find(([from]) => real === from || real.startsWith(from + path.sep)) ?? [];
      if (link === undefined || target === undefined) return real;
      real = target + real.slice(link.length);
    }
    return real;
  }
}

/** `mkdtemp` adds six letters. */
const isTemporary = (folder: string, prefix: string): boolean =>
  folder.length === prefix.length + 6 && folder.startsWith(prefix);
