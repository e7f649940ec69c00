/** A small chart of a sweep: one parameter on the x axis, the value on the y axis, a line for each combination of the other parameters. */
import { escapeMarkup } from "../../protocol";
import type { SweepAbout, SweepRows } from "../../run/sweep";

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [560, 280, 64, 44, 16, 16];
const MAX_LINES = 8;
/** Distinguishable with color blindness (Okabe and Ito). */
const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8a8a00"];

interface Point {
  readonly x: number;
  readonly y: number;
}

/** SVG; undefined when a value is not a number, no parameter varies, or there are too many lines. */
export function drawSweep(rows: SweepRows, { stage, params }: SweepAbout): string | undefined {
  if (!rows.every(({ value }) => typeof value === "number" && Number.isFinite(value))) return undefined;
  const xParam = xParamOf(rows, params);
  if (xParam === undefined) return undefined;
  const xValues = [...new Set(rows.map((row) => paramsOf(row)[xParam]))];
  const isNumeric = xValues.every((value) => typeof value === "number");
  const xOf = (value: unknown): number => (isNumeric ? (value as number) : xValues.indexOf(value));
  const lines = new Map<string, Point[]>();
  for (const row of rows) {
    const [at, { value }] = [paramsOf(row), row];
    const name = params.flatMap((param) => (param === xParam ? [] : [`${param} ${textOf(at[param])}`])).join(", ");
    lines.set(name, [...(lines.get(name) ?? []), { x: xOf(at[xParam]), y: value as number }]);
  }
  if (lines.size > MAX_LINES) return undefined;
  const all = [...lines.values()].flat();
  const x = scale(all.map((point) => point.x), LEFT, WIDTH - RIGHT); // prettier-ignore
  const y = scale(all.map((point) => point.y), HEIGHT - BOTTOM, TOP); // prettier-ignore
  const xTicks = isNumeric ? ticks(x.from, x.to) : xValues.map((_, at) => at);
  const xText = (at: number): string => (isNumeric ? short(at) : textOf(xValues[at]));
  const parts = [
    ...ticks(y.from, y.to).map((at) => gridLine(y.at(at), short(at))),
    ...xTicks.map((at) => label(x.at(at), HEIGHT - BOTTOM + 18, xText(at), "middle")),
    ...[...lines].map(([, points], nth) => line(points, x.at, y.at, COLORS[nth] ?? "#000")),
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, xParam, "middle"),
    label(LEFT, 11, stage, "start"),
    ...(lines.size > 1 ? [...lines.keys()].map((name, nth) => legend(name, nth)) : []),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(`${stage} by ${xParam}`)}" font-family="sans-serif" font-size="12" fill="currentColor">${parts.join("")}</svg>`;
}

/** The first numeric parameter with several values, otherwise the first with several values. */
function xParamOf(rows: SweepRows, params: readonly string[]): string | undefined {
  const valuesOf = (param: string): readonly unknown[] => [...new Set(rows.map((row) => paramsOf(row)[param]))];
  const several = params.filter((param) => valuesOf(param).length > 1);
  return several.find((param) => valuesOf(param).every((value) => typeof value === "number")) ?? several[0];
}

const paramsOf = (row: SweepRows[number]): Readonly<Record<string, unknown>> => row.params;

interface Scale {
  readonly from: number;
  readonly to: number;
  readonly at: (value: number) => number;
}

function scale(values: readonly number[], start: number, end: number): Scale {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const room = low === high ? Math.abs(low) || 1 : 0;
  const [from, to] = [low - room / 2, high + room / 2];
  return { from, to, at: (value) => start + ((value - from) / (to - from)) * (end - start) };
}

/** About five round numbers in the range. */
function ticks(from: number, to: number): readonly number[] {
  const rough = (to - from) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, nth) => (first + nth) * step);
}

function line(points: readonly Point[], x: Scale["at"], y: Scale["at"], color: string): string {
  const sorted = [...points].sort((a, b) => a.x - b.x);
  const path = sorted.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`);
  const dots = path.map((at) => `<circle cx="${at.split(",")[0] ?? ""}" cy="${at.split(",")[1] ?? ""}" r="3"/>`);
  return `<g stroke="${color}" fill="${color}"><polyline fill="none" stroke-width="2" points="${path.join(" ")}"/>${dots.join("")}</g>`;
}

function gridLine(y: number, text: string): string {
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}" stroke="currentColor" stroke-opacity="0.15"/>${label(LEFT - 8, y + 4, text, "end")}`;
}

function legend(name: string, nth: number): string {
  const y = TOP + 14 + nth * 16;
  return `<rect x="${WIDTH - 150}" y="${y - 9}" width="10" height="10" fill="${COLORS[nth] ?? "#000"}"/>${label(WIDTH - 134, y, name, "start")}`;
}

function label(x: number, y: number, text: string, anchor: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escapeMarkup(text)}</text>`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
}
