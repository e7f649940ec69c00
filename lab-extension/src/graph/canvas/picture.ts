/** The graph as SVG and as Mermaid text. Pure; called by the export. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { StageView, View } from "stagebook/protocol";
import { createEdgePath } from "./edge-path";
import type { Graph, GraphNode } from "../model/graph";
import { NODE_SIZES } from "../model/graph";
import type { Direction, Layout, Point } from "../layout/layout";
import { resultText, statusWord } from "../../ui/stage-text";

/** What the panel draws. */
export interface Picture {
  readonly graph: Graph;
  readonly layout: Layout;
  readonly view: View;
  readonly direction: Direction;
}

/** CSS colors of the page's theme, so that the file looks like the panel. */
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

const MARGIN = 12;
const ATTACHED_X = 16;
const FONT = "font-family='system-ui, sans-serif'";

/** Self-contained: nothing refers to the page. */
export function createSvg(picture: Picture, colors: PictureColors, trans: TranslationBundle): string {
  const { graph, layout } = picture;
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN].map(Math.ceil) as [number, number];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-MARGIN} ${-MARGIN} ${width} ${height}">`,
    `<rect x="${-MARGIN}" y="${-MARGIN}" width="${width}" height="${height}" fill="${escape(colors.background)}"/>`,
    ...drawEdges(picture, colors),
    ...graph.nodes.flatMap((node) => {
      const at = layout.positions[node.id];
      return at ? [drawNode(node, at, picture, colors, trans)] : [];
    }),
    `</svg>`,
  ].join("\n");
}

/** A Mermaid flowchart of the stages and their inputs. */
export function createMermaid({ graph, direction }: Pick<Picture, "graph" | "direction">): string {
  const ids = new Map(graph.nodes.map((node, index) => [node.id, `n${index}`]));
  const label = (text: string): string => `"${text.replace(/[&<>"#]/gu, (sign) => `#${sign.charCodeAt(0)};`)}"`;
  const shape = (node: GraphNode): string => {
    if (node.kind === "param") return `([${label(node.name)}])`;
    if (node.kind === "file" || node.kind === "files") return `[/${label(node.name)}/]`;
    return node.kind === "group" ? `[[${label(`${node.name}/`)}]]` : `[${label(node.name)}]`;
  };
  return [
    `flowchart ${direction === "right" ? "LR" : "TD"}`,
    ...graph.nodes.map((node) => `  ${ids.get(node.id) ?? ""}${shape(node)}`),
    ...graph.edges.flatMap(({ from, to, implicit }) => {
      const [source, target] = [ids.get(from), ids.get(to)];
      return source && target ? [`  ${source} ${implicit ? "-.->" : "-->"} ${target}`] : [];
    }),
    "",
  ].join("\n");
}

function drawEdges({ graph, layout, direction }: Picture, colors: PictureColors): readonly string[] {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  return graph.edges.flatMap((edge) => {
    const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)];
    const [start, end] = [layout.positions[edge.from], layout.positions[edge.to]];
    if (!from || !to || !start || !end) return [];
    const isAttached = from.attachedTo === to.id;
    const edgeDirection = isAttached ? "down" : direction;
    const path = createEdgePath(
      portAt(start, from, edgeDirection, "out", isAttached),
      layout.routes[edge.id] ?? [],
      portAt(end, to, edgeDirection, "in", isAttached),
      edgeDirection,
    );
    const dashes = edge.implicit ? ` stroke-dasharray="1 4" stroke-linecap="round"` : "";
    return [`<path d="${path}" fill="none" stroke="${escape(colors.edge)}"${dashes}/>`];
  });
}

function portAt(
  corner: Point,
  { kind }: GraphNode,
  direction: Direction,
  end: "in" | "out",
  isAttached: boolean,
): Point {
  const { width, height } = NODE_SIZES[kind];
  if (direction === "right") return { x: corner.x + (end === "out" ? width : 0), y: corner.y + height / 2 };
  return { x: corner.x + (isAttached ? ATTACHED_X : width / 2), y: corner.y + (end === "out" ? height : 0) };
}

function drawNode(
  node: GraphNode,
  at: Point,
  { view }: Picture,
  colors: PictureColors,
  trans: TranslationBundle,
): string {
  const { width, height } = NODE_SIZES[node.kind];
  const isSource = node.kind !== "stage" && node.kind !== "group";
  const stage = node.kind === "stage" ? view.stages[node.name] : undefined;
  const box = `<rect width="${width}" height="${height}" rx="${isSource ? 10 : 4}" fill="${escape(isSource ? colors.source : colors.node)}" stroke="${escape(colors.border)}"/>`;
  const lines = isSource
    ? [drawText(sourceText(node, view), { x: 9, y: 14 }, 11, colors.text)]
    : [
        drawText(node.kind === "group" ? `${node.name}/` : node.name, { x: 11, y: 18 }, 13, colors.text, true),
        ...stageLines(node, stage, trans).map((text, index) =>
          drawText(text, { x: 11, y: 34 + 15 * index }, 11, colors.faint),
        ),
      ];
  const bar = stage
    ? `<rect width="4" height="${height}" fill="${escape(colors.status[stage.status] ?? colors.border)}"/>`
    : "";
  return `<g transform="translate(${at.x} ${at.y})">${box}${bar}${lines.join("")}</g>`;
}

function stageLines(node: GraphNode, stage: StageView | undefined, trans: TranslationBundle): readonly string[] {
  if (!stage) return [trans._n("%1 stage", "%1 stages", node.members?.length ?? 0)];
  return [statusWord(stage.status, trans), resultText(stage) ?? trans.__("no result yet")];
}

function sourceText(node: GraphNode, view: View): string {
  const param = node.kind === "param" ? view.params[node.name] : undefined;
  return param ? `${node.name} = ${param.text}` : node.name;
}

/** The approximate number of characters that fit into a node. */
const MAX_CHARACTERS = 24;

function drawText(text: string, at: Point, size: number, color: string, isBold = false): string {
  // By code point: a surrogate pair is never split.
  const characters = Array.from(text);
  const label = characters.length > MAX_CHARACTERS ? `${characters.slice(0, MAX_CHARACTERS - 1).join("")}…` : text;
  return `<text x="${at.x}" y="${at.y}" font-size="${size}" ${FONT} fill="${escape(color)}"${isBold ? ` font-weight="600"` : ""}>${escape(label)}</text>`;
}

/** For text and attributes. Characters that XML forbids become U+FFFD. */
function escape(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- XML cannot represent these characters
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, "\ufffd")
      .replace(/[&<>"']/gu, (sign) => `&#${sign.charCodeAt(0)};`)
  );
}
