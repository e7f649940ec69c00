/** The path of an edge. Pure; called by the edge component and the SVG export. */
import type { Direction, Point } from "./layout-request";

/** An SVG path from `from` through each point of `route` to `to`, parallel to `direction` at each of them. */
export function createEdgePath(from: Point, route: readonly Point[], to: Point, direction: Direction = "down"): string {
  let last = from;
  const parts = [...route, to].map((point) => {
    const middle = { x: round((last.x + point.x) / 2), y: round((last.y + point.y) / 2) };
    const bend =
      direction === "down"
        ? `${round(last.x)},${middle.y} ${round(point.x)},${middle.y}`
        : `${middle.x},${round(last.y)} ${middle.x},${round(point.y)}`;
    const part = `C${bend} ${round(point.x)},${round(point.y)}`;
    last = point;
    return part;
  });
  return [`M${round(from.x)},${round(from.y)}`, ...parts].join(" ");
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}
