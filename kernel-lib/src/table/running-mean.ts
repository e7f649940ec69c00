/** The mean of the first `count` numbers, from that of those before the last: their sum could overflow. */
export function nextMean(mean: number, last: number, count: number): number {
  const step = (last - mean) / count;
  // The difference of two large numbers may be infinite. Else it is more exact.
  return Number.isFinite(step) ? mean + step : mean + (last / count - mean / count);
}
