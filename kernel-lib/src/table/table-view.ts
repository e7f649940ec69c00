/** A table as a page reads it: sorted, filtered, in pages, with the statistics of its columns. Remembers what it has computed. Pure. */
import {
  StagebookError,
  type TableCell,
  type TableColumnSummary,
  type TableColumnView,
  type TableFilter,
  type TablePage,
  type TableSort,
} from "../protocol";
import { cellOf } from "./cell";
import { guessType, readColumn, type ColumnValues } from "./column-values";
import { decimalsOf } from "./decimals";
import { filterRows } from "./filter";
import { sortRows } from "./order";
import { summarize } from "./summary";
import type { TableColumn } from "./table-column";
import type { TableData } from "./table-data";

/** Which rows of a table, in which order. */
export interface TableSelection {
  readonly sort?: TableSort;
  readonly filters?: readonly TableFilter[];
}

const MAX_COLUMNS = 200;
const MAX_ROWS = 1000;
/** Of the texts in one page. */
const PAGE_CHARACTERS = 500_000;
/** The values of this many columns stay in memory, so that another filter or order of them is fast. */
const KEPT_COLUMNS = 8;

export class TableView {
  private readonly values = new Map<number, ColumnValues>();
  private readonly summaries = new Map<number, TableColumnSummary>();
  private readonly shown: readonly TableColumn[];
  private views: readonly TableColumnView[] | undefined;
  /** The last selection, of which the pages that follow are parts. */
  private selected: { readonly id: string; readonly rows: Uint32Array } | undefined;

  /** `total`: of rows, when the data are only the first ones. */
  constructor(
    private readonly data: TableData,
    private readonly total = data.rowCount,
  ) {
    this.shown = data.columns.slice(0, MAX_COLUMNS);
  }

  get columnNames(): readonly string[] {
    return this.data.columns.map(({ name }) => name);
  }

  /** At most `limit` rows from `from` on. Throws StagebookError `table-column` and `table-filter`. */
  page(selection: TableSelection, from: number, limit: number): TablePage {
    const rows = this.select(selection);
    const { rowCount, columns } = this.data;
    return {
      total: this.total,
      count: rows?.length ?? rowCount,
      ...(this.total > rowCount ? { limitedTo: rowCount } : {}),
      columns: this.describeColumns(),
      moreColumns: columns.length - this.shown.length,
      from,
      rows: this.cells(rows, from, Math.min(limit, MAX_ROWS)),
    };
  }

  summary(column: number): TableColumnSummary {
    const known = this.summaries.get(column);
    if (known) return known;
    const summary = summarize(column, this.valuesOf(column));
    this.summaries.set(column, summary);
    return summary;
  }

  /** The indexes of the selected rows, in order; undefined for all rows in their own order. */
  select({ sort, filters = [] }: TableSelection): Uint32Array | undefined {
    if (!sort && filters.length === 0) return undefined;
    const id = JSON.stringify([sort, filters]);
    if (this.selected?.id === id) return this.selected.rows;
    let rows: Uint32Array = new Uint32Array(this.data.rowCount);
    for (let row = 0; row < rows.length; row++) rows[row] = row;
    for (const filter of filters) rows = filterRows(rows, this.valuesOf(filter.column), filter);
    if (sort) rows = sortRows(rows, this.valuesOf(sort.column), sort.descending);
    this.selected = { id, rows };
    return rows;
  }

  /** The selected rows with their own values, one list for each, in the order of `columnNames`. */
  *rows(selection: TableSelection): Generator<readonly unknown[]> {
    const rows = this.select(selection);
    const count = rows?.length ?? this.data.rowCount;
    for (let at = 0; at < count; at++) {
      const row = rows?.[at] ?? at;
      yield this.data.columns.map((column) => column.at(row));
    }
  }

  private cells(rows: Uint32Array | undefined, from: number, limit: number): readonly (readonly TableCell[])[] {
    const end = Math.min(rows?.length ?? this.data.rowCount, from + limit);
    const page: TableCell[][] = [];
    let characters = 0;
    for (let at = from; at < end && characters < PAGE_CHARACTERS; at++) {
      const cells = this.shown.map((column) => cellOf(column.at(rows?.[at] ?? at)));
      for (const cell of cells) characters += typeof cell === "string" ? cell.length : 8;
      page.push(cells);
    }
    return page;
  }

  private describeColumns(): readonly TableColumnView[] {
    this.views ??= this.shown.map((column) => {
      const { rowCount } = this.data;
      const type = guessType(column, rowCount);
      return { name: column.name, type, ...(type === "number" ? { decimals: decimalsOf(column, rowCount) } : {}) };
    });
    return this.views;
  }

  private valuesOf(at: number): ColumnValues {
    const column = this.data.columns[at];
    if (!column)
      throw new StagebookError(
        "table-column",
        `the table has no column ${at}: it has ${this.data.columns.length}`,
        "Load the table again: it may have changed.",
      );
    const known = this.values.get(at);
    const values = known ?? readColumn(column, this.data.rowCount);
    // The most recently used ones come last.
    this.values.delete(at);
    this.values.set(at, values);
    for (const oldest of this.values.keys()) {
      if (this.values.size <= KEPT_COLUMNS) break;
      this.values.delete(oldest);
    }
    return values;
  }
}
