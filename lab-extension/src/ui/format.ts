/**
 * Durations, sizes, counts and moments as short text, for the panels. English digits, as in the summaries that the
 * kernel makes, so that one panel never shows two styles.
 */
import type { TranslationBundle } from "@jupyterlab/translation";

const counts = new Intl.NumberFormat("en");

/** `3,400` */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** `<1 ms`, `120 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1) return "<1 ms";
  if (Math.round(durationMs) < 1000) return `${Math.round(durationMs)} ms`;
  if (durationMs < 9950) return `${(durationMs / 1000).toFixed(1)} s`;
  const seconds = Math.round(durationMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return withRest(`${minutes} min`, seconds % 60, "s");
  return withRest(`${Math.floor(minutes / 60)} h`, minutes % 60, "min");
}

/** `812 B`, `34 kB`, `1.2 MB`: decimal units. */
export function formatSize(sizeBytes: number): string {
  let size = sizeBytes;
  let unit = 0;
  // 999.5 would be rounded to `1000 kB`.
  while (size >= 999.5 && unit < sizeUnits.length - 1) {
    size /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && size < 9.95 ? 1 : 0;
  return `${size.toFixed(digits)} ${sizeUnits[unit] ?? ""}`;
}

/** How long before `now` the moment `at` was, both in epoch milliseconds: `just now`, `5 s ago`, `3 days ago`. */
export function formatAgo(at: number, now: number, trans: TranslationBundle): string {
  const seconds = Math.round((now - at) / 1000);
  if (seconds < 2) return trans.__("just now");
  if (seconds < 60) return trans.__("%1 s ago", seconds);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return trans.__("%1 min ago", minutes);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return trans.__("%1 h ago", hours);
  return trans.__("%1 days ago", Math.floor(hours / 24));
}

/** Local date and time to the second: `2026-11-20 14:03:09`. */
export function formatMoment(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day} ${formatClock(at)}`;
}

/** Local time of day to the second: `14:03:09`. */
export function formatClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(":");
}

/** The first ten digits of a key, enough to tell two apart. */
export function shortKey(key: string): string {
  return key.slice(0, 10);
}

const sizeUnits = ["B", "kB", "MB", "GB", "TB"];

function withRest(text: string, rest: number, unit: string): string {
  return rest === 0 ? text : `${text} ${rest} ${unit}`;
}

function pad(part: number): string {
  return String(part).padStart(2, "0");
}
