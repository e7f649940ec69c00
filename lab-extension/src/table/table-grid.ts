/** A table to sort, filter, scroll, copy and save: Lumino's grid over rows that the kernel sends in pages. */
import type { TranslationBundle } from "@jupyterlab/translation";
import { BasicMouseHandler, BasicSelectionModel, DataGrid, RendererMap } from "@lumino/datagrid";
import { MessageLoop } from "@lumino/messaging";
import { Widget } from "@lumino/widgets";
import { formatCount, messageOf, type Result } from "stagebook/protocol";
import {
  createCellRenderer,
  createRowNumberRenderer,
  formatCell,
  HEADER_HEIGHT,
  HeaderRenderer,
} from "./cell-renderers";
import { FilterRow } from "./filter-row";
import { readFilter } from "./filter-text";
import { GridKeys } from "./grid-keys";
import { readLook } from "./grid-style";
import { PagedModel } from "./paged-model";
import { saveWithDialog } from "./save-dialog";
import type { TableQuery, TableSource } from "./table-source";

export interface TableGridOptions {
  readonly source: TableSource;
  /** The first rows, in the table's own order. */
  readonly first: Result<"table">;
  /** Suggested when the table is saved. */
  readonly name: string;
  readonly trans: TranslationBundle;
}

const ROW_HEIGHT = 20;
const SHOWN_ROWS = 12;

export class TableGrid extends Widget {
  private readonly model: PagedModel;
  private readonly grid: DataGrid;
  private readonly filters: FilterRow;
  private readonly body = document.createElement("div");
  private readonly status = document.createElement("span");
  private readonly cursor = document.createElement("span");
  private readonly themes = new MutationObserver(() => this.applyTheme());
  /** A panel that React draws sends no messages about sizes. */
  private readonly sizes = new ResizeObserver(() => {
    if (this.grid.isVisible) MessageLoop.sendMessage(this.grid, Widget.ResizeMessage.UnknownSize);
  });
  private isDown: { readonly x: number; readonly y: number } | undefined;

  constructor(private readonly options: TableGridOptions) {
    super();
    const { source, first, trans } = options;
    this.addClass("stagebook-TableGrid");
    this.model = new PagedModel(source, first, (problem) => this.showProblem(problem));
    this.grid = createGrid(this.model, first);
    this.grid.selectionModel = new BasicSelectionModel({ dataModel: this.model });
    this.grid.keyHandler = new GridKeys({
      model: this.model,
      tooMany: (cells) => this.showProblem(new Error(trans.__("%1 cells are too many to copy: save the table instead.", formatCount(cells)))), // prettier-ignore
      report: (problem) => this.showProblem(problem),
    });
    this.grid.mouseHandler = new BasicMouseHandler();
    this.filters = new FilterRow({
      grid: this.grid,
      model: this.model,
      trans,
      sort: (column) => this.sortBy(column),
      filter: () => this.filter(),
    });
    this.build();
    // JupyterLab's shortcuts of one key are for the notebook: it looks at the element that has the focus.
    for (const node of this.node.querySelectorAll<HTMLElement>("button, input")) suppressShortcuts(node);
    suppressShortcuts(this.grid.viewport.node);
    this.follow();
    this.updateStatus();
  }

  override dispose(): void {
    if (this.isDisposed) return;
    this.themes.disconnect();
    this.sizes.disconnect();
    this.filters.dispose();
    MessageLoop.removeMessageHook(this.grid.viewport, this.followGrid);
    this.grid.dispose();
    super.dispose();
  }

  /** The statistics are requested once the grid is visible. */
  protected override onAfterAttach(): void {
    Widget.attach(this.grid, this.body);
    this.sizes.observe(this.body);
    this.applyTheme();
    this.model.summarize().catch((problem: unknown) => this.showProblem(problem));
  }

  protected override onBeforeDetach(): void {
    this.sizes.disconnect();
    if (this.grid.isAttached) Widget.detach(this.grid);
  }

