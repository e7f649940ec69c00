/** The order and filters of a grid, while they change faster than the kernel replies. Pure. */
import type { TableQuery } from "./table-source";

export class TableQueries {
  /** Of the rows that are shown. */
  shown: TableQuery = { filters: [] };
  /** The last request: a further change is based on it. */
  asked: TableQuery = this.shown;
  /** The number of the change whose rows are shown. */
  turn = 0;
  private changes = 0;

  /** `load` asks for the rows. Resolves to them, or to undefined when those of a later change are shown; rejects as `load` does. */
  async change<T>(query: TableQuery, load: () => Promise<T>): Promise<T | undefined> {
    const change = ++this.changes;
    this.asked = query;
    let rows: T;
    try {
      rows = await load();
    } catch (error) {
      if (change === this.changes) this.asked = this.shown;
      throw error;
    }
    // A later one that is still on its way may be refused: then this one stays.
    if (change < this.turn) return undefined;
    this.turn = change;
    this.shown = query;
    return rows;
  }
}
