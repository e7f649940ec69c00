/**
 * The folder of a disk store as one process has opened it: prepared before the first write, problems reported once per file, system
 * errors turned into StagebookErrors. Used by the disk store.
 */
import { messageOf, StagebookError } from "../../protocol";
import { Once } from "../concurrency";
import { DurableFiles } from "../files/durable-files";
import { withAccess, type StoreAccess } from "../files/file-access";
import type { FileSystem } from "../files/file-system";
import { promptFiles } from "../files/prompt-files";
import { checkFormat } from "../records/format-marker";
import { isUserError, WarnOnce, writeError } from "../records/store-error";
import type { OnStoreProblem } from "../store";
import { prepareFolder, StorePaths } from "./folder";

export class OpenedFolder {
  readonly files: DurableFiles;
  readonly paths: StorePaths;
  private readonly warnings: WarnOnce;
  /** Checked again until there is a marker. */
  private readonly checked = new Once(
    () => this.checkFormat(),
    (hasMarker) => hasMarker,
  );
  private readonly prepared = new Once(() => this.prepare());

  /** `onPrepared`: called once, before the first write. */
  constructor(
    readonly folder: string,
    onProblem: OnStoreProblem,
    private readonly onPrepared: () => void,
    fileSystem: FileSystem = promptFiles,
    /** A file that cannot be read rejects with the system error, and is not reported. */
    private readonly throwsUnreadable = false,
    access: StoreAccess = "private",
  ) {
    this.warnings = new WarnOnce(onProblem);
    this.files = new DurableFiles(withAccess(fileSystem, access));
    this.paths = new StorePaths(folder);
  }

  /** Runs a write in a prepared folder. Rejects with StagebookError `store-write` for system errors. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    return this.withWriteErrors(async () => {
      await this.prepared.run();
      return work();
    });
  }

  /** Turns system errors into StagebookError `store-write`. */
  async withWriteErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw isUserError(error) ? error : writeError(this.folder, error);
    }
  }

  /** Whether the folder has a marker of a known format. Throws `store-format`. */
  check(): Promise<boolean> {
    return this.checked.run();
  }

  /** The bytes of a file; undefined when it is absent, or cannot be read: the latter is reported. */
  async read(path: string): Promise<Uint8Array | undefined> {
    await this.check();
    try {
      return await this.files.read(path);
    } catch (error) {
      if (this.throwsUnreadable) throw error;
      this.warn(`cannot be read (${messageOf(error)}); it is treated as absent`, path);
      return undefined;
    }
  }

  /** Reports a problem, once per file. */
  get warn(): OnStoreProblem {
    return this.warnings.warn;
  }

  /** Call when the file was rewritten. */
  forgetWarnings(path: string): void {
    this.warnings.forget(path);
  }

  private async checkFormat(): Promise<boolean> {
    const path = this.paths.format();
    try {
      return await checkFormat(this.files, { location: this.folder, path }, this.warn);
    } catch (error) {
      if (error instanceof StagebookError || this.throwsUnreadable) throw error;
      this.warn(`cannot be read (${messageOf(error)})`, path);
      return false;
    }
  }

  private async prepare(): Promise<void> {
    if (!(await this.check())) await prepareFolder(this.files, this.paths);
    this.onPrepared();
  }
}
