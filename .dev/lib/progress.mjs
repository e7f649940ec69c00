/**
 * Progress of the set-up: a printed line for each finished step and, on a terminal, a live line with the running ones. Without a
 * terminal (a log, CI) each step also has a line when it starts, and the running ones one every 10 s.
 */

const live = process.stdout.isTTY && !process.env.CI;
const logIntervalMs = 10_000;
/** @type {Map<string, number>} running steps, with their start time */
const underWay = new Map();
/** @type {NodeJS.Timeout | undefined} */
let timer;

/**
 * A step of the set-up: whether it is up to date, and the work that brings it up to date. `work` resolves to false if it found
 * nothing to do.
 * @typedef {{ name: string, isCurrent: () => boolean | Promise<boolean>, work: () => Promise<void | boolean> }} Step
 */

/**
 * Runs a step unless it is up to date, and prints its line.
 * @param {Step} step
 * @returns {Promise<boolean>} whether the step had work to do
 */
export async function doStep(step) {
  if (await step.isCurrent()) return false;
  const start = Date.now();
  begin(step.name);
  let worked;
  try {
    worked = await step.work();
  } catch (error) {
    end(step.name, `✗ ${step.name.padEnd(22)} failed after ${seconds(start)}`);
    throw error;
  }
  if (worked !== false) end(step.name, `✓ ${step.name.padEnd(22)} ${seconds(start)}`);
  else end(step.name, live ? undefined : `✓ ${step.name.padEnd(22)} up to date`);
  return worked !== false;
}

/** @param {string} name */
function begin(name) {
  underWay.set(name, Date.now());
  if (!live) console.log(`… ${name}`);
  timer ??= (live ? setInterval(draw, 200) : setInterval(() => console.log(runningText()), logIntervalMs)).unref();
}

/**
 * @param {string} name
 * @param {string} [line] printed for good
 */
function end(name, line) {
  underWay.delete(name);
  clear();
  if (line !== undefined) console.log(line);
  if (underWay.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function draw() {
  clear();
  process.stdout.write(runningText().slice(0, (process.stdout.columns ?? 80) - 1));
}

function runningText() {
  return `… ${[...underWay].map(([name, start]) => `${name} ${seconds(start, 0)}`).join(", ")}`;
}

function clear() {
  if (live) process.stdout.write("\r\x1b[2K");
}

/**
 * @param {number} start
 * @param {number} [digits]
 */
function seconds(start, digits = 1) {
  return `${((Date.now() - start) / 1000).toFixed(digits)} s`;
}
