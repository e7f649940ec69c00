/**
 * Shows other machines that this process lives: writes one byte into its files each second. In a thread of its own, because the
 * body of a stage may keep the main thread busy for minutes. Used by `live-processes.ts`.
 */
import { Worker } from "node:worker_threads";

export const HEARTBEAT_MS = 1000;

/** Plain JavaScript, so that it needs no file of its own wherever the library was put. A file that is gone is left alone. */
const THREAD = `
const { openSync, writeSync, closeSync } = require("node:fs");
const { parentPort } = require("node:worker_threads");
const paths = new Set();
parentPort.on("message", (path) => paths.add(path));
setInterval(() => {
  for (const path of paths) {
    try {
      const file = openSync(path, "r+");
      try { writeSync(file, ".", 0); } finally { closeSync(file); }
    } catch (error) {
      if (error.code === "ENOENT") paths.delete(path);
    }
  }
}, ${HEARTBEAT_MS});
`;

let thread: Worker | undefined;

/** The first byte of the file is written each second until the process ends. Never keeps the process alive. */
export function startHeartbeat(path: string): void {
  thread ??= startThread();
  thread.postMessage(path);
}

function startThread(): Worker {
  const worker = new Worker(THREAD, {
    eval: true,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  // Without it only other machines take this process for dead sooner than it is.
  worker.on("error", () => (thread = undefined));
  worker.unref();
  return worker;
}
