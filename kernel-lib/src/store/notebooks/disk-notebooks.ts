/** The records of notebooks in a folder: `notebooks/<id>.json`. Immediate: a kernel needs its parameter values when it starts. */
import { join } from "node:path";
import { messageOf } from "../../protocol";
import type { StoreAccess } from "../files/file-access";
import {
  createSmallFile,
  listSmallFiles,
  readSmallFile,
  writeSmallFile,
  type SmallFileMode,
} from "../files/small-files";
import { writeError } from "../records/store-error";
import type { NotebookRecord, Notebooks, OnStoreProblem } from "../store";
import { decodeNotebook, encodeNotebook, notebookFileName } from "./notebook-record";

export class DiskNotebooks implements Notebooks {
  private readonly folder: string;

  /** `store`: the folder of the store, absolute. */
  constructor(
    private readonly store: string,
    private readonly onProblem: OnStoreProblem,
    private readonly access: StoreAccess = "private",
  ) {
    this.folder = join(store, "notebooks");
  }

  notebooks(): readonly NotebookRecord[] {
    try {
      return listSmallFiles(this.folder).flatMap((name) => this.readOrReport(name) ?? []);
    } catch (error) {
      this.onProblem(`cannot be read (${messageOf(error)}); its notebooks are treated as new`, this.folder);
      return [];
    }
  }

  addNotebook(record: NotebookRecord): boolean {
    const file = join(this.folder, notebookFileName(record.id));
    return this.writing(() => {
      if (createSmallFile(file, encodeNotebook(record), this.mode)) return true;
      // A damaged record belongs to nobody.
      if (this.read(notebookFileName(record.id))) return false;
      writeSmallFile(file, encodeNotebook(record), this.mode);
      return true;
    });
  }

  updateNotebook(record: NotebookRecord): void {
    const file = join(this.folder, notebookFileName(record.id));
    this.writing(() => writeSmallFile(file, encodeNotebook(record), this.mode));
  }

  private get mode(): SmallFileMode {
    return { isPrivate: this.access === "private" };
  }

  private readOrReport(name: string): NotebookRecord | undefined {
    try {
      return this.read(name);
    } catch (error) {
      this.onProblem(`cannot be read (${messageOf(error)}); it is treated as absent`, join(this.folder, name));
      return undefined;
    }
  }

  private read(name: string): NotebookRecord | undefined {
    const file = join(this.folder, name);
    const text = readSmallFile(file);
    if (text === undefined) return undefined;
    const record = decodeNotebook(name, text);
    if (!record) this.onProblem("the record of a notebook is damaged; it is treated as absent", file);
    return record;
  }

  private writing<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw writeError(this.store, error);
    }
  }
}
