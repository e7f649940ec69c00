/** `show(x)`: the richest rendering of a value that the cell can display; plain text outside a cell. */
import { inspect } from "node:util";
import { findActivity } from "../../run/state/activity";
import { sweepOf, type SweepAbout, type SweepRows } from "../../run/sweep";
import { escapeMarkup } from "./escape-markup";
import { drawSweep } from "./sweep-picture";

/** One value by MIME type; binary data in base64. */
export type Bundle = Readonly<Record<string, string>>;

/** Renders values that are not data, such as a pipeline; undefined for all others. */
export type Renderer = (value: unknown) => Bundle | undefined;

const MAX_ROWS = 20;
const MAX_COLUMNS = 30;
const MAX_CELL = 200;

/** Shows the value in the cell that is being executed, otherwise prints it. Inside a stage that no cell started it goes to the log. */
export function showValue(value: unknown, render: Renderer): void {
  const { display } = findActivity();
  const bundle = render(value) ?? bundleOf(value);
  if (display) display(bundle);
  else console.log(bundle["text/plain"]);
}

/** A value by MIME type, always including text/plain. */
export function bundleOf(value: unknown): Bundle {
  if (typeof value === "string" && /^\s*<svg[\s>]/i.test(value))
    return { "image/svg+xml": value, "text/plain": "SVG picture" };
  const image = imageBundle(value);
  if (image) return image;
  const markup = markupOf(value);
  if (markup !== undefined)
    return /^\s*<svg[\s>]/i.test(markup)
      ? { "image/svg+xml": withNamespace(markup), "text/plain": "SVG picture" }
      : { "text/html": markup, "text/plain": "HTML" };
  const sweep = sweepOf(value);
  if (sweep) return sweepBundle(value as SweepRows, sweep);
  if (isRows(value)) return tableBundle(value);
  return { "text/plain": typeof value === "string" ? value : inspect(value, { depth: 4, maxArrayLength: 100 }) };
}

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ["image/png", [0x89, 0x50, 0x4e, 0x47]],
  ["image/jpeg", [0xff, 0xd8, 0xff]],
  ["image/gif", [0x47, 0x49, 0x46, 0x38]],
];

function imageBundle(value: unknown): Bundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined;
  const found = signatures.find(([, bytes]) => bytes.every((byte, at) => value[at] === byte));
  return (
    found && {
      [found[0]]: Buffer.from(value).toString("base64"),
      "text/plain": `${found[0]}, ${value.byteLength} bytes`,
    }
  );
}

/** Elements of a DOM (Observable Plot on linkedom, jsdom) know their own markup. */
function markupOf(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || !("outerHTML" in value)) return undefined;
  return typeof value.outerHTML === "string" ? value.outerHTML : undefined;
}

const withNamespace = (svg: string): string =>
  /\sxmlns=/.test(svg.slice(0, svg.indexOf(">")))
    ? svg
    : svg.replace(/<svg/i, '<svg xmlns="http://www.w3.org/2000/svg"');

type Row = Readonly<Record<string, unknown>>;

function isRows(value: unknown): value is readonly Row[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row) && !(row instanceof Date))
  );
}

/** The table, below a chart where the values can be drawn. */
function sweepBundle(rows: SweepRows, about: SweepAbout): Bundle {
  const table = tableBundle(
    rows.map(({ params, value }) => {
      const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
      return { ...params, ...(isRecord ? value : { [about.stage]: value }) };
    }),
  );
  const chart = drawSweep(rows, about);
  return chart === undefined ? table : { ...table, "text/html": `${chart}${table["text/html"] ?? ""}` };
}

function tableBundle(rows: readonly Row[]): Bundle {
  const shown = rows.slice(0, MAX_ROWS);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = names.slice(0, MAX_COLUMNS);
  const head = columns.map((name) => `<th>${escapeMarkup(name)}</th>`).join("");
  const body = shown
    .map(
      (row) =>
        `<tr>${columns.map((name) => `<td style="text-align:${typeof row[name] === "number" ? "right" : "left"}">${escapeMarkup(cellText(row[name]))}</td>`).join("")}</tr>`,
    )
    .join("");
  const note = [
    rows.length > shown.length
      ? `first ${shown.length} of ${rows.length.toLocaleString("en-US")} rows`
      : `${rows.length} row${rows.length === 1 ? "" : "s"}`,
    names.length > columns.length ? `first ${columns.length} of ${names.length} columns` : "",
  ]
    .filter(Boolean)
    .join(", ");
  return {
    "text/html": `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table><p><small>${note}</small></p>`,
    "text/plain": `${inspect(shown, { depth: 2, breakLength: 120 })}\n${note}`,
  };
}

function cellText(value: unknown): string {
  const text = plainText(value);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

function plainText(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (value instanceof Date && !Number.isNaN(value.getTime()))
    return value.toISOString().replace(/T00:00:00\.000Z$/, "");
  return inspect(value, { depth: 1, breakLength: Infinity });
}
