/** A table as text in pieces: CSV (RFC 4180) or JSON, so that a large one is never in memory as a whole. Pure. */
import { plainOf, textOf } from "./cell";

/** Rows to a piece. */
const ROWS = 2000;

/** With a line of names. Full digits; a missing value is an empty field, an empty text is quoted. */
export function* csvOf(names: readonly string[], rows: Iterable<readonly unknown[]>): Generator<string> {
  yield `${names.map(field).join(",")}\n`;
  for (const part of inParts(rows)) yield part.map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** An array of objects, one a line. Dates are ISO strings, big integers are strings, NaN and infinities are null, as JSON has them. */
export function* jsonOf(names: readonly string[], rows: Iterable<readonly unknown[]>): Generator<string> {
  let separator = "[\n";
  for (const part of inParts(rows)) {
    yield separator + part.map((row) => JSON.stringify(objectOf(names, row), replace)).join(",\n");
    separator = ",\n";
  }
  yield separator === "[\n" ? "[]\n" : "\n]\n";
}

function objectOf(names: readonly string[], row: readonly unknown[]): object {
  return Object.fromEntries(names.map((name, at) => [name, plainOf(row[at])]));
}

function replace(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

/** Quoted where a reader would otherwise take it apart. */
function field(value: unknown): string {
  const text = textOf(value);
  const isQuoted = (typeof value === "string" && text === "") || /[",\n\r]|^\s|\s$/.test(text);
  return isQuoted ? `"${text.replaceAll('"', '""')}"` : text;
}

function* inParts(rows: Iterable<readonly unknown[]>): Generator<readonly (readonly unknown[])[]> {
  let part: (readonly unknown[])[] = [];
  for (const row of rows) {
    part.push(row);
    if (part.length < ROWS) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}
