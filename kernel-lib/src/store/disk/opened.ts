/**
 * The folder of a disk store as one process has opened it: prepared before the first write, trouble told once for each file, errors
 * of the system in words. Used by the disk store.
 */
import { messageOf, StagebookError } from "../../protocol";
import { DurableFiles } from "../files/durable-files";
import type { FileSystem } from "../files/file-system";
import type { OnStoreProblem } from "../store";
import { writeError } from "../records/store-error";
import { checkFormat, prepareFolder, StorePaths } from "./folder";
import { WarnOnce } from "../records/warn-once";

export class OpenedFolder {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  private readonly warnings: WarnOnce;
  private checked: Promise<boolean> | undefined;
  private prepared: Promise<void> | undefined;

  /** `onPrepared`: called once, before the first write, and not waited for. */
  constructor(
    readonly folder: string,
    onProblem: OnStoreProblem,
    private readonly onPrepared: () => void,
    fileSystem?: FileSystem,
    /** What cannot be read rejects with the error of the system, and is not told. */
    private readonly throwsUnreadable = false,
  ) {
    this.warnings = new WarnOnce(onProblem);
    this.files = new DurableFiles(fileSystem);
    this.paths = new StorePaths(folder);
  }

  /** Runs a write in a prepared folder, with errors of the system as StagebookError `store-write`. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    return this.inWords(async () => {
      await this.prepare();
      return work();
    });
  }

  async inWords<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // An aborted signal speaks for itself.
      const isOurs = error instanceof StagebookError || (error instanceof Error && error.name === "AbortError");
      throw isOurs ? error : writeError(this.folder, error);
    }
  }

  /** True when the folder has a marker of a format that we know. Asked until there is one. Throws `store-format`. */
  async check(): Promise<boolean> {
    this.checked ??= this.checkOnce();
    return this.checked;
  }

  /** The bytes of a file; undefined when absent, or when it cannot be read: the latter is told. */
  async read(path: string): Promise<Uint8Array | undefined> {
    await this.check();
    try {
      return await this.files.read(path);
    } catch (error) {
      if (this.throwsUnreadable) throw error;
      this.tell(`cannot be read (${messageOf(error)}); it is treated as absent`, path);
      return undefined;
    }
  }

  /** Once for each file. */
  get tell(): OnStoreProblem {
    return this.warnings.tell;
  }

  /** What was written anew may be told of again. */
  forgetTold(path: string): void {
    this.warnings.forget(path);
  }

  private async checkOnce(): Promise<boolean> {
    try {
      const isThere = await checkFormat(this.files, this.paths, this.tell);
      if (!isThere) this.checked = undefined;
      return isThere;
    } catch (error) {
      this.checked = undefined;
      if (error instanceof StagebookError || this.throwsUnreadable) throw error;
      this.tell(`cannot be read (${messageOf(error)})`, this.paths.format());
      return false;
    }
  }

  private async prepare(): Promise<void> {
    this.prepared ??= this.prepareOnce().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  private async prepareOnce(): Promise<void> {
    if (!(await this.check())) await prepareFolder(this.files, this.paths);
    this.onPrepared();
  }
}
