/** The entry point of worker threads: the composition root of a thread. No other module imports it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { captureOutput } from "./events/log-capture";
import { userStack } from "./run/error-view";
import { runCall, type RunningCall } from "./run/threads/thread";
import type { ThreadTask } from "./run/threads/threads";

const running = new AsyncLocalStorage<RunningCall>();
let latest: RunningCall | undefined;

captureOutput();

// An error left over from an earlier call must not fail a later one; an error of the current call ends the thread.
process.on("uncaughtException", (error) => {
  const call = running.getStore();
  if (call?.isOver !== true) throw error;
  process.stderr.write(`error after the stage had ended: ${error.stack ?? error.message}\n`);
});

// It fails no stage, as in the kernel.
process.on("unhandledRejection", (reason) => {
  const call = running.getStore() ?? latest;
  call?.tell(`unhandled promise rejection: ${reason instanceof Error ? userStack(reason) : String(reason)}`);
});

export default function run(task: ThreadTask): Promise<void> {
  return runCall(task, (call, act) => {
    latest = call;
    return running.run(call, act);
  });
}
