/** The keys of the grid: those of Lumino's grid, without catching Tab, and with all rows of a selection when it is copied. */
import { BasicKeyHandler, type DataGrid } from "@lumino/datagrid";
import type { PagedModel } from "./paged-model";

/** Maximum number of cells to copy: for more, saving a file is better. */
const MOST_COPIED = 200_000;

export interface GridKeyPorts {
  readonly model: PagedModel;
  readonly tooMany: (cells: number) => void;
  readonly report: (problem: unknown) => void;
}

export class GridKeys extends BasicKeyHandler {
  constructor(private readonly ports: GridKeyPorts) {
    super();
  }

  override onKeyDown(grid: DataGrid, event: KeyboardEvent): void {
    // The focus must be able to leave the grid.
    if (event.key !== "Tab") super.onKeyDown(grid, event);
  }

  protected override onKeyC(grid: DataGrid, event: KeyboardEvent): void {
    if (event.shiftKey || event.altKey || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    void this.copy(grid).catch(this.ports.report);
  }

  private async copy(grid: DataGrid): Promise<void> {
    const { model, tooMany } = this.ports;
    const selection = grid.selectionModel?.currentSelection();
    if (!selection) return;
    const { r1, r2, c1, c2 } = selection;
    const [from, to] = [Math.max(0, Math.min(r1, r2)), Math.min(model.rowCount("body") - 1, Math.max(r1, r2))];
    const columns = Math.min(model.columnCount("body") - 1, Math.max(c1, c2)) - Math.max(0, Math.min(c1, c2)) + 1;
    const cells = (to - from + 1) * columns;
    if (cells > MOST_COPIED || to - from >= 15_000) {
      tooMany(cells);
      return;
    }
    await model.load(from, to);
    grid.copyToClipboard();
  }
}
