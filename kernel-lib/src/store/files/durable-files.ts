/**
 * Files that are whole or absent: written to a temporary file in the same folder, flushed, renamed, and the folder flushed. The only
 * place of the disk store that touches the file system. Errors are those of the system; the callers put them in words.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Digest } from "../../protocol";
import { digestFile, writePieces } from "./file-bytes";
import { FileReads } from "./file-reads";
import type { OpenFile } from "./file-system";
import type { ProcessTag } from "../records/process-tag";
import { isDeadHere, processTag } from "../records/process-tag";
import { codeOf, isAbsent } from "../records/store-error";
import { allEnded } from "../turns";

/** A file that is written and flushed, and has no name yet. */
export interface StagedFile {
  /** Gives it its name; that survives a power failure once `flush` has resolved. */
  publish(): Promise<void>;
  flush(): Promise<void>;
  abandon(): Promise<void>;
}

/** A file that was taken out of the way. */
export interface AsideFile {
  readonly path: string;
  remove(): Promise<void>;
  /** Unless a new one has come in its place: then it is removed. */
  restore(): Promise<void>;
}

const TEMPORARY = /^\.tmp-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]+$/;
const ASIDE = /^\.aside-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]{16}-(.+)$/;
const OLD_MS = 3_600_000;

export class DurableFiles extends FileReads {
  /** Writes and flushes a temporary file beside `path`, whose folder is made where it is missing. */
  async stage(path: string, pieces: readonly Uint8Array[]): Promise<StagedFile> {
    return this.stageWith(path, (file) => writePieces(file, pieces));
  }

  /** A flushed copy of a file, and its digest. `path`: by digest, in the folder of all that are copied so. */
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

  /** A file that is there already, flushed and digested, to be renamed. */
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

  /** Writes a small file that must not be there yet. False when it is. Readers may see it empty for a moment. */
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

  /** Appends in one write, which the system does not mix with those of others. `flush`: survives a power failure. */
  async append(path: string, text: string, flush: boolean): Promise<void> {
    await this.gate.pass(async () => {
      const { file, isNew } = await this.openToAppend(path);
      try {
        await writePieces(file, [Buffer.from(text, "utf8")]);
        if (flush) await file.sync();
      } finally {
        await file.close();
      }
      if (flush && isNew) await this.flushFolder(dirname(path));
    });
  }

