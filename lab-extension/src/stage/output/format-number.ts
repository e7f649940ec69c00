/** Numbers of outputs as short text, for tables and charts. Pure. */

/** At most five significant digits: `4.5`, `12,345`, `1.2346e+21`. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e9 || size < 1e-4)) return value.toExponential(3).replace(/\.?0+e/u, "e");
  return short.format(value);
}

const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 5 });
