/** The edges within one row of the list, and the row's own node. Rendered by StageRow. */
import type { ReactElement } from "react";
import { memo } from "react";
import type { RowLanes } from "../model/lanes";

/** In CSS pixels; the height is the same in style/graph-list.css. */
export const ROW_HEIGHT = 22;
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
  const [x, middle] = [xOf(lane), ROW_HEIGHT / 2];
  const isOwn = lineage.has(row);
  return (
    <svg
      className="stagebook-List-lanes"
      width={lanesWidth(count)}
      height={ROW_HEIGHT}
      viewBox={`0 0 ${lanesWidth(count)} ${ROW_HEIGHT}`}
      aria-hidden="true"
    >
      {passing.map((line) => (
        <path key={`p${line.lane}`} d={`M${xOf(line.lane)} 0V${ROW_HEIGHT}`} />
      ))}
      {entering.map((line) => (
        <path
          key={`e${line.lane}`}
          className={isOwn && lineage.has(line.from) ? "stagebook-mod-lineage" : undefined}
          d={
            line.lane === lane
              ? `M${x} 0V${middle}`
              : `M${xOf(line.lane)} 0C${xOf(line.lane)} ${middle} ${xOf(line.lane)} ${middle} ${x} ${middle}`
          }
        />
      ))}
      {isRead && <path d={`M${x} ${middle}V${ROW_HEIGHT}`} />}
      {isNode && <circle cx={x} cy={middle} r={NODE_RADIUS} />}
    </svg>
  );
});

function xOf(lane: number): number {
  return lane * LANE_WIDTH + LANE_WIDTH / 2 + 2;
}