  private build(): void {
    const { trans, source, name } = this.options;
    const bar = this.node.appendChild(document.createElement("div"));
    bar.className = "stagebook-TableGrid-bar";
    this.status.setAttribute("role", "status");
    this.status.className = "stagebook-TableGrid-status";
    bar.append(this.status);
    const save = bar.appendChild(document.createElement("button"));
    save.type = "button";
    save.className = "stagebook-Button";
    save.textContent = trans.__("Save as …");
    save.addEventListener("click", () => void saveWithDialog({ source, query: this.model.query, name, trans }));
    this.node.append(this.filters.node);
    const { body } = this;
    this.node.append(body);
    body.className = "stagebook-TableGrid-body";
    const rows = Math.min(SHOWN_ROWS, Math.max(3, this.model.rowCount("body")));
    body.style.height = `${HEADER_HEIGHT + rows * ROW_HEIGHT + 18}px`;
    // What the canvas shows of the cell under the cursor, for screen readers.
    this.cursor.className = "stagebook-TableGrid-cursor";
    this.cursor.setAttribute("aria-live", "polite");
    this.node.append(this.cursor);
    const { node } = this.grid.viewport;
    node.tabIndex = 0;
    node.setAttribute("role", "application");
    node.setAttribute("aria-roledescription", trans.__("table"));
    node.setAttribute("aria-label", trans.__("Rows. Arrow keys move, Shift selects, Ctrl+C copies."));
  }

  private follow(): void {
    MessageLoop.installMessageHook(this.grid.viewport, this.followGrid);
    this.model.changed.connect((_, { type }) => {
      if (type === "model-reset") this.updateStatus();
      this.filters.update();
      this.announce();
    });
    this.grid.selectionModel?.changed.connect(() => this.announce());
    this.themes.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-name"] });
    const { node } = this.grid;
    node.addEventListener("pointerdown", ({ clientX: x, clientY: y }) => (this.isDown = { x, y }), { capture: true });
    node.addEventListener("click", (event) => this.clicked(event), { capture: true });
  }

  /** Scrolling and resizing columns are messages to the viewport. */
  private readonly followGrid = (): boolean => {
    requestAnimationFrame(() => {
      if (!this.isDisposed) this.filters.update();
    });
    return true;
  };

  /** A click on a header sorts; dragging one does not, nor its edge, which resizes the column. */
  private clicked({ clientX, clientY }: MouseEvent): void {
    const isDrag = !this.isDown || Math.hypot(clientX - this.isDown.x, clientY - this.isDown.y) > 4;
    const hit = this.grid.hitTest(clientX, clientY);
    if (isDrag || hit.region !== "column-header" || hit.x < 6 || hit.width - hit.x < 6) return;
    this.sortBy(hit.column);
  }

  /** Ascending, descending, not at all. */
  private sortBy(column: number): void {
    const { sort, ...rest } = this.model.asked;
    const isSame = sort?.column === column;
    if (isSame && sort.descending) return this.change(rest);
    this.change({ ...rest, sort: { column, descending: isSame } });
  }

  private filter(): void {
    const { sort } = this.model.asked;
    const filters = this.filters.texts.flatMap((text, column) => {
      const type = this.model.headerOf(column)?.column.type ?? "";
      return readFilter(column, text, type);
    });
    this.change({ ...(sort ? { sort } : {}), filters });
  }

  private change(query: TableQuery): void {
    this.node.setAttribute("aria-busy", "true");
    const last = query.filters.at(-1)?.column;
    this.model
      .change(query)
      .then(
        () => {
          this.updateStatus();
          this.filters.texts.forEach((_, column) => this.filters.showProblem(column, false));
        },
        (problem: unknown) => {
          if (last !== undefined) this.filters.showProblem(last, true);
          this.showProblem(problem);
        },
      )
      .finally(() => this.node.setAttribute("aria-busy", "false"));
  }

