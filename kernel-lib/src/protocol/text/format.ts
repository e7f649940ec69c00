/** The formatter of durations, sizes, counts and moments for kernel, command and page. English digits, whatever the locale. */

/** Created when it is needed: it loads the tables of the locale. */
let counts: Intl.NumberFormat | undefined;

/** A count with its thousands separated: `3,400`. */
export function formatCount(count: number): string {
  return Number.isInteger(count) && Math.abs(count) < 1000
    ? `${count}`
    : (counts ??= new Intl.NumberFormat("en")).format(count);
}

/** A duration in milliseconds, rounded to useful precision: `<1 ms`, `120 ms`, `3.2 s`, `2 min 5 s`, `1 h 3 min`. */
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

/** A size in bytes, in decimal units: `812 B`, `34 kB`, `1.2 MB`. */
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

/** Local date and time to the second, from epoch milliseconds: `2026-11-20 14:03:09`. */
export function formatMoment(at: number): string {
  const date = new Date(at);
  const day = [date.getFullYear(), pad(date.getMonth() + 1), pad(date.getDate())].join("-");
  return `${day} ${formatClock(at)}`;
}

/** Local time of day to the second, from epoch milliseconds: `14:03:09`. */
export function formatClock(at: number): string {
  const date = new Date(at);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => pad(part)).join(":");
}

/**
 * A number of a table with as many decimals as its column needs, so that points line up. One that would lose its first digits, or
 * has a fraction where the others have none, has six significant digits of its own.
 */
export function formatDecimals(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  const lost = Math.abs(Number(text) - value);
  const isLost = lost > Math.abs(value) * 0.005 || (decimals === 0 && lost > 0 && Math.abs(value) < 1e5);
  return isLost ? String(Number(value.toPrecision(6))) : text;
}

/** The first ten digits of a key, enough to distinguish two. */
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
