/** Which rows of a long list are in sight. Pure. */

export interface RowRange {
  readonly start: number;
  /** Not included. */
  readonly end: number;
}

/** A few rows more than can be seen, on both sides, so that scrolling shows no gaps. Lengths in CSS pixels. */
export function findRowsInSight(scrollTop: number, height: number, rowHeight: number, count: number): RowRange {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const visible = Math.ceil(Math.max(0, height) / rowHeight) + 1;
  const end = Math.min(count, first + visible + SPARE_ROWS);
  // After the list became shorter the browser has not yet moved the view: the last rows are shown.
  const start = Math.max(0, Math.min(first - SPARE_ROWS, count - visible - SPARE_ROWS));
  return { start, end: Math.max(start, end) };
}

const SPARE_ROWS = 8;
