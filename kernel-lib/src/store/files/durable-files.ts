/**
 * Atomic, durable files: written to a temporary file in the same folder, flushed, renamed, and the folder flushed. With `file-reads.ts`
 * the only code of the disk store that accesses the file system. Rejects with system errors; callers turn them into StagebookErrors.
 */
import { constants } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Digest } from "../../protocol";
import { digestFile, writePieces } from "./file-bytes";
import { FileReads } from "./file-reads";
import type { OpenFile } from "./file-system";
import { FolderFlushes } from "./folder-flushes";
import { isDeadHere } from "../records/process-tag";
import { codeOf, isAbsent } from "../records/store-error";
import { linesOf } from "../records/text";
import { settleAll } from "../concurrency";
import { asideOf, leftoverOf, originalOf, temporaryBeside } from "./temporary-names";

/** A file that is written and flushed under a temporary name. */
export interface StagedFile {
  /** Gives it its final name, which survives a power failure once `flush` has resolved. */
  publish(): Promise<void>;
  flush(): Promise<void>;
  abandon(): Promise<void>;
}

/** A file that was set aside: renamed, so that it can be removed or restored. */
export interface AsideFile {
  readonly path: string;
  remove(): Promise<void>;
  /** Renames it back, or removes it if a new file has its name by now. */
  restore(): Promise<void>;
}

/** A file is rewritten once in a clean-up: more often than this within one append never happens. */
const MAX_REPLACED = 5;

export class DurableFiles extends FileReads {
  private readonly folderFlushes = new FolderFlushes((folder) => this.flushNow(folder));
  /** Folders that this process has created a moment ago, until their own names survive a power failure: others use them already. */
  private readonly naming = new Map<string, Promise<void>>();

  /** Writes and flushes a temporary file beside `path`; creates the folder if it is missing. */
  async stage(path: string, pieces: readonly Uint8Array[]): Promise<StagedFile> {
    return this.stageWith(path, (file) => writePieces(file, pieces));
  }

  /** A flushed copy of a file, and its digest. `pathOf`: the final path, by digest, below `folder`. */
  async stageCopy(
    source: string,
    folder: string,
    pathOf: (digest: Digest) => string,
  ): Promise<{ readonly staged: StagedFile; readonly digest: Digest; readonly sizeBytes: number }> {
    const temporary = temporaryBeside(join(folder, "copy"));
    const found = await this.openedOrThrow(source, "r", (from) =>
      this.writingNew(temporary, (to) => digestFile(from, to)),
    );
    return { staged: this.staged(temporary, pathOf(found.digest)), ...found };
  }

  /** An existing file, flushed and digested, to be renamed. */
  async stageExisting(
    source: string,
    pathOf: (digest: Digest) => string,
  ): Promise<{ readonly staged: StagedFile; readonly digest: Digest; readonly sizeBytes: number }> {
    const found = await this.openedOrThrow(source, "r+", async (file) => {
      await file.sync();
      return digestFile(file);
    });
    return { staged: this.staged(source, pathOf(found.digest)), ...found };
  }

  /** Creates a small file. False when it exists already. Readers may see it empty for a moment. */
  async createNew(path: string, text: string): Promise<boolean> {
    try {
      const file = await this.inFolder(path, () => this.fs.open(path, "wx"));
      try {
        await writePieces(file, [Buffer.from(text)]);
      } catch (error) {
        await this.remove(path);
        throw error;
      } finally {
        await file.close();
      }
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const staged = await this.stage(path, [bytes]);
    await staged.publish();
    await staged.flush();
  }

  /** Appends in one write, which the system does not interleave with others. `flush`: makes it survive a power failure. */
  async append(path: string, text: string, flush: boolean): Promise<void> {
    await this.appendTo(path, text, flush);
  }

  /** The same, to a file that `rewrite` may replace at that moment: then the text is appended to the new file as well. */
  async appendToRewritten(path: string, text: string, flush: boolean): Promise<void> {
    for (let attempt = 0; attempt < MAX_REPLACED; attempt++) {
      const inode = await this.appendTo(path, text, flush, async (file) => (await file.stat()).ino);
      if ((await this.stamp(path))?.ino === inode) return;
    }
  }

  /** `look`: asks something of the open file afterwards. */
  private async appendTo<T>(
    path: string,
    text: string,
    flush: boolean,
    look?: (file: OpenFile) => Promise<T>,
  ): Promise<T | undefined> {
    return this.limit.run(async () => {
      const { file, isNew } = await this.openToAppend(path);
      // The name of a new file is flushed while its text is.
      const named = flush && isNew ? this.flushFolder(dirname(path)) : undefined;
      named?.catch(() => undefined);
      try {
        await writePieces(file, [Buffer.from(text, "utf8")]);
        if (flush) await file.sync();
        return await look?.(file);
      } finally {
        await settleAll([file.close(), named ?? Promise.resolve()]);
      }
    });
  }

  /** Creates a symbolic link to `target`, relative to its folder; replaces any file at `path`. */
  async link(path: string, target: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.symlink(target, temporary));
    await this.renameOrRemove(temporary, path);
  }

