/** The clock for Stagebook's own use: it is never recorded as a read of an execution. */

/** Epoch milliseconds. Loaded before the clock is wrapped. */
export const systemNow: () => number = Date.now.bind(Date);
