/** The call of a stage's function in a worker thread: reads the inputs, calls, stores the output. Loaded by the thread's first such call. */
import { observing, systemNow } from "../../../observe";
import { CallRandom } from "../../call/random";
import { withinActivity } from "../../state/activity";
import type { ExecutionPayload, ExecutionTask, TransferredResult } from "../messages";
import { threadContext, type CallParts } from "./context";
import { readInputs } from "./inputs";
import { takeOutput } from "./output";
import { ResumedItems } from "./resumed-items";

type Callable = (...args: unknown[]) => unknown;

export async function executeInThread(
  payload: ExecutionPayload,
  task: ExecutionTask,
  { location, link, recorder }: CallParts,
): Promise<TransferredResult> {
  const { codec } = payload;
  const inputs = await readInputs(task, payload, link);
  link.signal.throwIfAborted();
  const numbers = new CallRandom(() => location.seed);
  const random = numbers.ofContext;
  const resumed = new ResumedItems(link, location.stage, numbers);
  const { context, files, activity } = threadContext({ location, link, task, codec, inputs, random, resumed });
  const startedAt = systemNow();
  return withinActivity(activity, async () => {
    const fn = payload.fn as Callable;
    if (location.isSeeded) recorder.random = numbers.ofMath;
    // Within it too: the code of a generator runs while its items are stored.
    return observing(recorder, async () => {
      const returned: unknown = await (task.takesInputs ? fn(inputs, context) : fn(context));
      return takeOutput(returned, { task, codec, location, files, link, context, resumed, startedAt });
    });
  });
}
