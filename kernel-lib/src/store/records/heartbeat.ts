/**
 * The heartbeat of this process: writes one byte into its files each second, so that other machines see that it lives. It has a thread
 * of its own, because a stage's function may block the main thread for minutes. Used by `disk/live.ts`.
 */
import { Worker } from "node:worker_threads";

export const HEARTBEAT_MS = 1000;

/** Plain JavaScript in a string, so that it needs no file of its own wherever the library is installed. A file that was removed is not recreated. */
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

/** Writes the first byte of the file each second until the process ends. Does not keep the process alive. */
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
  // Without a heartbeat other machines may consider this process dead too early; nothing else depends on it.
  worker.on("error", () => (thread = undefined));
  worker.unref();
  return worker;
}
