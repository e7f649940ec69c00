/** Ages in options: `"1 h"`, `"30 min"`, `"2 days"`, or milliseconds. */

const MS = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const units: Readonly<Record<string, number>> = {
  ...MS,
  second: MS.s,
  seconds: MS.s,
  minute: MS.min,
  minutes: MS.min,
  hour: MS.h,
  hours: MS.h,
  day: MS.d,
  days: MS.d,
  week: 7 * MS.d,
  weeks: 7 * MS.d,
};

/** The age in milliseconds; undefined for anything that is not a positive age. */
export function readAge(value: unknown): number | undefined {
  if (typeof value === "number") return value > 0 && Number.isFinite(value) ? value : undefined;
  const [, amount = "", unit = ""] =
    typeof value === "string" ? (/^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/.exec(value) ?? []) : [];
  const factor = Object.hasOwn(units, unit) ? units[unit] : undefined;
  return factor === undefined || Number(amount) === 0 ? undefined : Number(amount) * factor;
}
