/** Lists of which only the visible rows are rendered, all with the same height. Used by the lists of the log and of the stages. */
import type { RefObject } from "react";
import { useEffect, useState } from "react";

export interface RowRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** The visible rows and a few more on both sides, so that scrolling shows no gaps. Lengths in CSS pixels. */
export function findVisibleRows(scrollTop: number, height: number, rowHeight: number, count: number): RowRange {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const visible = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  const end = Math.min(count, first + visible + SPARE_ROWS);
  // When the list has become shorter, the browser has not moved the view yet: show the last rows.
  const start = Math.max(0, Math.min(first - SPARE_ROWS, count - visible - SPARE_ROWS));
  return { start, end: Math.max(start, end) };
}

const SPARE_ROWS = 8;

/** Scrolls no further than necessary. `rowHeight` in CSS pixels. */
export function scrollToRow(list: RefObject<HTMLElement>, index: number, rowHeight: number): void {
  const element = list.current;
  if (!element) return;
  const top = index * rowHeight;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + rowHeight > element.scrollTop + element.clientHeight)
    element.scrollTop = top + rowHeight - element.clientHeight;
}

/** The height of the list's own box, in CSS pixels; 0 before it is known. */
export function useHeight(list: RefObject<HTMLElement>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setHeight(element.clientHeight));
    observer.observe(element);
    setHeight(element.clientHeight);
    return () => observer.disconnect();
  }, [list]);
  return height;
}
