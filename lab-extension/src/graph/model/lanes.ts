/**
 * The edges of a list of stages, drawn like those of a commit graph: each row with readers further down has a lane, which leads down to
 * the last of them. Pure.
 */

/** A row without an edge has no inputs: the heading of a group. */
export interface LaneInput {
  /** The rows that this one reads. Only those above it have a line. */
  readonly inputs: readonly number[];
  /** False for a row that is not a node: the lanes pass it. */
  readonly isNode: boolean;
}

/** A line within one row. */
export interface LaneLine {
  readonly lane: number;
  /** The row at which the lane begins. */
  readonly from: number;
}

export interface RowLanes {
  /** The lane of the row's own node, from 0. */
  readonly lane: number;
  /** The lanes that pass the row, from its upper to its lower edge. */
  readonly passing: readonly LaneLine[];
  /** The lanes that lead from the upper edge to the row's node. */
  readonly entering: readonly LaneLine[];
  /** True if a line leads from the node to the lower edge. */
  readonly isRead: boolean;
}

export interface Lanes {
  readonly rows: readonly RowLanes[];
  /** The number of lanes, at most `maxLanes`. */
  readonly count: number;
}

/** Lanes beyond `maxLanes` share the last one. A row continues the lane of an input that nothing below reads, or takes the first free one. */
export function assignLanes(inputs: readonly LaneInput[], maxLanes: number): Lanes {
  const lastReader = findLastReaders(inputs);
  /** The row at which each lane begins; null for a free one. */
  const open: (number | null)[] = [];
  const laneOf = new Map<number, number>();
  let count = 0;
  const rows = inputs.map(({ inputs, isNode }, row): RowLanes => {
    if (!isNode) return { lane: 0, passing: linesOf(open, maxLanes), entering: [], isRead: false };
    const sources = [...new Set(inputs)].filter((source) => laneOf.has(source) && source < row);
    const entering = sources.map((source) => ({ lane: laneOf.get(source) ?? 0, from: source }));
    const ended = entering.filter(({ from }) => lastReader.get(from) === row);
    for (const { lane } of ended) open[lane] = null;
    const passing = linesOf(open, maxLanes);
    const lane = ended.length > 0 ? Math.min(...ended.map((line) => line.lane)) : findFree(open);
    const isRead = lastReader.has(row);
    if (isRead) open[lane] = row;
    laneOf.set(row, lane);
    count = Math.max(count, lane + 1);
    return { lane: Math.min(lane, maxLanes - 1), passing, entering: limitLanes(entering, maxLanes), isRead };
  });
  return { rows, count: Math.min(count, maxLanes) };
}

/** The last row below it that reads a row. Rows that no row below them reads are absent. */
function findLastReaders(rows: readonly LaneInput[]): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  rows.forEach(({ inputs }, row) => {
    for (const source of inputs) if (source < row) last.set(source, row);
  });
  return last;
}

function findFree(open: readonly (number | null)[]): number {
  const free = open.indexOf(null);
  return free < 0 ? open.length : free;
}

function linesOf(open: readonly (number | null)[], maxLanes: number): readonly LaneLine[] {
  const lines: LaneLine[] = [];
  open.forEach((from, lane) => {
    if (from !== null) lines.push({ lane, from });
  });
  return limitLanes(lines, maxLanes);
}

/** One line for each lane that is drawn. */
function limitLanes(lines: readonly LaneLine[], maxLanes: number): readonly LaneLine[] {
  const drawn = new Map<number, LaneLine>();
  for (const { lane, from } of lines) {
    const shown = Math.min(lane, maxLanes - 1);
    if (!drawn.has(shown)) drawn.set(shown, { lane: shown, from });
  }
  return [...drawn.values()];
}
