/** The body of a stage in a thread: inputs from the store, the function, the output into the store. Loaded by the first body of a thread. */
import { withinActivity } from "../state/activity";
import type { KernelLink } from "./kernel-link";
import type { ExecutionPayload, ExecutionTask, CallLocation, Performed } from "./messages";
import { threadContext } from "./thread-context";
import { readInputs } from "./thread-inputs";
import { takeOutput } from "./thread-output";

type Callable = (...args: unknown[]) => unknown;

export async function executeInThread(
  cargo: ExecutionPayload,
  work: ExecutionTask,
  place: CallLocation,
  link: KernelLink,
): Promise<Performed> {
  const { codec } = cargo;
  const inputs = await readInputs(work, cargo, link);
  link.signal.throwIfAborted();
  const { context, files, activity } = threadContext({ place, link, work, codec, inputs });
  const startedAt = Date.now();
  return withinActivity(activity, async () => {
    const fn = cargo.fn as Callable;
    const returned: unknown = await (work.takesInputs ? fn(inputs, context) : fn(context));
    return takeOutput(returned, { work, codec, place, files, link, context, startedAt });
  });
}