  /** Writes a file atomically but without flushing: its loss in a power failure must do no harm. */
  async writeLoosely(path: string, text: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.writeFile(temporary, text));
    await this.renameOrRemove(temporary, path);
  }

  /** Does nothing when the file does not exist. */
  async remove(path: string): Promise<void> {
    await this.fs.unlink(path).catch(ignoreAbsent);
  }

  /** Sets a file aside, to be removed or restored. After a crash the sweep restores it. Undefined when it does not exist. */
  async setAside(path: string): Promise<AsideFile | undefined> {
    const aside = asideOf(path);
    if (!(await this.move(path, aside))) return undefined;
    return { path: aside, remove: () => this.remove(aside), restore: () => this.restore(aside) };
  }

  /**
   * Replaces the text of a file that others append to; lines that they append meanwhile follow the new text. The old or the new text
   * exists at any time, also when the process is killed. Does nothing when the file does not exist.
   */
  async rewrite(path: string, change: (bytes: Uint8Array) => string): Promise<void> {
    const aside = asideOf(path);
    const how = await this.keepAs(path, aside);
    if (how === "absent") return;
    try {
      const before = (await this.read(aside)) ?? new Uint8Array(0);
      const text = change(before);
      if (how === "linked") await this.write(path, Buffer.from(text));
      else await this.append(path, text, true);
      // Appended by processes that had the old file open.
      const late = await this.readFrom(aside, before.byteLength);
      if (late.byteLength > 0) await this.append(path, Buffer.from(late).toString("utf8"), true);
    } catch (error) {
      await this.restore(aside);
      throw error;
    }
    await this.remove(aside);
  }

  /** Where hard links are not supported, the file has no name for a moment. */
  private async keepAs(path: string, aside: string): Promise<"linked" | "moved" | "absent"> {
    try {
      await this.fs.link(path, aside);
      return "linked";
    } catch (error) {
      if (isAbsent(error)) return "absent";
    }
    return (await this.move(path, aside)) ? "moved" : "absent";
  }

  /** False when it does not exist. */
  private async move(from: string, to: string): Promise<boolean> {
    try {
      await this.fs.rename(from, to);
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  /** The location of a file that is set aside, and whether the process that did so is dead. */
  async findAside(path: string): Promise<{ readonly path: string; readonly isLeft: boolean } | undefined> {
    for (const name of await this.list(dirname(path))) {
      if (originalOf(name) !== basename(path)) continue;
      const tag = leftoverOf(name)?.tag;
      return { path: join(dirname(path), name), isLeft: tag !== undefined && isDeadHere(tag) === true };
    }
    return undefined;
  }

  /** Gives a file that was set aside its name back, unless a new file has it. */
  async restore(aside: string): Promise<void> {
    const name = originalOf(basename(aside));
    if (name === undefined) return;
    const path = join(dirname(aside), name);
    try {
      await this.fs.link(aside, path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      // Where hard links are not supported, a new file may be replaced: by one of equal content.
      if (codeOf(error) !== "EEXIST") return this.fs.rename(aside, path);
    }
    await this.remove(aside);
  }

  /**
   * Ends what a killed `rewrite` has begun: lines of the old file that the new one lacks were appended by other processes meanwhile, or
   * were about to be removed. Those that `isKept` accepts are appended to the new file. Does nothing for the name of another file.
   */
  async mergeBack(aside: string, isKept: (line: string) => boolean | Promise<boolean>): Promise<void> {
    const name = originalOf(basename(aside));
    if (name === undefined) return;
    const path = join(dirname(aside), name);
    const before = await this.read(aside);
    if (!before) return;
    const present = new Set(linesOf((await this.read(path)) ?? new Uint8Array(0)));
    const missing: string[] = [];
    for (const line of linesOf(before)) if (!present.has(line) && (await isKept(line))) missing.push(line);
    // An empty line first: the last one may have been cut off.
    if (missing.length > 0) await this.append(path, `\n${missing.join("\n")}\n`, true);
    await this.remove(aside);
  }

  /** Creates a folder and its parents, and flushes each new entry. */
  async makeFolder(folder: string): Promise<void> {
    const { flushed } = await this.makeFlushing(folder);
    await flushed;
  }

  /** Creates the folders. `flushed`: when they survive a power failure. */
  private async makeFlushing(folder: string): Promise<{ readonly flushed: Promise<void> }> {
    const first = await this.fs.mkdir(folder, { recursive: true });
    if (first === undefined) return { flushed: this.naming.get(folder) ?? Promise.resolve() };
    const made: string[] = [];
    for (let each = folder; each.length >= first.length; each = dirname(each)) made.push(each);
    const flushes = made.map((each) => this.folderFlushes.run(dirname(each)));
    const flushed = settleAll([...flushes, this.naming.get(dirname(first)) ?? Promise.resolve()]);
    for (const each of made) this.naming.set(each, flushed);
    const forget = (): void => {
      for (const each of made) if (this.naming.get(each) === flushed) this.naming.delete(each);
    };
    flushed.then(forget, forget);
    return { flushed };
  }

  /** Makes the names in a folder survive a power failure, and the folder itself if it is new. Those who ask at the same time share a flush. */
  async flushFolder(folder: string): Promise<void> {
    await settleAll([this.folderFlushes.run(folder), this.naming.get(folder) ?? Promise.resolve()]);
  }

  private async flushNow(folder: string): Promise<void> {
    const handle = await this.fs.open(folder, "r").catch(ignoreUnsupported);
    if (!handle) return;
    try {
      await handle.sync().catch(ignoreUnsupported);
    } finally {
      await handle.close();
    }
  }

  private async stageWith(path: string, write: (file: OpenFile) => Promise<void>): Promise<StagedFile> {
    const temporary = temporaryBeside(path);
    await this.limit.run(() => this.writingNew(temporary, write));
    return this.staged(temporary, path);
  }

  /** Writes and flushes a new file; removes it when that fails. */
  private async writingNew<T>(temporary: string, write: (file: OpenFile) => Promise<T>): Promise<T> {
    // A folder that had to be created is flushed while the file is written.
    let flushed: Promise<void> | undefined;
    try {
      const open = (): Promise<OpenFile> => this.fs.open(temporary, "wx");
      const file = await open().catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        ({ flushed } = await this.makeFlushing(dirname(temporary)));
        return open();
      });
      try {
        const result = await write(file);
        await file.sync();
        return result;
      } finally {
        await settleAll([file.close(), flushed ?? Promise.resolve()]);
      }
    } catch (error) {
      await flushed?.catch(() => undefined);
      await this.remove(temporary);
      throw error;
    }
  }

  private staged(temporary: string, path: string): StagedFile {
    return {
      publish: () =>
        this.inFolder(path, () => this.fs.rename(temporary, path)).catch(async (error: unknown) => {
          await this.remove(temporary);
          throw error;
        }),
      flush: () => this.flushFolder(dirname(path)),
      abandon: () => this.remove(temporary),
    };
  }

  private async renameOrRemove(temporary: string, path: string): Promise<void> {
    try {
      await this.fs.rename(temporary, path);
    } catch (error) {
      await this.remove(temporary);
      throw error;
    }
  }

  private async openToAppend(path: string): Promise<{ readonly file: OpenFile; readonly isNew: boolean }> {
    try {
      // Without O_CREAT first: usually the file exists.
      return { file: await this.fs.open(path, constants.O_WRONLY | constants.O_APPEND), isNew: false };
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    return { file: await this.inFolder(path, () => this.fs.open(path, "a")), isNew: true };
  }

  /** Creates the folder only when the work fails because it is missing, which is rare. */
  private async inFolder<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
    await this.makeFolder(dirname(path));
    return work();
  }
}

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

/** Windows and some network file systems cannot flush a folder: there a rename is only as durable as they make it. */
function ignoreUnsupported(error: unknown): undefined {
  if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(codeOf(error))) throw error;
  return undefined;
}
