/** Which part of the drawing is in view. Names are never smaller than 11 px: a graph that needs more room is panned. Pure; called by Flow. */
import type { Direction, Layout } from "stagebook/drawing";

/** Below this zoom, a node shows only its name and status, in a larger font. */
export const FAR_BELOW = 0.85;
/** The size of a name in that font, in CSS pixels; the same in style/graph.css. */
const FAR_FONT = 19;
/** The size of the smallest name, in CSS pixels. */
const MIN_FONT = 11;
export const MIN_ZOOM = MIN_FONT / FAR_FONT;
export const MAX_ZOOM = 2;

/** In CSS pixels: the width of the zoom buttons with their margin, and the margin on the other sides. */
const CONTROLS = 36;
const MARGIN = 8;

export interface Viewport {
  /** Of the layout's origin, in CSS pixels of the panel. */
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** Of the layout, in CSS pixels at zoom 1. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** True if the whole graph fits into the panel with readable names. Lengths in CSS pixels. */
export function isReadable(layout: Layout, width: number, height: number): boolean {
  return findZoom(layout, width, height, isTall(layout, width, height)) >= MIN_ZOOM;
}

/** True if the zoom buttons belong at the left of the graph instead of below it. */
export function isTall(layout: Layout, width: number, height: number): boolean {
  return layout.height / height > layout.width / width;
}

/** The whole graph, or its beginning where the whole would not be readable. */
export function fitGraph(layout: Layout, direction: Direction, width: number, height: number): Viewport {
  const tall = isTall(layout, width, height);
  const zoom = Math.max(MIN_ZOOM, Math.min(1, findZoom(layout, width, height, tall)));
  const [left, bottom] = [tall ? CONTROLS : MARGIN, tall ? MARGIN : CONTROLS];
  const [freeWidth, freeHeight] = [width - left - MARGIN, height - MARGIN - bottom];
  const overWidth = layout.width * zoom - freeWidth;
  const overHeight = layout.height * zoom - freeHeight;
  return {
    zoom,
    // The beginning is on top in one direction, and at the left in the other.
    x: left + (overWidth > 0 && direction === "right" ? 0 : -overWidth / 2),
    y: MARGIN + (overHeight > 0 && direction === "down" ? 0 : -overHeight / 2),
  };
}

/** True if the whole area is in view. */
export function isInView(area: Area, { x, y, zoom }: Viewport, width: number, height: number): boolean {
  const [left, top] = [area.x * zoom + x, area.y * zoom + y];
  return left >= 0 && top >= 0 && left + area.width * zoom <= width && top + area.height * zoom <= height;
}

export function centerOn(area: Area, zoom: number, width: number, height: number): Viewport {
  return {
    zoom,
    x: width / 2 - (area.x + area.width / 2) * zoom,
    y: height / 2 - (area.y + area.height / 2) * zoom,
  };
}

function findZoom(layout: Layout, width: number, height: number, tall: boolean): number {
  const [freeWidth, freeHeight] = [
    width - MARGIN - (tall ? CONTROLS : MARGIN),
    height - MARGIN - (tall ? MARGIN : CONTROLS),
  ];
  return Math.min(freeWidth / Math.max(1, layout.width), freeHeight / Math.max(1, layout.height));
}
