/** The bounded preview of a value, by its kind: rows, numbers, an image, a tree. Pure; called for the page's `preview` command. */
import { types } from "node:util";
import type { Json, PreviewView } from "../protocol";
import { describeValue, textOfValue } from "../key/describe";
import { formatCount } from "../protocol";
import { previewNumbers } from "./preview-numbers";
import { firstRows, isRow, tableOf } from "../table/table-data";
import { tableKindOf } from "../key/values/table-kind";
import { previewRows, SAMPLED } from "./preview-rows";

/** Larger images are not sent to a page. */
const IMAGE_BYTES = 2_000_000;
const CELL_TEXT = 60;
const TREE_DEPTH = 6;
/** Maximum number of children of one list or object. */
const TREE_WIDTH = 50;
/** Maximum number of values in the whole tree. */
const TREE_VALUES = 2_000;
const TREE_TEXT = 300;

/** The preview of a whole value. */
export function previewValue(value: unknown): PreviewView {
  const image = imageOf(value);
  if (image) return image;
  if (typeof value !== "object" || value === null || types.isProxy(value)) return { kind: "text" };
  const table = tableKindOf(value) ? tableOf(value) : undefined;
  if (table) return previewRows(firstRows(table, SAMPLED), table.rowCount);
  if (types.isTypedArray(value)) return isNumeric(value) ? previewNumbers(value) : { kind: "text" };
  if (Array.isArray(value)) return previewArray(value);
  if (isRow(value)) return { kind: "tree", value: treeOf(value) };
  return { kind: "text" };
}

/** The preview of a stream, by its first items. `count`: of all items. */
export function previewItems(first: readonly unknown[], count: number): PreviewView {
  if (first.length > 0 && first.every(isRow)) return previewRows(first, count);
  return { kind: "items", count, items: first.map((item) => textOfValue(item, CELL_TEXT * 3)) };
}

function previewArray(items: readonly unknown[]): PreviewView {
  if (items.length > 0 && items.slice(0, 1000).every((item) => typeof item === "number"))
    return previewNumbers(items as readonly number[]);
  if (items.length > 0 && items.slice(0, 20).every(isRow)) return previewRows(items, items.length);
  return { kind: "tree", value: treeOf(items) };
}

function isNumeric(value: NodeJS.TypedArray): value is Exclude<NodeJS.TypedArray, BigInt64Array | BigUint64Array> {
  return !(value instanceof BigInt64Array || value instanceof BigUint64Array) && !Buffer.isBuffer(value);
}

function imageOf(value: unknown): PreviewView | undefined {
  if (typeof value === "string") {
    if (!/^\s*(<\?xml[^>]*>\s*)?<svg[\s>]/.test(value.slice(0, 500))) return undefined;
    return sentImage("image/svg+xml", Buffer.from(value, "utf8"));
  }
  if (!types.isUint8Array(value)) return undefined;
  const mime = mimeOf(value);
  return mime === undefined
    ? undefined
    : sentImage(mime, Buffer.from(value.buffer, value.byteOffset, value.byteLength));
}

function sentImage(mime: string, bytes: Buffer): PreviewView {
  const sizeBytes = bytes.byteLength;
  return { kind: "image", mime, sizeBytes, base64: sizeBytes > IMAGE_BYTES ? null : bytes.toString("base64") };
}

/** The MIME type, by the first bytes. */
function mimeOf(bytes: Uint8Array): string | undefined {
  const begin = Buffer.from(bytes.slice(0, 12)).toString("latin1");
  if (begin.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (begin.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (begin.startsWith("GIF87a") || begin.startsWith("GIF89a")) return "image/gif";
  return begin.startsWith("RIFF") && begin.slice(8) === "WEBP" ? "image/webp" : undefined;
}

/** JSON that shows the value; what JSON cannot represent, and what is too much, is text. */
function treeOf(value: unknown): Json {
  let left = TREE_VALUES;
  const grow = (each: unknown, depth: number): Json => {
    left -= 1;
    if (each === null || typeof each === "boolean") return each;
    if (typeof each === "number") return Number.isFinite(each) && !Object.is(each, -0) ? each : String(each);
    if (typeof each === "string") return each.length > TREE_TEXT ? `${each.slice(0, TREE_TEXT)}…` : each;
    if (typeof each !== "object" || types.isProxy(each) || !(Array.isArray(each) || isRow(each)))
      return textOfValue(each, TREE_TEXT);
    if (depth >= TREE_DEPTH || left <= 0) return `… ${describeValue(each)}`;
    if (Array.isArray(each)) return growList(each, (item) => grow(item, depth + 1));
    return growFields(each, (item) => grow(item, depth + 1));
  };
  return grow(value, 0);
}

function growList(items: readonly unknown[], grow: (item: unknown) => Json): Json {
  const shown = items.slice(0, TREE_WIDTH).map(grow);
  return items.length > TREE_WIDTH ? [...shown, `… ${formatCount(items.length - TREE_WIDTH)} more`] : shown;
}

function growFields(value: { readonly [name: string]: unknown }, grow: (item: unknown) => Json): Json {
  const names = Object.keys(value);
  const fields = names.slice(0, TREE_WIDTH).map((name) => [name.slice(0, TREE_TEXT), grow(value[name])] as const);
  if (names.length > TREE_WIDTH) fields.push(["…", `${formatCount(names.length - TREE_WIDTH)} more`]);
  return Object.fromEntries(fields);
}
