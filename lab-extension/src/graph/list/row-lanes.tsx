/** The edges within one row of the list, and the row's own node. Rendered by StageRow. */
import type { ReactElement } from "react";
import { memo } from "react";
import type { LaneLine, RowLanes } from "../model/lanes";

/** In CSS pixels; the height is the same in style/graph-list.css. */
export const ROW_HEIGHT = 22;
const MIDDLE = ROW_HEIGHT / 2;
const LANE_WIDTH = 11;
const NODE_RADIUS = 3.5;
/** More lanes than this are drawn on one another, so that the names keep their room. */
export const MAX_LANES = 8;

/** The width that the lines take in each row, in CSS pixels. */
export function lanesWidth(count: number): number {
  return Math.max(1, count) * LANE_WIDTH + 4;
}

export interface RowLanesProps {
  readonly lanes: RowLanes;
  readonly count: number;
  readonly isNode: boolean;
  /** The rows upstream and downstream of the selected one, and itself: the lines between them are emphasized. */
  readonly lineage: ReadonlySet<number>;
  readonly row: number;
}

export const RowLines = memo(function RowLines({ lanes, count, isNode, lineage, row }: RowLanesProps): ReactElement {
  const { lane, passing, entering, isRead } = lanes;
  const isEmphasized = (line: LaneLine): boolean => lineage.has(row) && lineage.has(line.from);
  const width = lanesWidth(count);
  // One element for all lines of a kind: thousands of rows are scrolled.
  const lines = [
    ...passing.map((line) => `M${xOf(line.lane)} 0V${ROW_HEIGHT}`),
    ...entering.filter((line) => !isEmphasized(line)).map((line) => entryPath(line.lane, lane)),
    ...(isRead ? [`M${xOf(lane)} ${MIDDLE}V${ROW_HEIGHT}`] : []),
  ];
  const emphasized = entering.filter(isEmphasized).map((line) => entryPath(line.lane, lane));
  return (
    <svg
      className="stagebook-List-lanes"
      width={width}
      height={ROW_HEIGHT}
      viewBox={`0 0 ${width} ${ROW_HEIGHT}`}
      aria-hidden="true"
    >
      {lines.length > 0 && <path d={lines.join("")} />}
      {emphasized.length > 0 && <path className="stagebook-mod-lineage" d={emphasized.join("")} />}
      {isNode && <circle cx={xOf(lane)} cy={MIDDLE} r={NODE_RADIUS} />}
    </svg>
  );
});

/** From the upper edge to the node. */
function entryPath(from: number, to: number): string {
  const [x, end] = [xOf(from), xOf(to)];
  return from === to ? `M${x} 0V${MIDDLE}` : `M${x} 0C${x} ${MIDDLE} ${x} ${MIDDLE} ${end} ${MIDDLE}`;
}

function xOf(lane: number): number {
  return lane * LANE_WIDTH + LANE_WIDTH / 2 + 2;
}
