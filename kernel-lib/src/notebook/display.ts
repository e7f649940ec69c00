/** `show(x)`: the richest picture of a value that the cell can display; text where there is no cell. */
import { inspect } from "node:util";
import { toMermaid } from "../export/mermaid";
import type { View } from "../protocol";
import { findActivity } from "../run/activity";

export type Bundle = Readonly<Record<string, string>>;

const MAX_ROWS = 20;
const MAX_COLUMNS = 30;
const MAX_CELL = 200;

/** Shows the value in the cell that is executing, else prints it. Inside a stage that no cell started it goes to the log. */
export function showValue(value: unknown, isPipeline: (value: unknown) => boolean, view: () => View): void {
  const { display } = findActivity();
  const bundle = bundleOf(value, isPipeline, view);
  if (display) display(bundle);
  else console.log(bundle["text/plain"]);
}

/** A value as MIME types, always with text/plain. */
export function bundleOf(value: unknown, isPipeline: (value: unknown) => boolean, view: () => View): Bundle {
  if (isPipeline(value)) return graphBundle(view());
  if (typeof value === "string" && /^\s*<svg[\s>]/i.test(value)) return { "image/svg+xml": value, "text/plain": "SVG picture" };
  const picture = pictureBundle(value);
  if (picture) return picture;
  const markup = markupOf(value);
  if (markup !== undefined) return /^\s*<svg[\s>]/i.test(markup) ? { "image/svg+xml": withNamespace(markup), "text/plain": "SVG picture" } : { "text/html": markup, "text/plain": "HTML" };
  if (isRows(value)) return tableBundle(value);
  return { "text/plain": typeof value === "string" ? value : inspect(value, { depth: 4, maxArrayLength: 100 }) };
}

function graphBundle(view: View): Bundle {
  const mermaid = toMermaid(view);
  const lines = Object.values(view.stages).map((stage) => `${stage.name} · ${stage.status}`);
  return { "text/markdown": `\`\`\`mermaid\n${mermaid}\n\`\`\``, "text/plain": lines.join("\n") || "no stages yet" };
}

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

function pictureBundle(value: unknown): Bundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = signatures.find(([, bytes]) => bytes.every((byte, at) => value[at] === byte));
  return found && { [found[0]]: Buffer.from(value).toString("base64"), "text/plain": `${found[0]}, ${value.byteLength} bytes` };
}

/** Elements of a DOM (Observable Plot on linkedom, jsdom) know their own markup. */
function markupOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("outerHTML" in value)) return undefined;
  return typeof value.outerHTML === "string" ? value.outerHTML : undefined;
}

const withNamespace = (svg: string): string => (/\sxmlns=/.test(svg.slice(0, svg.indexOf(">"))) ? svg : svg.replace(/<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"'));

type Row = Readonly<Record<string, unknown>>;

function isRows(value: unknown): value is readonly Row[] {
  return Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row) && !(row instanceof Date));
}

function tableBundle(rows: readonly Row[]): Bundle {
  const shown = rows.slice(0, MAX_ROWS);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = names.slice(0, MAX_COLUMNS);
  const head = columns.map((name) => `<th>${escapeHtml(name)}</th>`).join("");
  const body = shown.map((row) => `<tr>${columns.map((name) => `<td${typeof row[name] === "number" ? ' style="text-align:right"' : ""}>${escapeHtml(cellText(row[name]))}</td>`).join("")}</tr>`).join("");
  const note = [rows.length > shown.length ? `first ${shown.length} of ${rows.length.toLocaleString("en-US")} rows` : `${rows.length} row${rows.length === 1 ? "" : "s"}`, names.length > columns.length ? `first ${columns.length} of ${names.length} columns` : ""].filter(Boolean).join(", ");
  return {
    "text/html": `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table><p><small>${note}</small></p>`,
    "text/plain": `${inspect(shown, { depth: 2, breakLength: 120 })}\n${note}`,
  };
}

function cellText(value: unknown): string {
  const text = value === undefined || value === null ? "" : typeof value === "string" ? value : value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : typeof value === "object" ? inspect(value, { depth: 1, breakLength: Infinity }) : String(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
