/** What the contenders in JavaScript share: the work, the clock, and the peers' packages. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * A peer's package, in its pinned version.
 * @param {string} name
 * @returns {Promise<any>}
 */
export function loadPeer(name) {
  // The folder with the peers' packages is set by the harness.
  const peers = createRequire(join(process.env.BENCH_PEERS_NODE ?? import.meta.dirname, "package.json"));
  return import(pathToFileURL(peers.resolve(name)).href);
}

/**
 * The last line of a contender's output.
 * @param {Readonly<Record<string, number>>} figures
 */
export function report(figures) {
  console.log(JSON.stringify(figures));
}

/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/**
 * Milliseconds that a piece of work takes.
 * @param {() => unknown} work
 */
export async function timeMs(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * Milliseconds of one call: the median of five batches of at least 100 ms.
 * @param {() => unknown} call
 */
export async function perCallMs(call) {
  let size = 1;
  while ((await batchMs(call, size)) < 100) size *= 2;
  const times = [];
  for (let at = 0; at < 5; at++) times.push((await batchMs(call, size)) / size);
  return median(times);
}

/**
 * @param {() => unknown} call
 * @param {number} size
 */
async function batchMs(call, size) {
  const start = performance.now();
  for (let at = 0; at < size; at++) {
    const result = call();
    // What is not a promise costs no turn of the event loop.
    if (result instanceof Promise) await result;
  }
  return performance.now() - start;
}

/**
 * Pieces of work a second, after a pass that warms up.
 * @param {number} count
 * @param {() => unknown} work
 * @param {number} [passes]
 */
export async function medianRate(count, work, passes = 3) {
  await work();
  const times = [];
  for (let at = 0; at < passes; at++) times.push(await timeMs(work));
  return (count / median(times)) * 1000;
}

/** @param {number} n */
export function smallResult(n) {
  return { n, rows: Array.from({ length: 20 }, (_, at) => ({ at, text: `row ${at}` })) };
}

/**
 * Throws unless the items are those that `n + 1` makes of 0, 1, 2 …
 * @param {readonly number[]} items
 * @param {number} count
 */
export function checkItems(items, count) {
  const total = items.reduce((sum, item) => sum + item, 0);
  if (total !== (count * (count + 1)) / 2) throw new Error(`The sum of the items is ${total}.`);
}

/** As many as keep a core busy for about a millisecond. */
export const SPIN_ROUNDS = 600_000;

/** @param {number} rounds */
export function spin(rounds) {
  let x = 1;
  for (let n = 0; n < rounds; n++) x = (Math.imul(x, 1_103_515_245) + 12_345) | 0;
  return x;
}

export const VALUE_COUNT = 1_000_000;

/** A million objects of five fields. */
export function createRows() {
  return Array.from({ length: VALUE_COUNT }, (_, at) => ({
    id: at,
    name: `name ${at}`,
    x: at / 3,
    isEven: at % 2 === 0,
    group: `g${at % 100}`,
  }));
}

/** A million texts by text. */
export function createMap() {
  const map = new Map();
  for (let at = 0; at < VALUE_COUNT; at++) map.set(`key ${at}`, `text ${at}`);
  return map;
}

/** The columns of a table with a million rows. */
export function createColumns() {
  const column = (/** @type {number} */ divisor) => Float64Array.from({ length: VALUE_COUNT }, (_, at) => at / divisor);
  return { a: column(1), b: column(2), c: column(3), d: column(4) };
}

/**
 * Peak memory of the process in MB beyond what it needed before, given in bytes.
 * @param {number} before
 */
export function peakBeyondMb(before) {
  return Math.max(0, process.resourceUsage().maxRSS / 1000 - before / 1e6);
}
