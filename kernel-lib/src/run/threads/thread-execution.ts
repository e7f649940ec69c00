/** The call of a stage's function in a worker thread: reads the inputs, calls, stores the output. Loaded by the thread's first such call. */
import { withinActivity } from "../state/activity";
import type { KernelLink } from "./kernel-link";
import type { CallLocation, ExecutionPayload, ExecutionTask, TransferredResult } from "./messages";
import { threadContext } from "./thread-context";
import { readInputs } from "./thread-inputs";
import { takeOutput } from "./thread-output";

type Callable = (...args: unknown[]) => unknown;

export async function executeInThread(
  payload: ExecutionPayload,
  task: ExecutionTask,
  location: CallLocation,
  link: KernelLink,
): Promise<TransferredResult> {
  const { codec } = payload;
  const inputs = await readInputs(task, payload, link);
  link.signal.throwIfAborted();
  const { context, files, activity } = threadContext({ location, link, task, codec, inputs });
  const startedAt = Date.now();
  return withinActivity(activity, async () => {
    const fn = payload.fn as Callable;
    const returned: unknown = await (task.takesInputs ? fn(inputs, context) : fn(context));
    return takeOutput(returned, { task, codec, location, files, link, context, startedAt });
  });
}
