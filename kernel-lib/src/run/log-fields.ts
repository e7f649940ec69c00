/** Log fields as JSON: what JSON cannot carry becomes text, and nothing grows without bound. */
import { inspect } from "node:util";
import type { Json, JsonObject } from "../protocol";

const MAX_TEXT = 10_000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 200;

/** Any values as JSON, at most 6 levels deep, 200 items wide and 10,000 characters a text. Never throws. */
export function jsonFields(fields: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, toJson(value, 0)]));
}

function toJson(value: unknown, depth: number): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return cut(value);
  if (depth < MAX_DEPTH) {
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => toJson(item, depth + 1));
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    if (typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).slice(0, MAX_ITEMS).map(([name, item]) => [name, toJson(item, depth + 1)]));
  }
  return cut(inspect(value, { depth: 2, breakLength: Infinity }));
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
