/**
 * Files that stages write and read, in a disk store: empty folders to write in, taking over what was written, and names to read it
 * by. Folders are `scratch/<process>-<random>/`, gone with their process. Used by the disk store.
 */
import { randomBytes } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Digest } from "../../protocol";
import { StagebookError } from "../../protocol";
import { removeAtExit } from "../memory/at-exit";
import type { BlobFiles } from "./blobs";
import type { DurableFiles } from "../files/durable-files";
import { isPlainName } from "../records/entry-record";
import type { LiveProcesses } from "./live";
import { processTag } from "../records/process-tag";
import { codeOf } from "../records/store-error";
import type { FileRef } from "../store";
import type { StorePaths } from "./folder";

const FOLDER = /^([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]+$/;
const READ_ONLY = 0o444;

export class StageFiles {
  /** Names that were given out, by digest and name. */
  private readonly given = new Map<string, Promise<string | undefined>>();
  private namesFolder: Promise<string> | undefined;

  constructor(
    private readonly files: DurableFiles,
    private readonly paths: StorePaths,
    private readonly live: LiveProcesses,
    private readonly blobs: BlobFiles,
  ) {}

  async scratchFolder(): Promise<string> {
    await this.live.join();
    const folder = join(this.paths.scratch(), `${processTag}-${randomBytes(8).toString("hex")}`);
    await this.files.makeFolder(folder);
    removeAtExit(folder);
    return folder;
  }

  /** The blob that the file has become, announced and not yet named by an entry. `announce`: before it gets its name. */
  async adopt(path: string, name: string, announce: (digest: Digest) => Promise<void>): Promise<FileRef> {
    if (!isPlainName(name)) throw notAFile(name, "its name is no plain file name");
    const stat = await this.files.fs.lstat(path).catch((cause: unknown) => {
      throw codeOf(cause) === "ENOENT" ? notAFile(name, `there is no file ${path}`) : cause;
    });
    const isOurs = stat.isFile() && stat.nlink === 1;
    if (!isOurs && !(await this.files.fs.stat(path)).isFile()) throw notAFile(name, `${path} is no file`);
    const pathOf = (digest: Digest): string => this.paths.blob(digest);
    // Something that has another name, too, can be changed by it: of that a copy is kept.
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

  /** Verified when it is asked for the first time. Undefined when it is gone. */
  async path(file: FileRef): Promise<string | undefined> {
    if (!isPlainName(file.name)) return undefined;
    const id = `${file.digest} ${file.name}`;
    const known = await this.given.get(id);
    if (known !== undefined && (await this.files.sizeOf(known)) === file.sizeBytes) return known;
    const finding = this.give(file);
    this.given.set(id, finding);
    finding.catch(() => this.given.delete(id));
    return finding;
  }

  /** The same content under no name of its own, for who may not write here. */
  async nameless(file: FileRef): Promise<string | undefined> {
    return (await this.blobs.isIntact(file)) ? this.paths.blob(file.digest) : undefined;
  }

  /** Removes the folders of dead processes. Returns how many. */
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

  private async give(file: FileRef): Promise<string | undefined> {
    const blob = this.paths.blob(file.digest);
    if (!(await this.blobs.isIntact(file))) return undefined;
    this.namesFolder ??= this.scratchFolder();
    const path = join(await this.namesFolder, file.digest.slice(0, 16), file.name);
    await this.files.makeFolder(dirname(path));
    await this.files.fs.chmod(blob, READ_ONLY);
    // Another one may be there, of the same start of a digest or damaged since.
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
    `the file output "${basename(name)}" cannot be kept: ${why}`,
    "Write a plain file at the path that fileOut gave, before the stage ends.",
  );
}
