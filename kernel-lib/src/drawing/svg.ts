/** A drawing as SVG: the same picture in the page, in a file, and in the output of a cell. Pure. */
import { escapeMarkup } from "../protocol";
import type { Drawing, DrawnNode } from "./drawing";
import { NODE_SIZES } from "./graph";

/** CSS colors. */
export interface PictureColors {
  readonly background: string;
  readonly node: string;
  readonly source: string;
  readonly border: string;
  readonly text: string;
  readonly faint: string;
  readonly edge: string;
  /** The color of a stage's bar by status; `border` for the others. */
  readonly status: { readonly [status: string]: string };
}

/** For a picture outside of the page, with a background of its own: it is readable on a dark page too. */
export const lightColors: PictureColors = {
  background: "#ffffff",
  node: "#ffffff",
  source: "#eeeeee",
  border: "#bdbdbd",
  text: "#212121",
  faint: "#616161",
  edge: "#757575",
  status: {
    fresh: "#388e3c",
    stale: "#e08a00",
    pending: "#e08a00",
    running: "#1976d2",
    failed: "#d32f2f",
    blocked: "#d32f2f",
  },
};

const MARGIN = 12;
const FONT = "font-family='system-ui, sans-serif'";

/** Self-contained: nothing refers to a page, and no text of the drawing can become markup. `label` is read by screen readers. */
export function drawSvg({ width, height, nodes, edges }: Drawing, colors: PictureColors, label: string): string {
  const [w, h] = [width, height].map((size) => Math.ceil(number(size) + 2 * MARGIN)) as [number, number];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="${-MARGIN} ${-MARGIN} ${w} ${h}" role="img" aria-label="${escapeMarkup(label)}">`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${w}" height="${h}" fill="${escapeMarkup(colors.background)}"/>`,
    ...edges.map(({ path, implicit }) => {
      const dashes = implicit ? ` stroke-dasharray="1 4" stroke-linecap="round"` : "";
      return `<path d="${escapeMarkup(path)}" fill="none" stroke="${escapeMarkup(colors.edge)}"${dashes}/>`;
    }),
    ...nodes.map((node) => drawNode(node, colors)),
    `</svg>`,
  ].join("\n");
}

function drawNode({ kind, x, y, title, lines, status, hint }: DrawnNode, colors: PictureColors): string {
  const { width, height } = NODE_SIZES[kind];
  const isSource = kind !== "stage" && kind !== "group";
  const box = `<rect width="${width}" height="${height}" rx="${isSource ? 10 : 4}" fill="${escapeMarkup(isSource ? colors.source : colors.node)}" stroke="${escapeMarkup(colors.border)}"/>`;
  const texts = isSource
    ? [drawText(title, { x: 9, y: 14, size: 11, color: colors.text, room: width - 18 })]
    : [
        drawText(title, { x: 11, y: 18, size: 13, color: colors.text, room: width - 16, isBold: true }),
        ...lines.map((line, index) =>
          drawText(line, { x: 11, y: 34 + 15 * index, size: 11, color: colors.faint, room: width - 16 }),
        ),
      ];
  const bar =
    status === undefined
      ? ""
      : `<rect width="4" height="${height}" fill="${escapeMarkup(colors.status[status] ?? colors.border)}"/>`;
  const whole = escapeMarkup(typeof hint === "string" ? hint : [title, ...lines].join("\n"));
  return `<g transform="translate(${number(x)} ${number(y)})"><title>${whole}</title>${box}${bar}${texts.join("")}</g>`;
}

/** The width of a character, as a share of the font's size: that of wide letters and digits in common fonts. */
const CHARACTER = 0.56;

interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly color: string;
  /** The width that the text may take; the rest of it is cut off. */
  readonly room: number;
  readonly isBold?: boolean;
}

function drawText(text: string, { x, y, size, color, room, isBold = false }: TextStyle): string {
  // By code point: a surrogate pair is never split.
  const characters = Array.from(text);
  const limit = Math.floor(room / (CHARACTER * size));
  const label = characters.length > limit ? `${characters.slice(0, limit - 1).join("")}…` : text;
  return `<text x="${x}" y="${y}" font-size="${size}" ${FONT} fill="${escapeMarkup(color)}"${isBold ? ` font-weight="600"` : ""}>${escapeMarkup(label)}</text>`;
}

/** A drawing may come from a file: a value that is not a number is 0. */
function number(value: number): number {
  return Number.isFinite(value) ? value : 0;
}