  private updateStatus(): void {
    const { trans } = this.options;
    const { count, total, columns, moreColumns, limitedTo } = this.model.page;
    const shown = count < (limitedTo ?? total) ? trans.__("%1 of %2 rows", formatCount(count), formatCount(total)) : trans._n("%2 row", "%2 rows", total, formatCount(total)); // prettier-ignore
    const parts = [shown, trans._n("%1 column", "%1 columns", columns.length + moreColumns)];
    if (moreColumns > 0) parts.push(trans.__("the first %1 are shown", columns.length));
    if (limitedTo !== undefined) parts.push(trans.__("of the first %1", formatCount(limitedTo)));
    this.status.textContent = parts.join(" · ");
    this.status.classList.remove("stagebook-mod-problem");
    this.node.dataset.rows = String(count);
    const { sort } = this.model.query;
    this.node.dataset.sort = sort ? `${columns[sort.column]?.name ?? ""} ${sort.descending ? "descending" : "ascending"}` : ""; // prettier-ignore
  }

  private showProblem(problem: unknown): void {
    if (this.isDisposed) return;
    this.status.textContent = messageOf(problem);
    this.status.classList.add("stagebook-mod-problem");
  }

  /** Again when the rows under the cursor have been fetched. */
  private announce(): void {
    const { cursorRow: row = -1, cursorColumn: column = -1 } = this.grid.selectionModel ?? {};
    const header = this.model.headerOf(column);
    if (row < 0 || !header) return;
    const value = formatCell(this.model.data("body", row, column), header.column.decimals ?? 0);
    this.cursor.textContent = this.options.trans.__("row %1, %2: %3", formatCount(row + 1), header.column.name, value);
  }

  private applyTheme(): void {
    if (!this.isAttached) return;
    const look = readLook(this.node);
    this.grid.style = look.style;
    this.grid.cellRenderers = new RendererMap({
      body: createCellRenderer(this.model, look),
      "column-header": new HeaderRenderer(look, this.options.trans),
      "row-header": createRowNumberRenderer(look),
      "corner-header": createRowNumberRenderer(look),
    });
  }
}

/** A grid in an element that is not a widget's. The caller disposes it while the element is still in the document. */
export function attachGrid(host: HTMLElement, options: TableGridOptions): TableGrid {
  const grid = new TableGrid(options);
  Widget.attach(grid, host);
  return grid;
}

function suppressShortcuts(node: HTMLElement): void {
  node.dataset.lmSuppressShortcuts = "true";
}

function createGrid(model: PagedModel, { total, columns }: Result<"table">): DataGrid {
  const grid = new DataGrid({
    defaultSizes: {
      rowHeight: ROW_HEIGHT,
      columnWidth: 120,
      rowHeaderWidth: 20 + 7 * formatCount(total).length,
      columnHeaderHeight: HEADER_HEIGHT,
    },
    minimumSizes: { rowHeight: ROW_HEIGHT, columnWidth: 60, rowHeaderWidth: 20, columnHeaderHeight: HEADER_HEIGHT },
    copyConfig: {
      separator: "\t",
      headers: "none",
      format: DataGrid.copyFormatGeneric,
      warningThreshold: Number.MAX_SAFE_INTEGER,
    },
    stretchLastColumn: false,
  });
  grid.dataModel = model;
  for (const [at, column] of columns.entries()) grid.resizeColumn("body", at, widthOf(model, at, column.name));
  return grid;
}

/** By the name and the first rows. */
function widthOf(model: PagedModel, column: number, name: string): number {
  const decimals = model.headerOf(column)?.column.decimals ?? 0;
  let longest = name.length + 2;
  for (let row = 0; row < Math.min(100, model.rowCount("body")); row++)
    longest = Math.max(longest, formatCell(model.data("body", row, column), decimals).length);
  return Math.max(90, Math.min(280, 16 + 7.3 * longest));
}
