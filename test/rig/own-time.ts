/** Durations that do not depend on how busy the machine is. */

const TICK_MS = 5;

/**
 * What the work resolves to, and how long it took in milliseconds, as far as this process was not kept waiting for a processor: the ticks
 * of a timer are counted, and late ones count once. On an idle machine that is the time on the clock; a server that does not answer for a
 * minute takes a minute on any machine.
 */
export async function ownTime<T>(work: () => Promise<T>): Promise<readonly [result: T, ms: number]> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, TICK_MS);
  try {
    return [await work(), ticks * TICK_MS];
  } finally {
    clearInterval(timer);
  }
}
