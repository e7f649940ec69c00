/** Log fields as JSON: values that JSON cannot represent become text, and sizes are limited. */
import { inspect, types } from "node:util";
import { membersOf } from "../../../key/values/own-members";
import type { Json, JsonObject } from "../../../protocol";

const MAX_TEXT = 10_000;
const MAX_DEPTH = 6;
const MAX_ITEMS = 200;

/** Any values as JSON, at most 6 levels deep, 200 items wide and 10,000 characters a text. Never throws. */
export function jsonFields(fields: Readonly<Record<string, unknown>>): JsonObject {
  return readFields(fields, 0);
}

function readFields(object: object, depth: number): JsonObject {
  const members = membersOf(object).slice(0, MAX_ITEMS);
  return Object.fromEntries(
    // A getter is user code: a log line does not run it.
    members.map(({ key, value, accessors }) => [key, accessors.length > 0 ? "[getter]" : toJson(value, depth)]),
  );
}

function toJson(value: unknown, depth: number): Json {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "string") return cut(value);
  if (depth < MAX_DEPTH && typeof value === "object" && !types.isProxy(value)) {
    if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => toJson(item, depth + 1));
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    if (Object.getPrototypeOf(value) === Object.prototype) return readFields(value, depth + 1);
  }
  return cut(textOf(value));
}

function textOf(value: unknown): string {
  try {
    return inspect(value, { depth: 2, breakLength: Infinity, customInspect: false });
  } catch (error) {
    return `[unreadable: ${(error as Error).message}]`;
  }
}

const cut = (text: string): string => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);