  /** A link to `target`, relative to its folder, in place of whatever has that path. */
  async link(path: string, target: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.symlink(target, temporary));
    await this.renameOrRemove(temporary, path);
  }

  /** Writes a file whose loss in a power failure does no harm; whole or absent for readers nevertheless. */
  async writeLoosely(path: string, text: string): Promise<void> {
    const temporary = temporaryBeside(path);
    await this.inFolder(path, () => this.fs.writeFile(temporary, text));
    await this.renameOrRemove(temporary, path);
  }

  /** Nothing happens when it does not exist. */
  async remove(path: string): Promise<void> {
    await this.fs.unlink(path).catch(ignoreAbsent);
  }

  /**
   * Takes a file out of the way, so that it can be removed, or put back unless a new one has come in its place. After a crash it is
   * put back by the sweep. Undefined when it does not exist.
   */
  async setAside(path: string): Promise<AsideFile | undefined> {
    const aside = asideOf(path);
    if (!(await this.move(path, aside))) return undefined;
    return { path: aside, remove: () => this.remove(aside), restore: () => this.restore(aside) };
  }

  /**
   * Gives a file to which others append another text; what they append meanwhile follows it. There is always the one or the other,
   * also when the process is killed. Nothing happens when it does not exist.
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
      // By those who had opened the old one.
      const late = await this.readFrom(aside, before.byteLength);
      if (late.byteLength > 0) await this.append(path, Buffer.from(late).toString("utf8"), true);
    } catch (error) {
      await this.restore(aside);
      throw error;
    }
    await this.remove(aside);
  }

  /** Where there are no hard links the file has no name for a moment. */
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

  /** Where a file is that is out of the way, and whether its process left it so. */
  async findAside(path: string): Promise<{ readonly path: string; readonly isLeft: boolean } | undefined> {
    for (const name of await this.list(dirname(path))) {
      const [, tag, original] = ASIDE.exec(name) ?? [];
      if (tag === undefined || original !== basename(path)) continue;
      return { path: join(dirname(path), name), isLeft: isDeadHere(tag) ?? false };
    }
    return undefined;
  }

  /** Gives a file that was set aside its name again, unless that is taken. */
  async restore(aside: string): Promise<void> {
    const [, , name] = ASIDE.exec(basename(aside)) ?? [];
    if (name === undefined) return;
    const path = join(dirname(aside), name);
    try {
      await this.fs.link(aside, path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return;
      // Where links are refused a new file may be replaced: by one that is as good.
      if (codeOf(error) !== "EEXIST") return this.fs.rename(aside, path);
    }
    await this.remove(aside);
  }

  /** Makes a folder and those above it, each flushed into the one above it. */
  async makeFolder(folder: string): Promise<void> {
    const flush = await this.makeUnflushed(folder);
    await flush();
  }

  /** The same, and what is still to be done to make it survive a power failure. */
  private async makeUnflushed(folder: string): Promise<() => Promise<void>> {
    const first = await this.fs.mkdir(folder, { recursive: true });
    return async () => {
      if (first === undefined) return;
      for (let made = folder; made.length >= first.length; made = dirname(made)) await this.flushFolder(dirname(made));
    };
  }

  /** Makes the names in a folder survive a power failure. */
  async flushFolder(folder: string): Promise<void> {
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
    await this.gate.pass(() => this.writingNew(temporary, write));
    return this.staged(temporary, path);
  }

  /** Writes and flushes a new file; when that fails there is none. */
  private async writingNew<T>(temporary: string, write: (file: OpenFile) => Promise<T>): Promise<T> {
    // A folder that had to be made is flushed while the file is written.
    let flushed: Promise<void> | undefined;
    try {
      const open = (): Promise<OpenFile> => this.fs.open(temporary, "wx");
      const file = await open().catch(async (error: unknown) => {
        if (codeOf(error) !== "ENOENT") throw error;
        const flush = await this.makeUnflushed(dirname(temporary));
        flushed = flush();
        flushed.catch(() => undefined);
        return open();
      });
      try {
        const result = await write(file);
        await file.sync();
        return result;
      } finally {
        await allEnded([file.close(), flushed ?? Promise.resolve()]);
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
      // Without making it: that it is there already is the rule.
      return { file: await this.fs.open(path, constants.O_WRONLY | constants.O_APPEND), isNew: false };
    } catch (error) {
      if (!isAbsent(error)) throw error;
    }
    return { file: await this.inFolder(path, () => this.fs.open(path, "a")), isNew: true };
  }

  /** Makes the folder only when the work finds that it is missing: it rarely is. */
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

/** What a name says about a file that a killed process may have left. Undefined for every other file. */
export function leftoverOf(name: string): { readonly tag: ProcessTag; readonly isAside: boolean } | undefined {
  const aside = ASIDE.exec(name)?.[1];
  const tag = aside ?? TEMPORARY.exec(name)?.[1];
  return tag === undefined ? undefined : { tag, isAside: aside !== undefined };
}

/** True when nobody will finish it: its process is gone from this machine, or it was not written for an hour (`ageMs`). */
export function isLeft(tag: ProcessTag, ageMs: number): boolean {
  return isDeadHere(tag) ?? ageMs > OLD_MS;
}

export function temporaryBeside(path: string): string {
  return join(dirname(path), `.tmp-${processTag}-${randomBytes(8).toString("hex")}`);
}

function asideOf(path: string): string {
  return join(dirname(path), `.aside-${processTag}-${randomBytes(8).toString("hex")}-${basename(path)}`);
}

function ignoreAbsent(error: unknown): void {
  if (!isAbsent(error)) throw error;
}

/** Windows, and some network file systems, cannot flush a folder: there the rename is as durable as they make it. */
function ignoreUnsupported(error: unknown): undefined {
  if (!["EISDIR", "EPERM", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(codeOf(error))) throw error;
  return undefined;
}
