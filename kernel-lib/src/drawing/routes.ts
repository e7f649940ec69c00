/**
 * The points between the ends of each edge. Between two layers an edge may go anywhere; through a layer it goes straight, past the nodes
 * of that layer. Pure; called by the layout.
 */
import type { Direction, LayoutNode, Point } from "./layout-request";
import { inPort, outPort } from "./ports";

/** A node with what is attached to it. Its center is where the layout has put all of them. */
export interface RoutedColumn {
  readonly node: LayoutNode;
  /** The upper left corner of the node. */
  readonly at: Point;
  /** Of the inputs that are attached to the node. */
  readonly attachedWidth: number | undefined;
  readonly center: Point;
  readonly width: number;
  readonly height: number;
}

export interface RoutedEdge {
  readonly from: RoutedColumn;
  readonly to: RoutedColumn;
  /** A point on each layer between them. */
  readonly through: readonly Point[];
}

/** How far the nodes of a layer reach, in the direction of the edges. */
interface Layer {
  readonly start: number;
  readonly end: number;
}

export type Router = (edge: RoutedEdge) => readonly Point[];

/** The columns of a layer have the same center in the direction of the edges. */
export function createRouter(columns: Iterable<RoutedColumn>, direction: Direction): Router {
  const isDown = direction === "down";
  const along = ({ x, y }: Point): number => (isDown ? y : x);
  const layers = new Map<number, Layer>();
  for (const { center, width, height } of columns) {
    const half = (isDown ? height : width) / 2;
    const { start, end } = layers.get(Math.round(along(center))) ?? { start: Infinity, end: -Infinity };
    const reach = { start: Math.min(start, along(center) - half), end: Math.max(end, along(center) + half) };
    layers.set(Math.round(along(center)), reach);
  }
  const layerOf = (center: Point): Layer | undefined => layers.get(Math.round(along(center)));
  const place = (point: Point, at: number | undefined): Point =>
    at === undefined ? point : isDown ? { x: point.x, y: at } : { x: at, y: point.y };
  return ({ from, to, through }) => {
    const start = add(from.at, outPort(from.node, direction));
    const end = add(to.at, inPort(to.node, direction, to.attachedWidth));
    const isBackwards = along(from.center) >= along(to.center);
    const passed = through.flatMap((point) => {
      const layer = layerOf(point);
      const both = [place(point, layer?.start), place(point, layer?.end)];
      return isBackwards ? both.reverse() : both;
    });
    const points = [place(start, layerOf(from.center)?.end), ...passed, place(end, layerOf(to.center)?.start)];
    return withoutRepeated(start, points, end);
  };
}

function add(one: Point, other: Point): Point {
  return { x: one.x + other.x, y: one.y + other.y };
}

function withoutRepeated(start: Point, points: readonly Point[], end: Point): readonly Point[] {
  const kept: Point[] = [];
  for (const point of points) {
    const last = kept.at(-1) ?? start;
    if (!isNear(point, last) && !isNear(point, end)) kept.push(point);
  }
  return kept;
}

function isNear(one: Point, other: Point): boolean {
  return Math.abs(one.x - other.x) < 0.5 && Math.abs(one.y - other.y) < 0.5;
}
