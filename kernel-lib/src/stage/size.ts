/** Sizes in options and settings: `"2 GB"`, `"500MB"`, `"2 TiB"`, or a number of bytes. */

const units: Readonly<Record<string, number>> = {
  ...{ "": 1, B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 },
  ...{ KIB: 2 ** 10, MIB: 2 ** 20, GIB: 2 ** 30, TIB: 2 ** 40 },
};

/** The size in bytes; undefined for anything that is not a size. */
export function readSize(value: unknown): number | undefined {
  if (typeof value === "number") return value >= 0 && Number.isFinite(value) ? Math.round(value) : undefined;
  const [, amount, unit = ""] =
    typeof value === "string" ? (/^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(value) ?? []) : [];
  const size = Number(amount) * (units[unit.toUpperCase()] ?? NaN);
  return Number.isFinite(size) ? Math.round(size) : undefined;
}
