/** The clock for Stagebook's own use: reading it is no read of the execution that is running. */

/** Epoch milliseconds. Loaded before the clock is wrapped. */
export const systemNow: () => number = Date.now.bind(Date);
