/** Where edges leave and enter nodes. Pure; the same in the page, in pictures and in the layout's routes. */
import type { Direction, Point } from "./layout-request";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The line along which attached inputs lead down to their node, from the left edge of all of them. */
const ATTACHED_X = 16;

/** Where an edge leaves its source. */
export function outPort({ width, height }: Size, direction: Direction): Point {
  return direction === "right" ? { x: width, y: height / 2 } : { x: width / 2, y: height };
}

/** Where an edge enters its target. `attachedWidth`: of the inputs that are attached to it; edges pass to their right. */
export function inPort({ width, height }: Size, direction: Direction, attachedWidth?: number): Point {
  if (direction === "right") return { x: 0, y: height / 2 };
  return { x: attachedWidth === undefined ? width / 2 : (attachedWidth + width) / 2, y: 0 };
}

/** Where the edge of an attached input leaves it, and enters the node that it is attached to, in both directions of the graph. */
export const attachedPorts = {
  out: ({ height }: Size): Point => ({ x: ATTACHED_X, y: height }),
  in: { x: ATTACHED_X, y: 0 } satisfies Point,
};
