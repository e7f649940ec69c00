/** The row of filters above the grid, one below the other's column: a button for the order, a field for what is typed. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { DataGrid } from "@lumino/datagrid";
import { describeHeader } from "./cell-renderers";
import type { PagedModel } from "./paged-model";

export interface FilterRowPorts {
  readonly grid: DataGrid;
  readonly model: PagedModel;
  readonly trans: TranslationBundle;
  readonly sort: (column: number) => void;
  readonly filter: () => void;
}

/** A pause in typing after which the filters apply. */
const PAUSE_MS = 300;

export class FilterRow {
  readonly node = document.createElement("div");
  private readonly inner = this.node.appendChild(document.createElement("div"));
  private readonly fields: HTMLInputElement[] = [];
  private readonly buttons: HTMLButtonElement[] = [];
  private timer = 0;

  constructor(private readonly ports: FilterRowPorts) {
    this.node.className = "stagebook-TableGrid-filters";
    for (let column = 0; column < ports.model.columnCount("body"); column++) this.addCell(column);
    this.update();
  }

  /** What is typed, by column. */
  get texts(): readonly string[] {
    return this.fields.map(({ value }) => value);
  }

  /** Follows the grid's columns and scroll position, and the order. */
  update(): void {
    const { grid, model, trans } = this.ports;
    this.inner.style.transform = `translateX(${grid.headerWidth - grid.scrollX}px)`;
    // What is scrolled out to the left must not cover the row numbers.
    this.node.style.clipPath = `inset(0 0 0 ${grid.headerWidth}px)`;
    for (const [column, button] of this.buttons.entries()) {
      const cell = button.parentElement;
      const header = model.headerOf(column);
      if (!cell || !header) continue;
      cell.style.left = `${grid.columnOffset("body", column)}px`;
      cell.style.width = `${grid.columnSize("body", column)}px`;
      const { name } = header.column;
      const order = header.sorted === "ascending" ? trans.__("ascending") : header.sorted ? trans.__("descending") : trans.__("not sorted"); // prettier-ignore
      button.textContent = header.sorted === "ascending" ? "▲" : header.sorted ? "▼" : "↕";
      button.setAttribute("aria-label", trans.__("Sort by %1: %2", name, order));
      button.title = `${name}: ${describeHeader(header, trans)}`;
    }
  }

  showProblem(column: number, isBad: boolean): void {
    this.fields[column]?.setAttribute("aria-invalid", String(isBad));
  }

  /** Without waiting for the pause. */
  apply(): void {
    clearTimeout(this.timer);
    this.ports.filter();
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private addCell(column: number): void {
    const { model, trans, sort } = this.ports;
    const name = model.headerOf(column)?.column.name ?? "";
    const cell = this.inner.appendChild(document.createElement("div"));
    cell.className = "stagebook-TableGrid-filter";
    cell.dataset.column = name;
    const button = cell.appendChild(document.createElement("button"));
    button.type = "button";
    button.addEventListener("click", () => sort(column));
    this.buttons.push(button);
    const field = cell.appendChild(document.createElement("input"));
    field.type = "text";
    field.spellcheck = false;
    field.placeholder = trans.__("filter");
    field.setAttribute("aria-label", trans.__("Filter %1", name));
    field.title = trans.__("text · =4.5 · >5 · 4..5 · ! for no value");
    field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = window.setTimeout(this.ports.filter, PAUSE_MS);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.apply();
    });
    // What gets the focus may be outside of what is visible.
    cell.addEventListener("focusin", () => {
      this.ports.grid.scrollToColumn(column);
      this.node.scrollLeft = 0;
    });
    this.fields.push(field);
  }
}
