/** `show(x)`: the richest rendering of a value that the cell can display; plain text outside a cell. */
import { inspect } from "node:util";
import { tableKindOf } from "../../key/values/table-kind";
import { secrets } from "../../secrets/secret-texts";
import { escapeMarkup, formatCount, formatDecimals, TABLE_MIME, type ShownTable } from "../../protocol";
import { textOfDate } from "../../table/cell";
import { decimalsOf } from "../../table/decimals";
import type { TableColumn } from "../../table/table-column";
import { firstRows, tableOf, type TableData } from "../../table/table-data";
import { findActivity } from "../../run/state/activity";
import { sweepOf, type SweepAbout, type SweepRows } from "../../run/sweep";
import { drawSweep } from "./sweep-picture";

/** One value by MIME type; binary data in base64. */
export type Bundle = Readonly<Record<string, string>>;

const MAX_CELL = 200;

/** Renders values that are not data, such as a pipeline, also as JSON; undefined for all others. */
export type Renderer = (value: unknown) => Readonly<Record<string, unknown>> | undefined;

const MAX_ROWS = 20;
const MAX_COLUMNS = 30;

/** Shows the value in the cell that is being executed, otherwise prints it. Inside a stage that no cell started it goes to the log. */
export function showValue(value: unknown, render: Renderer): void {
  const { display, keepTable } = findActivity();
  const bundle = render(value) ?? bundleOf(value);
  if (!display) console.log(bundle["text/plain"]);
  else if (keepTable && "text/html" in bundle) display(masked({ ...bundle, ...liveTable(value, keepTable) }));
  else display(masked(bundle));
}

/** What the page needs to read the rest of the rows; empty for values that are not tables. Rows that a cell changes later are read in their changed state. */
function liveTable(value: unknown, keep: (table: TableData) => string): { readonly [TABLE_MIME]?: ShownTable } {
  const sweep = sweepOf(value);
  const table = tableOf(sweep ? rowsOfSweep(value as SweepRows, sweep) : value);
  if (!table || (sweep && drawSweep(value as SweepRows, sweep) !== undefined)) return {};
  const columns = table.columns.slice(0, MAX_COLUMNS).map(({ name }) => name);
  return { [TABLE_MIME]: { table: keep(table), rows: table.rowCount, columns } };
}

/** A value by MIME type, always including text/plain. */
export function bundleOf(value: unknown): Bundle {
  if (typeof value === "string" && /^\s*<svg[\s>]/i.test(value))
    return { "image/svg+xml": withViewBox(value), "text/plain": "SVG picture" };
  const image = imageBundle(value);
  if (image) return image;
  const markup = markupOf(value);
  if (markup !== undefined)
    return /^\s*<svg[\s>]/i.test(markup)
      ? { "image/svg+xml": withViewBox(withNamespace(markup)), "text/plain": "SVG picture" }
      : { "text/html": markup, "text/plain": "HTML" };
  const sweep = sweepOf(value);
  if (sweep) return sweepBundle(value as SweepRows, sweep);
  if (isRows(value)) return rowsBundle(value);
  const table = tableKindOf(value) ? tableOf(value) : undefined;
  if (table) return tableBundle(table);
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

/** Without a view box, a picture that is wider than the cell would be cut off instead of shrinking. */
function withViewBox(svg: string): string {
  const head = /<svg\b[^>]*>/i.exec(svg)?.[0] ?? "";
  const sizeOf = (name: string): string | undefined =>
    new RegExp(`\\s${name}=["']?(\\d+(?:\\.\\d+)?)(?:px)?["'\\s>]`).exec(head)?.[1];
  const [width, height] = [sizeOf("width"), sizeOf("height")];
  if (width === undefined || height === undefined || /\sviewBox=/i.test(head)) return svg;
  return svg.replace(/<svg/i, `<svg viewBox="0 0 ${width} ${height}"`);
}

type Row = Readonly<Record<string, unknown>>;

/** Objects of any class. */
function isRows(value: unknown): value is readonly Row[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((row) => typeof row === "object" && row !== null && !Array.isArray(row) && !(row instanceof Date))
  );
}

/** The table, below a chart where the values can be drawn. */
function sweepBundle(rows: SweepRows, about: SweepAbout): Bundle {
  const table = rowsBundle(rowsOfSweep(rows, about));
  const chart = drawSweep(rows, about);
  return chart === undefined ? table : { ...table, "text/html": `${chart}${table["text/html"] ?? ""}` };
}

function rowsOfSweep(rows: SweepRows, about: SweepAbout): readonly Row[] {
  return rows.map(({ params, value }) => {
    const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
    return { ...params, ...(isRecord ? value : { [about.stage]: value }) };
  });
}

function rowsBundle(rows: readonly Row[]): Bundle {
  const shown = rows.slice(0, MAX_ROWS);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))];
  const columns = names.map((name) => ({ name, at: (row: number) => shown[row]?.[name] }));
  return tableBundle({ rowCount: rows.length, columns }, shown);
}

/** The first rows; `shown`: the same as plain objects, for the text. */
function tableBundle(table: TableData, shown: readonly Row[] = firstRows(table, MAX_ROWS)): Bundle {
  const { rowCount, columns: all } = table;
  const columns = all.slice(0, MAX_COLUMNS);
  const head = columns.map(({ name }) => `<th>${escapeMarkup(name)}</th>`).join("");
  const cells = columns.map((column) => cellsOf(column, shown.length));
  const body = shown.map((_, row) => `<tr>${cells.map((column) => column[row]).join("")}</tr>`).join("");
  const note = [
    rowCount > shown.length
      ? `first ${shown.length} of ${formatCount(rowCount)} rows`
      : `${rowCount} row${rowCount === 1 ? "" : "s"}`,
    all.length > columns.length ? `first ${columns.length} of ${all.length} columns` : "",
  ]
    .filter(Boolean)
    .join(", ");
  return {
    "text/html": `<table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table><p><small>${note}</small></p>`,
    "text/plain": `${inspect(shown, { depth: 2, breakLength: 120 })}\n${note}`,
  };
}

/** Numbers have as many decimals as the column needs; dates do not wrap. */
function cellsOf(column: TableColumn, rows: number): readonly string[] {
  const decimals = decimalsOf(column, rows);
  return Array.from({ length: rows }, (_, row) => {
    const value = column.at(row);
    const style = typeof value === "number" ? "text-align:right" : `text-align:left${value instanceof Date ? ";white-space:nowrap" : ""}`; // prettier-ignore
    return `<td style="${style}">${escapeMarkup(cellText(value, decimals))}</td>`;
  });
}

function cellText(value: unknown, decimals: number): string {
  const text = plainText(value, decimals);
  return text.length > MAX_CELL ? `${text.slice(0, MAX_CELL)}…` : text;
}

function plainText(value: unknown, decimals: number): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return formatDecimals(value, decimals);
  if (value instanceof Date) return textOfDate(value);
  return inspect(value, { depth: 1, breakLength: Infinity });
}

/** What is shown is saved in the notebook. */
function masked<B extends Readonly<Record<string, unknown>>>(bundle: B): B {
  if (secrets.isEmpty) return bundle;
  const forms = Object.entries(bundle).map(([type, form]) => [type, typeof form === "string" ? secrets.mask(form) : secrets.maskData(form)]); // prettier-ignore
  return { ...bundle, ...(Object.fromEntries(forms) as Partial<B>) };
}
