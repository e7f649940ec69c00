/** What runs in the threads of the contender piscina. */
export { spin } from "./work.mjs";

/** @param {number} n */
export const increment = (n) => n + 1;
