/**
 * Human-readable texts of values: a few words for the summary of a result (`1,204 rows`), a line for a change (`4.5 → 5`).
 * Bounded, single line, the same in every locale; runs no user code.
 */
import { inspect, types } from "node:util";
import { formatCount, formatSize } from "../protocol";
import { rowCountOf, tableKindOf } from "./values/table-kind";
import { classNameOf, classOf } from "./values/value-kind";

const SUMMARY_TEXT = 40;
const SUMMARY_KEYS = 4;

/** A value in a few words: `1,204 rows`, `12 items`, `0.82`, `"text…"`, `Map of 3`, `Float64Array of 1,000`, `{ a, b, … }`. */
export function describeValue(value: unknown): string {
  if (typeof value === "string") return describeText(value);
  if (typeof value === "function") return value.name === "" ? "a function" : `function ${value.name}`;
  if (typeof value !== "object" || value === null) return textOfValue(value, SUMMARY_TEXT);
  const table = tableKindOf(value);
  if (table) return countOf(rowCountOf(value, table), "row");
  const type = classOf(value);
  switch (type?.kind) {
    case undefined:
      return types.isProxy(value)
        ? "a proxy"
        : types.isPromise(value)
          ? "a promise"
          : classNameOf(value) || "an object";
    case "array":
      return describeArray(value as readonly unknown[]);
    case "map":
    case "set":
      return `${type.name} of ${formatCount((value as ReadonlySet<unknown>).size)}`;
    case "typed-array":
      return type.name === "Buffer"
        ? formatSize((value as Uint8Array).byteLength)
        : `${type.name} of ${formatCount((value as Uint8Array).length)}`;
    case "data-view":
    case "array-buffer":
    case "shared-buffer":
      return formatSize((value as ArrayBuffer).byteLength);
    case "object":
    case "null-object":
      return describeObject(value);
    default:
      return textOfValue(value, SUMMARY_TEXT);
  }
}

/**
 * A value as text on one line, as it would be written in code: strings in double quotes, dates as ISO, objects bounded. At most `max`
 * characters, the last one `…` when something is left out.
 */
export function textOfValue(value: unknown, max = 200): string {
  if (typeof value === "number") return bounded(Object.is(value, -0) ? "-0" : String(value), max);
  return bounded(fullText(value, max).replace(/\s*[\n\r\u2028\u2029]\s*/g, " "), max);
}

function describeText(text: string): string {
  if (/^\s*(<\?xml[^>]*>\s*)?<svg[\s>]/.test(text.slice(0, 500)))
    return `SVG picture, ${formatSize(Buffer.byteLength(text))}`;
  return textOfValue(text, SUMMARY_TEXT);
}

function describeArray(items: readonly unknown[]): string {
  const first: unknown = items.length > 0 ? Object.getOwnPropertyDescriptor(items, 0)?.value : undefined;
  const isTable = typeof first === "object" && first !== null && isPlain(first);
  const noun = isTable ? "row" : "item";
  return countOf(items.length, noun);
}

const countOf = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

function describeObject(value: object): string {
  const keys = Object.keys(value);
  if (keys.length === 0) return "{}";
  const shown = keys.slice(0, SUMMARY_KEYS).map((key) => bounded(key, 20));
  return `{ ${shown.join(", ")}${keys.length > shown.length ? ", …" : ""} }`;
}

function isPlain(value: object): boolean {
  const kind = classOf(value)?.kind;
  return kind === "object" || kind === "null-object";
}

function fullText(value: unknown, max: number): string {
  if (typeof value === "string") return JSON.stringify(value.length > max ? value.slice(0, max) : value);
  if (typeof value === "function") return value.name === "" ? "function" : `function ${value.name}`;
  if (typeof value === "object" && value !== null) return objectText(value, max);
  return inspect(value);
}

function objectText(value: object, max: number): string {
  if (types.isProxy(value)) return "a proxy";
  const kind = classOf(value)?.kind;
  if (kind === "date") return dateText(value as Date);
  if (kind === "error") return errorText(value, max);
  return inspect(value, {
    depth: depthWithin(value, max),
    breakLength: Infinity,
    compact: true,
    customInspect: false,
    maxArrayLength: Math.ceil(max / 2),
    maxStringLength: max,
    sorted: compareTexts,
  });
}

const MAX_DEPTH = 4;
/** How many properties and items are written out for a text. */
const MAX_PROPERTIES = 2_000;

/** How many levels of a value a text includes: all levels are written out before it is cut, and an object of a package may lead to thousands of others. */
function depthWithin(value: object, max: number): number {
  let level: readonly object[] = [value];
  let left = MAX_PROPERTIES;
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    const below: object[] = [];
    for (const each of level) {
      const inner = shownIn(each, max);
      left -= inner.length;
      if (left < 0) return Math.max(0, depth - 1);
      for (const item of inner) if (isWritten(item)) below.push(item);
    }
    level = below;
  }
  return MAX_DEPTH;
}

/** The entries of an object as a text shows them, without calling getters. */
function shownIn(value: object, max: number): readonly unknown[] {
  if (types.isProxy(value) || ArrayBuffer.isView(value)) return [];
  if (types.isMap(value)) return firstOf(Map.prototype.entries.call(value), max).flat();
  if (types.isSet(value)) return firstOf(Set.prototype.values.call(value), max);
  const keys = Object.keys(value);
  return (Array.isArray(value) ? keys.slice(0, max) : keys).map(
    (key): unknown => Object.getOwnPropertyDescriptor(value, key)?.value,
  );
}

function firstOf<T>(items: Iterable<T>, count: number): readonly T[] {
  const found: T[] = [];
  for (const item of items) if (found.push(item) >= count) break;
  return found;
}

const isWritten = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

function dateText(date: Date): string {
  const time = Date.prototype.getTime.call(date);
  if (Number.isNaN(time)) return "Invalid Date";
  // Midnight UTC is written as a date without a time.
  return new Date(time).toISOString().replace(/T00:00:00\.000Z$/, "");
}

function errorText(error: object, max: number): string {
  const message: unknown = Object.getOwnPropertyDescriptor(error, "message")?.value;
  return typeof message === "string" && message !== ""
    ? `${classNameOf(error)}: ${message.slice(0, max)}`
    : classNameOf(error);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Cuts between characters, never inside a surrogate pair. */
function bounded(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}
