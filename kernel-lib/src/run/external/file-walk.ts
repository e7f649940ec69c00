/** The search for files below a folder. Called by `matched-files.ts`. */
import type { Dirent, Stats } from "node:fs";
import fs from "node:fs/promises";
import path from "node:path";
import { forEachParallel } from "../../store/concurrency";
import type { FilePattern } from "./file-pattern";

/** How many folders or links are read in parallel. */
const PARALLEL = 16;

/**
 * The paths of the files below `root` that match, relative to it, in order of their UTF-16 code units. Each symbolic link is followed
 * once, after all real folders, and not if it leads to a folder that contains it. A link that leads nowhere counts as a file. Empty if
 * `root` does not exist. `entering` is called with the absolute path of each folder before it is read. Rejects with the error of the system for a folder that cannot be read.
 */
export async function findFiles(
  root: string,
  pattern: FilePattern,
  entering: (folder: string) => void = () => undefined,
): Promise<readonly string[]> {
  const walk = new FileWalk(root, pattern, entering);
  let links = await walk.visit([""]);
  while (links.length > 0) links = await walk.visit(await walk.follow(links));
  return walk.found.sort(compareTexts);
}

class FileWalk {
  readonly found: string[] = [];
  /** Real paths of the links that were followed. */
  private readonly followed = new Set<string>();

  constructor(
    private readonly root: string,
    private readonly pattern: FilePattern,
    private readonly entering: (folder: string) => void,
  ) {}

  /** Takes the files of the folders and of all that are in them. Returns the links that it found. */
  async visit(folders: readonly string[]): Promise<readonly string[]> {
    const links: string[] = [];
    let level = folders;
    while (level.length > 0) {
      const next: string[] = [];
      await forEachParallel(level, PARALLEL, (folder) => this.read(folder, next, links));
      level = next;
    }
    return links.sort(compareTexts);
  }

  /** Takes the files that links lead to. Returns the links that lead to folders. */
  async follow(links: readonly string[]): Promise<readonly string[]> {
    const folders: string[] = [];
    // One after the other: with two ways to a link, the first one in order is taken.
    for (const link of links) {
      const target = await statOf(this.absolute(link));
      if (!target?.isDirectory()) {
        if ((!target || target.isFile()) && this.pattern.matches(link)) this.found.push(link);
      } else if (this.pattern.enters(link) && (await this.isNew(link))) folders.push(link);
    }
    return folders;
  }

  private async read(folder: string, folders: string[], links: string[]): Promise<void> {
    this.entering(this.absolute(folder));
    for (const entry of await entriesOf(this.absolute(folder))) {
      const below = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isSymbolicLink()) links.push(below);
      else if (entry.isDirectory()) {
        if (this.pattern.enters(below)) folders.push(below);
      } else if (entry.isFile() && this.pattern.matches(below)) this.found.push(below);
    }
  }

  private async isNew(link: string): Promise<boolean> {
    const file = this.absolute(link);
    const [container, target] = await Promise.all([fs.realpath(path.dirname(file)), fs.realpath(file)]);
    if (container === target || container.startsWith(target.endsWith(path.sep) ? target : target + path.sep))
      return false;
    const real = path.join(container, path.basename(file));
    return !this.followed.has(real) && this.followed.add(real) !== undefined;
  }

  private absolute(below: string): string {
    return path.join(this.root, below);
  }
}

async function entriesOf(folder: string): Promise<readonly Dirent[]> {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Undefined for a link that leads nowhere, or to itself. */
async function statOf(file: string): Promise<Stats | undefined> {
  try {
    return await fs.stat(file);
  } catch (error) {
    if (isMissing(error) || (error as NodeJS.ErrnoException).code === "ELOOP") return undefined;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
