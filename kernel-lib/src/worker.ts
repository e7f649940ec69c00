/** The composition root of a worker thread: the file that threads load. No other file imports it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { captureOutput } from "./events/log-capture";
import { installObservers } from "./observe";
import { traceOf } from "./protocol";
import { userFrames } from "./run/error-view";
import { runTask } from "./run/threads/thread/thread";
import type { RunningCall } from "./run/threads/thread/parts";
import type { ThreadTask } from "./run/threads/messages";

const running = new AsyncLocalStorage<RunningCall>();
let latest: RunningCall | undefined;

captureOutput();
// Without the sources of scripts, which take more memory than a thread may have: every clock that the user's code reads here is named.
installObservers();

// An error of an earlier call must not fail a later one; an error of the current call ends the thread.
process.on("uncaughtException", (error) => {
  const call = running.getStore();
  if (call?.isOver !== true) throw error;
  process.stderr.write(`an error was thrown after its stage had ended: ${error.stack ?? error.message}\n`);
});

// It does not fail the stage, as in the kernel.
process.on("unhandledRejection", (reason) => {
  const call = running.getStore() ?? latest;
  call?.logError(`unhandled promise rejection: ${userFrames(traceOf(reason))}`);
});

export default function run(task: ThreadTask): Promise<void> {
  return runTask(task, (call, act) => {
    latest = call;
    return running.run(call, act);
  });
}
