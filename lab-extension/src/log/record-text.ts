/** Formatting of the parts of a log line. Pure; used by the rows, the detail and the export. */
import type { TranslationBundle } from "@jupyterlab/translation";
import type { Json, LogLevel, LogRecord } from "stagebook/protocol";
import { formatClock } from "stagebook/protocol";

/** Local time of day to the millisecond: `14:03:09.042`. */
export function formatLogTime(at: number): string {
  return `${formatClock(at)}.${String(new Date(at).getMilliseconds()).padStart(3, "0")}`;
}

/** The signed distance of two moments, both in epoch milliseconds: `+0.042 s`, `−3.100 s`, `+2:05.007 min`, `+1:02:05.007 h`. */
export function formatOffset(at: number, origin: number): string {
  const distance = Math.abs(Math.round(at - origin));
  const pad = (part: number, length = 2): string => String(part).padStart(length, "0");
  const rest = pad(distance % 1000, 3);
  const seconds = Math.floor(distance / 1000);
  const [minutes, hours] = [Math.floor(seconds / 60) % 60, Math.floor(seconds / 3600)];
  const sign = at < origin ? "−" : "+";
  if (hours > 0) return `${sign}${hours}:${pad(minutes)}:${pad(seconds % 60)}.${rest} h`;
  return minutes > 0 ? `${sign}${minutes}:${pad(seconds % 60)}.${rest} min` : `${sign}${seconds}.${rest} s`;
}

export function levelWord(level: LogLevel, trans: TranslationBundle): string {
  const words: { readonly [L in LogLevel]: string } = {
    debug: trans.__("debug"),
    info: trans.__("info"),
    warn: trans.__("warning"),
    error: trans.__("error"),
  };
  return words[level];
}

/** `rows=3201 source="a file"`: single words are bare, everything else is JSON. */
export function fieldsText(record: LogRecord): string {
  return Object.entries(record.fields)
    .map(([name, value]) => `${name}=${fieldText(value)}`)
    .join(" ");
}

export function fieldText(value: Json): string {
  const isWord = typeof value === "string" && /^[^\s"'={}[\],]+$/u.test(value);
  return isWord ? value : JSON.stringify(value);
}

/** The first line of a message, truncated to the capacity of a row, with a mark if there is more. */
export function firstLine(message: string): string {
  const plain = plainText(message);
  const end = plain.search(/[\r\n]/u);
  const line = end < 0 ? plain : `${plain.slice(0, end)} ⏎`;
  return line.length > ROW_CHARACTERS ? `${line.slice(0, ROW_CHARACTERS)} …` : line;
}

/** Like `firstLine`, but keeps the escape sequences for colors. */
export function firstColoredLine(message: string): string {
  if (!message.includes("\u001b")) return firstLine(message);
  const end = message.search(/[\r\n]/u);
  const line = end < 0 ? message : `${message.slice(0, end)} ⏎`;
  // Counting the sequences too keeps truncation cheap; a sequence cut in half is dropped.
  return line.length > 2 * ROW_CHARACTERS ? `${line.slice(0, 2 * ROW_CHARACTERS).replace(CUT_ESCAPE, "")} …` : line;
}

/** The message without escape sequences. */
export function plainText(message: string): string {
  return message.replace(ESCAPES, "");
}

const ROW_CHARACTERS = 500;
// eslint-disable-next-line no-control-regex -- terminal colors start with a control character
const CUT_ESCAPE = /\u001b(?:\[[0-9;]*)?$/u;
// eslint-disable-next-line no-control-regex -- see above
const ESCAPES = /\u001b\[[0-9;]*[A-Za-z]/gu;
