/** How the grid draws cells, and headers with the type and the histogram of their column. */
import { TextRenderer, type CellRenderer, type GraphicsContext } from "@lumino/datagrid";
import type { TranslationBundle } from "@jupyterlab/translation";
import { formatCount, formatDecimals, type TableCell } from "stagebook/protocol";
import type { GridLook } from "./grid-style";
import type { HeaderCell, PagedModel } from "./paged-model";

export const HEADER_HEIGHT = 66;
const PADDING = 6;
const BARS_HEIGHT = 22;

/** Numbers at the right with the decimals of their column, everything else at the left. */
export function createCellRenderer(model: PagedModel, look: GridLook): TextRenderer {
  return new TextRenderer({
    font: look.font,
    textColor: ({ value }) => (value === null || value === undefined ? look.secondary : look.text),
    horizontalAlignment: ({ column }) => (isNumeric(model, column) ? "right" : "left"),
    format: ({ value, column }) => formatCell(value, model.headerOf(column)?.column.decimals ?? 0),
    elideDirection: "right",
  });
}

export function createRowNumberRenderer({ smallFont, secondary }: GridLook): TextRenderer {
  return new TextRenderer({
    font: smallFont,
    textColor: secondary,
    horizontalAlignment: "right",
    format: ({ value }) => (typeof value === "number" ? formatCount(value) : ""),
  });
}

/** `value`: a cell of a page; undefined while it is being fetched. */
export function formatCell(value: unknown, decimals: number): string {
  const cell = value as TableCell | undefined;
  if (typeof cell === "number") return formatDecimals(cell, decimals);
  if (cell === undefined) return "";
  // One line: a cell has no second one.
  return cell === null ? "–" : String(cell).replace(/\s*\n\s*/g, " ⏎ ");
}

const isNumeric = (model: PagedModel, column: number): boolean =>
  /^(number|bigint)$/.test(model.headerOf(column)?.column.type ?? "");

/** Name and order, type and missing values, histogram. */
export class HeaderRenderer extends TextRenderer {
  constructor(
    private readonly look: GridLook,
    private readonly trans: TranslationBundle,
  ) {
    super({ font: look.headFont, textColor: look.text });
  }

  override paint(gc: GraphicsContext, config: CellRenderer.CellConfig): void {
    this.drawBackground(gc, config);
    const header = config.value as HeaderCell | undefined;
    if (!header) return;
    const { x, y, width } = config;
    const { look } = this;
    const room = width - 2 * PADDING;
    const arrow = header.sorted && (header.sorted === "ascending" ? "▲" : "▼");
    write(gc, { text: header.column.name, x: x + PADDING, y: y + 15, room: room - (arrow ? 14 : 0), font: look.headFont, color: look.text }); // prettier-ignore
    if (arrow) write(gc, { text: arrow, x: x + width - PADDING - 10, y: y + 15, room: 14, font: look.smallFont, color: look.text }); // prettier-ignore
    write(gc, { text: describeHeader(header, this.trans), x: x + PADDING, y: y + 30, room, font: look.smallFont, color: look.secondary }); // prettier-ignore
    drawBars(gc, {
      counts: countsOf(header),
      x: x + PADDING,
      bottom: y + HEADER_HEIGHT - 5,
      width: room,
      color: look.bars,
    });
  }
}

/** `number · 3 % missing`, for the header and for screen readers. */
export function describeHeader({ column, summary }: HeaderCell, trans: TranslationBundle): string {
  if (!summary) return column.type;
  const parts = [summary.type];
  if (summary.missing > 0) parts.push(trans.__("%1 missing", formatCount(summary.missing)));
  if (summary.bins === undefined && summary.distinct !== null)
    parts.push(trans._n("%2 value", "%2 values", summary.distinct, formatCount(summary.distinct)));
  return parts.join(" · ");
}

function countsOf({ summary }: HeaderCell): readonly number[] {
  return summary?.bins ?? summary?.top?.map(({ count }) => count) ?? [];
}

interface Written {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly room: number;
  readonly font: string;
  readonly color: string;
}

function write(gc: GraphicsContext, { text, x, y, room, font, color }: Written): void {
  gc.font = font;
  gc.fillStyle = color;
  gc.textAlign = "left";
  gc.textBaseline = "alphabetic";
  gc.fillText(elided(gc, text, room), x, y);
}

function elided(gc: GraphicsContext, text: string, room: number): string {
  if (gc.measureText(text).width <= room) return text;
  // Fewer characters until they fit: by halves.
  let [fits, tooLong] = [0, text.length];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (gc.measureText(`${text.slice(0, middle)}…`).width <= room) fits = middle;
    else tooLong = middle;
  }
  return `${text.slice(0, fits)}…`;
}

interface Bars {
  readonly counts: readonly number[];
  readonly x: number;
  readonly bottom: number;
  readonly width: number;
  readonly color: string;
}

/** A value above 0 is always visible. */
function drawBars(gc: GraphicsContext, { counts, x, bottom, width, color }: Bars): void {
  const largest = Math.max(...counts, 1);
  const step = Math.min(16, width / Math.max(1, counts.length));
  gc.fillStyle = color;
  for (const [at, count] of counts.entries()) {
    const height = count > 0 ? Math.max(1.5, (count / largest) * BARS_HEIGHT) : 0;
    gc.fillRect(x + at * step, bottom - height, Math.max(1, step - 1), height);
  }
}
