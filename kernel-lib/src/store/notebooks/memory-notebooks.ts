/** The records of notebooks in memory. */
import type { NotebookRecord, Notebooks } from "../store";

export class MemoryNotebooks implements Notebooks {
  private readonly records = new Map<string, NotebookRecord>();

  notebooks(): readonly NotebookRecord[] {
    return [...this.records.values()];
  }

  addNotebook(record: NotebookRecord): boolean {
    if (this.records.has(record.id)) return false;
    this.records.set(record.id, record);
    return true;
  }

  updateNotebook(record: NotebookRecord): void {
    this.records.set(record.id, record);
  }
}
