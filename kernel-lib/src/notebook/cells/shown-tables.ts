/** The tables that cells have shown and a page may still read: those of a cell until it is executed again, at most the latest ones. */
import { StagebookError, type CellId } from "../../protocol";
import { defaultLimits } from "../../stage/limits";
import type { TableData } from "../../table/table-data";
import { TableView } from "../../table/table-view";

export class ShownTables {
  private readonly tables = new Map<string, { readonly cell: CellId | null; readonly view: TableView }>();
  /** How many tables the current execution of a cell has shown. */
  private readonly counts = new Map<CellId | null, number>();

  /** `most`: how many are kept; each keeps its rows in memory. */
  constructor(private readonly most = defaultLimits.shownTables) {}

  /** Returns the id by which a page requests its rows: the same whenever the cell is executed, so that equal outputs are equal. */
  keep(cell: CellId | null, table: TableData): string {
    const count = (this.counts.get(cell) ?? 0) + 1;
    this.counts.set(cell, count);
    const id = `${cell ?? "no-cell"}-${count}`;
    this.tables.set(id, { cell, view: new TableView(table) });
    for (const oldest of this.tables.keys()) {
      if (this.tables.size <= this.most) break;
      this.tables.delete(oldest);
    }
    return id;
  }

  /** The cell is executed again: its outputs are gone. */
  begin(cell: CellId): void {
    this.counts.delete(cell);
    for (const [id, table] of this.tables) if (table.cell === cell) this.tables.delete(id);
  }

  /** Throws StagebookError `table-gone`. */
  find(id: string): TableView {
    const table = this.tables.get(id);
    if (table) {
      // The most recently read ones come last.
      this.tables.delete(id);
      this.tables.set(id, table);
      return table.view;
    }
    throw new StagebookError(
      "table-gone",
      "the rows of this table are no longer in the kernel",
      "Run the cell again to sort and filter the whole table.",
    );
  }
}
