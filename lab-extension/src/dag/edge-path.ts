/** The line of an edge. Pure; called by the edge component. */
import type { Point } from "./layout";

/** An SVG path that leaves, passes each point and arrives straight downwards. */
export function createEdgePath(from: Point, route: readonly Point[], to: Point): string {
  let last = from;
  const parts = [...route, to].map((point) => {
    const middle = round((last.y + point.y) / 2);
    const part = `C${round(last.x)},${middle} ${round(point.x)},${middle} ${round(point.x)},${round(point.y)}`;
    last = point;
    return part;
  });
  return [`M${round(from.x)},${round(from.y)}`, ...parts].join(" ");
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}
