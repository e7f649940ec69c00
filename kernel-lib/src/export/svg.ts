/** The graph as SVG, for clients that do not render Mermaid: nbconvert, GitHub, a file. Readable on light and dark backgrounds. */
import type { Freshness, View } from "../protocol";
import { fileInputs } from "./file-inputs";

const [CHARACTER, HEIGHT, GAP_X, GAP_Y, MARGIN, MIN_WIDTH] = [7.4, 40, 24, 44, 12, 64];
const MAX_CHARACTERS = 40;
/** Passes of the layout. */
const SWEEPS = 4;

interface Box {
  readonly id: string;
  readonly title: string;
  /** The second line: the status of a stage, the value of a parameter, what a file is. */
  readonly note: string;
  readonly color: string;
  readonly isSource: boolean;
  readonly width: number;
  readonly above: readonly string[];
  layer: number;
  /** Horizontal center. */
  x: number;
}

const colors: Readonly<Record<Freshness, string>> = {
  fresh: "#3fa34d",
  stale: "#e08a00",
  pending: "#e08a00",
  new: "#888888",
  running: "#1976d2",
  failed: "#d32f2f",
  blocked: "#d32f2f",
  cancelled: "#888888",
};
const dashed: ReadonlySet<string> = new Set<Freshness>(["pending", "new", "blocked"]);

export function toSvg(view: View): string {
  const boxes = boxesOf(view);
  const layers = layersOf(boxes);
  for (const layer of layers) place(layer, MARGIN);
  for (let sweep = 0; sweep < SWEEPS; sweep++) arrange(layers, boxes);
  const width = Math.max(200, ...layers.map((layer) => widthOf(layer))) + 2 * MARGIN;
  for (const layer of layers) place(layer, (width - widthOf(layer)) / 2);
  const height = layers.length * (HEIGHT + GAP_Y) - GAP_Y + 2 * MARGIN;
  const lines = [...boxes.values()].flatMap((box) => box.above.map((id) => edge(boxes.get(id), box)));
  const parts = [...lines, ...[...boxes.values()].map(draw)];
  const size = `width="${width.toFixed(0)}" height="${Math.max(height, HEIGHT).toFixed(0)}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width.toFixed(0)} ${Math.max(height, HEIGHT).toFixed(0)}" role="img" aria-label="${escape(labelOf(view))}" font-family="sans-serif" text-anchor="middle">${parts.join("")}</svg>`;
}

function boxesOf(view: View): Map<string, Box> {
  const { stages, params } = view;
  const boxes = new Map<string, Box>();
  const add = (box: Omit<Box, "width" | "layer" | "x">): void => {
    const characters = Math.max(box.title.length, box.note.length);
    const width = Math.max(MIN_WIDTH, characters * CHARACTER + 20);
    boxes.set(box.id, { ...box, width, layer: 0, x: 0 });
  };
  const used = new Set(
    Object.values(stages).flatMap(({ inputs }) => inputs.flatMap(({ kind, name }) => (kind === "param" ? [name] : []))),
  );
  for (const { name, text } of Object.values(params))
    if (used.has(name))
      add({ id: `param ${name}`, title: cut(name), note: cut(text), color: "#6a6a9f", isSource: true, above: [] });
  for (const [id, { kind, name }] of fileInputs(view))
    add({ id, title: cut(name), note: kind, color: "#6a6a9f", isSource: true, above: [] });
  for (const { name, status, inputs } of Object.values(stages)) {
    const above = [...new Set(inputs.map((input) => `${input.kind} ${input.name}`))].filter(
      (id) => boxes.has(id) || (id.startsWith("stage ") && stages[id.slice("stage ".length)]),
    );
    add({ id: `stage ${name}`, title: cut(name), note: status, color: colors[status], isSource: false, above });
  }
  return boxes;
}

