/** The file that worker threads load: the composition root of a thread. Nobody imports it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { captureOutput } from "./events/log-capture";
import { runCall, type RunningCall } from "./run/worker/thread";
import type { ThreadTask } from "./run/worker/threads";

const running = new AsyncLocalStorage<RunningCall>();

captureOutput();

// What an earlier call has left behind fails no later one; what belongs to the present one ends the thread.
process.on("uncaughtException", (error) => {
  const call = running.getStore();
  if (call?.isOver !== true) throw error;
  process.stderr.write(`an error came after its stage had ended: ${error.stack ?? error.message}\n`);
});

export default function run(task: ThreadTask): Promise<void> {
  return runCall(task, (call, act) => running.run(call, act));
}
