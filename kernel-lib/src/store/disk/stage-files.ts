/**
 * The `StageFiles` of a disk store. Folders to write in are `scratch/<process>-<random>/` and are removed with their process; adopted
 * files become blobs; paths to read are links or copies in a scratch folder.
 */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Digest } from "../../protocol";
import { messageOf, StagebookError } from "../../protocol";
import type { DurableFiles } from "../files/durable-files";
import { removeAtExit } from "../memory/process-files";
import { isPlainName } from "../records/entry-record";
import { processTag } from "../records/process-tag";
import { codeOf } from "../records/store-error";
import type { FileRef, StageFiles } from "../store";
import type { DiskBlobs } from "./blobs";
import type { StorePaths } from "./folder";
import type { DiskLive } from "./live";
import type { OpenedFolder } from "./opened";
import type { ResultWriter } from "./writer";

const FOLDER = /^([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]+$/;
const READ_ONLY = 0o444;

/** The port: errors of the system are turned into StagebookErrors or warnings. */
export class DiskStageFiles implements StageFiles {
  /** `isReadOnly`: paths are those of the blobs, because nothing may be written. */
  constructor(
    private readonly opened: OpenedFolder,
    private readonly scratch: ScratchFiles,
    private readonly writer: ResultWriter,
    private readonly isReadOnly: boolean,
  ) {}

  async scratchFolder(): Promise<string> {
    return this.opened.writing(() => this.scratch.createFolder());
  }

  async adoptFile(path: string, name: string): Promise<FileRef> {
    const announce = (digest: Digest): Promise<void> => this.writer.announceAhead(digest);
    const file = await this.opened.writing(() => this.scratch.adopt(path, name, announce));
    this.opened.forgetWarnings(this.opened.paths.blob(file.digest));
    return file;
  }

  async filePath(file: FileRef): Promise<string | undefined> {
    await this.opened.check();
    try {
      return await (this.isReadOnly ? this.scratch.findBlob(file) : this.scratch.findNamed(file));
    } catch (error) {
      const blob = this.opened.paths.blob(file.digest);
      this.opened.warn(`could not be linked under its file name (${messageOf(error)})`, blob);
      return undefined;
    }
  }
}

/** The files themselves. Rejects with system errors. */
export class ScratchFiles {
  /** Paths that were handed out, by digest and name. */
  private readonly named = new Map<string, Promise<string | undefined>>();
  private namesFolder: Promise<string> | undefined;

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: DiskLive,
    private readonly blobs: DiskBlobs,
  ) {}

  async createFolder(): Promise<string> {
    await this.live.join();
    const folder = join(this.paths.scratch(), `${processTag}-${randomBytes(8).toString("hex")}`);
    await this.files.makeFolder(folder);
    removeAtExit(folder);
    return folder;
  }

  /** Turns the file into a blob that no entry refers to yet. `announce`: called before the blob gets its name. */
  async adopt(path: string, name: string, announce: (digest: Digest) => Promise<void>): Promise<FileRef> {
    if (!isPlainName(name)) throw notAFile(name, "its name is not a plain file name");
    const stat = await this.files.fs.lstat(path).catch((cause: unknown) => {
      throw codeOf(cause) === "ENOENT" ? notAFile(name, `${path} does not exist`) : cause;
    });
    const isOurs = stat.isFile() && stat.nlink === 1;
    if (!isOurs && !(await this.files.fs.stat(path)).isFile()) throw notAFile(name, `${path} is not a regular file`);
    const pathOf = (digest: Digest): string => this.paths.blob(digest);
    // A file with a second name could be changed through it: a copy is stored instead.
    const { staged, digest, sizeBytes } = isOurs
      ? await this.files.stageExisting(path, pathOf)
      : await this.files.stageCopy(path, this.paths.blobs(), pathOf);
    await announce(digest);
    if (await this.blobs.hasSame({ digest, sizeBytes })) await staged.abandon();
    else await staged.publish();
    await this.files.fs.chmod(pathOf(digest), READ_ONLY);
    if (!isOurs) await this.files.remove(path);
    return { digest, sizeBytes, name };
  }

  /** A path that ends in the file's name; its content is verified the first time. Undefined when the content is missing. */
  async findNamed(file: FileRef): Promise<string | undefined> {
    if (!isPlainName(file.name)) return undefined;
    const id = `${file.digest} ${file.name}`;
    const known = await this.named.get(id);
    if (known !== undefined && (await this.files.sizeOf(known)) === file.sizeBytes) return known;
    const linking = this.link(file);
    this.named.set(id, linking);
    linking.catch(() => this.named.delete(id));
    return linking;
  }

  /** The path of the blob itself, for readers that may not write here. */
  async findBlob(file: FileRef): Promise<string | undefined> {
    return (await this.blobs.isIntact(file)) ? this.paths.blob(file.digest) : undefined;
  }

  /** Removes the folders of dead processes. Returns the number of folders. */
  async sweep(): Promise<number> {
    let swept = 0;
    for (const name of await this.files.list(this.paths.scratch())) {
      const [, tag] = FOLDER.exec(name) ?? [];
      if (tag === undefined || !(await this.live.isGone(tag))) continue;
      await this.files.fs.rm(join(this.paths.scratch(), name), { recursive: true, force: true });
      swept++;
    }
    return swept;
  }

  private async link(file: FileRef): Promise<string | undefined> {
    const blob = this.paths.blob(file.digest);
    if (!(await this.blobs.isIntact(file))) return undefined;
    this.namesFolder ??= this.createFolder();
    const path = join(await this.namesFolder, file.digest.slice(0, 16), file.name);
    await this.files.makeFolder(dirname(path));
    await this.files.fs.chmod(blob, READ_ONLY);
    // Another file may exist there, whose digest begins alike, or one that was damaged since.
    await this.files.remove(path);
    try {
      await this.files.fs.link(blob, path);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      await this.files.fs.copyFile(blob, path);
      await this.files.fs.chmod(path, READ_ONLY);
    }
    return path;
  }
}

function notAFile(name: string, why: string): StagebookError {
  return new StagebookError(
    "file-output",
    `the file output "${basename(name)}" cannot be stored: ${why}`,
    "Write a regular file to the path that fileOut returned, before the stage ends.",
  );
}