/** Layers by the longest path from a root; a root is placed just above its first reader. Stages of a cycle stay where they are. */
function layersOf(boxes: ReadonlyMap<string, Box>): readonly Box[][] {
  const all = [...boxes.values()];
  for (let pass = 0, moved = true; moved && pass <= all.length; pass++) {
    moved = false;
    for (const box of all) {
      const lowest = Math.max(0, ...box.above.map((id) => (boxes.get(id)?.layer ?? -1) + 1));
      if (lowest <= box.layer || lowest > all.length) continue;
      box.layer = lowest;
      moved = true;
    }
  }
  for (const box of all.filter(({ above }) => above.length === 0)) {
    const readers = all.filter(({ above }) => above.includes(box.id)).map(({ layer }) => layer);
    if (readers.length > 0) box.layer = Math.max(0, Math.min(...readers) - 1);
  }
  const layers: Box[][] = [];
  for (const box of all) (layers[box.layer] ??= []).push(box);
  return layers.filter((layer) => layer !== undefined);
}

/** Moves each box toward the mean position of its neighbors: first downwards by those above, then upwards by those below. */
function arrange(layers: readonly Box[][], boxes: ReadonlyMap<string, Box>): void {
  const below = new Map<string, Box[]>();
  for (const box of boxes.values()) for (const id of box.above) below.set(id, [...(below.get(id) ?? []), box]);
  const sortBy = (layer: Box[], neighbors: (box: Box) => readonly Box[]): void => {
    const positions = new Map(layer.map((box) => [box, mean(neighbors(box).map(({ x }) => x)) ?? box.x]));
    layer.sort((a, b) => (positions.get(a) ?? 0) - (positions.get(b) ?? 0));
    place(layer, layer === layers[0] ? MARGIN : -widthOf(layer) / 2 + (mean([...positions.values()]) ?? 0));
  };
  for (const layer of layers) sortBy(layer, (box) => box.above.flatMap((id) => boxes.get(id) ?? []));
  for (const layer of [...layers].reverse()) sortBy(layer, (box) => below.get(box.id) ?? []);
}

function place(layer: readonly Box[], from: number): void {
  let x = from;
  for (const box of layer) {
    box.x = x + box.width / 2;
    x += box.width + GAP_X;
  }
}

const widthOf = (layer: readonly Box[]): number => layer.reduce((sum, box) => sum + box.width + GAP_X, -GAP_X);
const topOf = ({ layer }: Box): number => MARGIN + layer * (HEIGHT + GAP_Y);

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function draw(box: Box): string {
  const [left, top] = [box.x - box.width / 2, topOf(box)];
  const dash = dashed.has(box.note) && !box.isSource ? ' stroke-dasharray="5 3"' : "";
  const radius = box.isSource ? HEIGHT / 2 : 4;
  return (
    `<g><title>${escape(`${box.title}: ${box.note}`)}</title>` +
    `<rect x="${left.toFixed(1)}" y="${top}" width="${box.width.toFixed(1)}" height="${HEIGHT}" rx="${radius}" fill="#ffffff" stroke="${box.color}" stroke-width="2"${dash}/>` +
    `<text x="${box.x.toFixed(1)}" y="${top + 17}" font-size="13" fill="#222222">${escape(box.title)}</text>` +
    `<text x="${box.x.toFixed(1)}" y="${top + 32}" font-size="11" fill="${box.isSource ? "#555555" : box.color}">${escape(box.note)}</text></g>`
  );
}

function edge(from: Box | undefined, to: Box): string {
  if (!from) return "";
  const [y1, y2] = [topOf(from) + HEIGHT, topOf(to)];
  const bend = (y2 - y1) / 2;
  const dash = from.isSource ? ' stroke-dasharray="3 3"' : "";
  return `<path d="M${from.x.toFixed(1)} ${y1}C${from.x.toFixed(1)} ${y1 + bend} ${to.x.toFixed(1)} ${y2 - bend} ${to.x.toFixed(1)} ${y2}" fill="none" stroke="#888888" stroke-width="1.5"${dash}/>`;
}

function labelOf({ stages }: View): string {
  const all = Object.values(stages);
  return all.length === 0
    ? "no stages yet"
    : `pipeline: ${all.map(({ name, status }) => `${name} ${status}`).join(", ")}`;
}

const cut = (text: string): string => (text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS - 1)}…` : text);

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
