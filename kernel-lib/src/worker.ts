/** The file that worker threads load: the composition root of a thread. Nobody imports it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { captureOutput } from "./events/log-capture";
import { userStack } from "./run/error-view";
import { runCall, type RunningCall } from "./run/threads/thread";
import type { ThreadTask } from "./run/threads/threads";

const running = new AsyncLocalStorage<RunningCall>();
let latest: RunningCall | undefined;

captureOutput();

// What an earlier call has left behind fails no later one; what belongs to the present one ends the thread.
process.on("uncaughtException", (error) => {
  const call = running.getStore();
  if (call?.isOver !== true) throw error;
  process.stderr.write(`an error came after its stage had ended: ${error.stack ?? error.message}\n`);
});

// It fails nobody, as in the kernel.
process.on("unhandledRejection", (reason) => {
  const call = running.getStore() ?? latest;
  call?.tell(
    `a promise was rejected and nobody took notice: ${reason instanceof Error ? userStack(reason) : String(reason)}`,
  );
});

export default function run(task: ThreadTask): Promise<void> {
  return runCall(task, (call, act) => {
    latest = call;
    return running.run(call, act);
  });
}
