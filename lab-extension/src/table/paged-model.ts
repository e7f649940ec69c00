/** The rows of a table as the grid reads them: fetched when they come into view, the latest first, and forgotten when there are too many. */
import { DataModel } from "@lumino/datagrid";
import type { Result, TableCell, TableColumnSummary, TableColumnView } from "stagebook/protocol";
import { TableQueries } from "./table-queries";
import type { TableQuery, TableSource } from "./table-source";

/** Rows to a request. */
const PAGE_ROWS = 200;
/** Rows that are kept. */
const MOST_ROWS = 20_000;

/** What a header draws. */
export interface HeaderCell {
  readonly column: TableColumnView;
  readonly summary: TableColumnSummary | undefined;
  readonly sorted: "ascending" | "descending" | undefined;
}

export class PagedModel extends DataModel {
  private readonly rows = new Map<number, readonly TableCell[]>();
  private readonly summaries = new Map<number, TableColumnSummary>();
  /** The first row of each page that was asked for while another one was being fetched. */
  private wanted: number[] = [];
  private isFetching = false;
  private readonly queries = new TableQueries();

  /** `first`: a page from row 0 on, in the table's own order. */
  constructor(
    private readonly source: TableSource,
    private first: Result<"table">,
    private readonly report: (problem: unknown) => void,
  ) {
    super();
    this.add(first);
  }

  /** Of the rows that are shown. */
  get query(): TableQuery {
    return this.queries.shown;
  }

  /** The last request: its rows may not have arrived yet. */
  get asked(): TableQuery {
    return this.queries.asked;
  }

  get page(): Result<"table"> {
    return this.first;
  }

  rowCount(region: DataModel.RowRegion): number {
    return region === "body" ? this.first.count : 1;
  }

  columnCount(region: DataModel.ColumnRegion): number {
    return region === "body" ? this.first.columns.length : 1;
  }

  /** Called for each visible cell. */
  data(region: DataModel.CellRegion, row: number, column: number): unknown {
    switch (region) {
      case "body": {
        const cells = this.rows.get(row);
        if (!cells) this.want(row);
        return cells?.[column];
      }
      case "column-header":
        return this.headerOf(column);
      case "row-header":
        return row + 1;
      case "corner-header":
        return "";
    }
  }

  headerOf(column: number): HeaderCell | undefined {
    const view = this.first.columns[column];
    if (!view) return undefined;
    const { sort } = this.query;
    const sorted = sort?.column !== column ? undefined : sort.descending ? "descending" : "ascending";
    return { column: view, summary: this.summaries.get(column), sorted };
  }

  /** Another order or other filters. Resolves once the first rows are shown; rejects, and keeps the old ones, for a bad filter. */
  async change(query: TableQuery): Promise<void> {
    const page = await this.queries.change(query, () => this.source.page(query, 0, PAGE_ROWS));
    if (!page) return;
    this.first = page;
    this.rows.clear();
    this.wanted = [];
    this.add(page);
    this.emitChanged({ type: "model-reset" });
  }

  /** The statistics of all columns, one request at a time: the kernel reads each column as a whole. */
  async summarize(): Promise<void> {
    for (let column = 0; column < this.first.columns.length; column++) {
      const [summary] = await this.source.summaries([column]);
      if (!summary) continue;
      this.summaries.set(column, summary);
      this.emitChanged({ type: "cells-changed", region: "column-header", row: 0, column, rowSpan: 1, columnSpan: 1 });
    }
  }

  /** Resolves once the rows have arrived. */
  async load(from: number, to: number): Promise<void> {
    const { turn } = this.queries;
    for (let row = from; row <= to && turn === this.queries.turn;) {
      if (this.rows.has(row)) row++;
      else if (!this.add(await this.source.page(this.query, row, Math.min(PAGE_ROWS * 5, to - row + 1)))) return;
    }
  }

  private want(row: number): void {
    const from = row - (row % PAGE_ROWS);
    if (this.wanted.at(-1) === from) return;
    this.wanted = [...this.wanted.filter((each) => each !== from), from];
    if (!this.isFetching) void this.fetch();
  }

  private async fetch(): Promise<void> {
    this.isFetching = true;
    // All cells of one drawing ask before the first request.
    await new Promise((resolve) => requestAnimationFrame(resolve));
    for (let from = this.wanted.pop(); from !== undefined; from = this.wanted.pop()) {
      // After fast scrolling only the rows where it ended are needed.
      this.wanted = this.wanted.slice(-2);
      const { turn } = this.queries;
      try {
        for (let at = from; at < Math.min(from + PAGE_ROWS, this.first.count) && turn === this.queries.turn;) {
          if (this.rows.has(at)) {
            at++;
            continue;
          }
          const page = await this.source.page(this.query, at, from + PAGE_ROWS - at);
          if (turn !== this.queries.turn) break;
          const added = this.add(page);
          if (added === 0) break;
          const columnSpan = this.first.columns.length;
          this.emitChanged({ type: "cells-changed", region: "body", row: at, column: 0, rowSpan: added, columnSpan });
          at += added;
        }
      } catch (problem) {
        this.wanted = [];
        this.report(problem);
      }
    }
    this.isFetching = false;
  }

  /** Returns how many rows the page had. */
  private add({ from, rows }: Result<"table">): number {
    for (const [at, cells] of rows.entries()) this.rows.set(from + at, cells);
    for (const oldest of this.rows.keys()) {
      if (this.rows.size <= MOST_ROWS) break;
      this.rows.delete(oldest);
    }
    return rows.length;
  }
}
