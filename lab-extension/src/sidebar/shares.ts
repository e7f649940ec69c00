/** How the parts of a split panel share its room. Pure; used by split-room. */

/** Shares of 1 in which the part `index` has at least the share `wanted`. */
export function withRoom(shares: readonly number[], index: number, wanted: number): number[] {
  const missing = wanted - (shares[index] ?? 0);
  const largest = shares.indexOf(Math.max(...shares));
  if (missing <= 0 || largest === index) return [...shares];
  const given = Math.min(missing, shares[largest] ?? 0);
  return shares.map((share, at) => (at === index ? share + given : at === largest ? share - given : share));
}
