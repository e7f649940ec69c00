/** The clocks for Stagebook's own use: loaded before those of Node are wrapped, so they are never recorded as reads of an execution. */

/** Epoch milliseconds. */
export const systemNow: () => number = Date.now.bind(Date);

/** Milliseconds that only grow. */
export const monotonicNow: () => number = performance.now.bind(performance);
