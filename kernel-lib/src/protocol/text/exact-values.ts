/** Numbers and dates as people type them, for the form, the command line and files: exact, or refused with the reason. */
import type { Json } from "../ids";

/** Not a number that JavaScript keeps as it was written; `reason` completes "9007199254740993 …". */
export interface InexactNumber {
  readonly text: string;
  readonly reason: string;
}

const NUMBER = /^[+-]?(\d+)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;

/**
 * What is lost when a number is read: digits, or everything of one that is too large or too small. Null when nothing is lost, and for text that is
 * not a number. Rounding such as that of 0.1 and 1e23 does not count: they are printed as they were written.
 */
export function inexactnessOf(text: string): InexactNumber | null {
  const [all, whole = "", fraction = "", exponent = "0"] = NUMBER.exec(text.trim()) ?? [];
  if (all === undefined) return null;
  const value = Number(all);
  const digits = whole + fraction;
  if (!Number.isFinite(value)) return { text: all, reason: `is beyond the largest number, ${Number.MAX_VALUE}` };
  if (value === 0)
    return /[1-9]/.test(digits) ? { text: all, reason: `is below the smallest number, ${Number.MIN_VALUE}` } : null;
  // Below 2^53 every whole number is kept, and of a fraction the digits that matter.
  if (Math.abs(value) < 2 ** 53 || significant(digits) === significant(digitsOf(value))) return null;
  const shift = Number(exponent) - fraction.length;
  // Finite and not zero: the shift is at most a few hundred more than there are digits.
  if (shift >= 0 && BigInt(digits) * 10n ** BigInt(shift) === BigInt(Math.abs(value))) return null;
  return { text: all, reason: `has more digits than a number keeps: it would become ${BigInt(value)}. For whole numbers beyond 2^53 use a bigint parameter` }; // prettier-ignore
}

const significant = (digits: string): string => digits.replace(/^0+|0+$/g, "");

const digitsOf = (value: number): string => String(value).replace(/e.*$|[^\d]/g, "");

/** The first number in a JSON text that is not kept as it is written; null when all are. */
export function inexactNumberIn(json: string): InexactNumber | null {
  for (const { token } of numbersIn(json)) {
    const inexact = inexactnessOf(token);
    if (inexact) return inexact;
  }
  return null;
}

/**
 * JSON in which each number beyond 2^53 is a text that holds its digits: for `digitsIn`, where a bigint is meant, or else for `withNumbers`. Throws a
 * SyntaxError for what is not JSON.
 */
export function parseExactJson(json: string): Json {
  // The text must be valid as it is.
  const plain = JSON.parse(json) as Json;
  const large = [...numbersIn(json)].filter(({ token }) => Math.abs(Number(token)) > Number.MAX_SAFE_INTEGER || inexactnessOf(token) !== null); // prettier-ignore
  if (large.length === 0) return plain;
  let [replaced, from] = ["", 0];
  for (const { token, at } of large) {
    replaced += `${json.slice(from, at)}${JSON.stringify(MARK + token)}`;
    from = at + token.length;
  }
  return JSON.parse(replaced + json.slice(from)) as Json;
}

/** The digits of a number that `parseExactJson` has kept as text; null for any other value. */
export function digitsIn(value: Json): string | null {
  return typeof value === "string" && value.startsWith(MARK) ? value.slice(MARK.length) : null;
}

/** The value with such texts as the numbers that they are, at any depth. `onInexact` is called with those that are not kept, and throws. */
export function withNumbers(value: Json, onInexact: (inexact: InexactNumber) => never): Json {
  const digits = digitsIn(value);
  if (digits !== null) {
    const inexact = inexactnessOf(digits);
    return inexact ? onInexact(inexact) : Number(digits);
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((each) => withNumbers(each, onInexact));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withNumbers(each, onInexact)]));
}

/** No text of a user begins with it. */
const MARK = "\u0000number\u0000";

function* numbersIn(json: string): Generator<{ readonly token: string; readonly at: number }> {
  for (const match of json.matchAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs))
    if (!match[0].startsWith('"')) yield { token: match[0], at: match.index };
}

const DATE =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i;

/**
 * A date as its ISO text in UTC, to the millisecond; or what is wrong with it, to complete "2024-02-30 …". Without a zone it is UTC, in the form
 * as on the command line, on every machine.
 */
export function readDate(text: string): { readonly iso: string } | { readonly problem: string } {
  const match = DATE.exec(text.trim());
  if (!match) return { problem: "is not a date such as 2024-03-01 or 2024-03-01T12:30:00Z" };
  const [, year = "", month = "", day = "", hour = "00", minute = "00", second = "00", fraction = "", zone = "Z"] = match; // prettier-ignore
  if (/^-0+$/.test(year)) return { problem: "has no valid year" };
  const [hours, minutes, seconds] = [hour, minute, second].map(Number) as [number, number, number];
  if (hours > 23 || minutes > 59 || seconds > 59)
    return { problem: "has no valid time: it goes from 00:00:00 to 23:59:59" };
  const atZone = new Date(
    `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3).padEnd(3, "0")}Z`,
  );
  // JavaScript turns 30 February into 1 March.
  if (Number.isNaN(atZone.getTime()) || atZone.getUTCDate() !== Number(day))
    return { problem: "is not a day of the calendar" };
  const offset = offsetMs(zone);
  if (offset === null) return { problem: `has no valid zone: ${zone}` };
  const utc = new Date(atZone.getTime() - offset);
  return Number.isNaN(utc.getTime()) ? { problem: "is beyond what a date can be" } : { iso: utc.toISOString() };
}

function offsetMs(zone: string): number | null {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours = "", minutes = ""] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  if (sign === undefined || Number(hours) > 23 || Number(minutes) > 59) return null;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}
