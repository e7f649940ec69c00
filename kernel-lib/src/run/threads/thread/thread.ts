/** The dispatch of tasks in a worker thread. Calls of stages: `execution.ts`; items: `items/thread-items.ts`. */
import { ReadRecorder } from "../../../observe";
import { secrets } from "../../../secrets/secret-texts";
import { CallMemory } from "../call-memory";
import { dataOfError } from "../error-data";
import { runItems } from "./items/thread-items";
import { KernelLink } from "./kernel-link";
import type { CallRequest, ExecutionPayload, ExecutionTask, ThreadTask } from "../messages";
import { followTimeZone, payloadOf, readsOf, runningCall, type Within } from "./parts";

/** Never rejects. */
export async function runTask({ port, call, memory, secrets: shared }: ThreadTask, within: Within): Promise<void> {
  const endReports = new CallMemory(memory).report();
  const { task } = call;
  secrets.receive(shared);
  try {
    if (task.kind === "items") await runItems(port, { ...call, task }, within);
    else await runCall(new KernelLink(port), { ...call, task }, within);
  } finally {
    endReports();
  }
}

type StageRequest = CallRequest & { readonly task: ExecutionTask };

/** Makes one call and sends the kernel its result or error. */
async function runCall(link: KernelLink, request: StageRequest, within: Within): Promise<void> {
  const call = runningCall(request.location, link);
  followTimeZone();
  const recorder = new ReadRecorder();
  const sendReads = async (): Promise<void> => {
    const observed = await readsOf(recorder);
    if (observed) link.send({ type: "observed", observed });
  };
  try {
    const { result, transfer } = await within(call, async () => {
      const payload = payloadOf(request, link) as ExecutionPayload;
      // Threads for items, many of which start at the same time, start faster without it.
      const { executeInThread } = await import("./execution");
      return executeInThread(payload, request.task, { location: request.location, link, recorder });
    }).finally(sendReads);
    link.send({ type: "returned", result }, transfer);
  } catch (error) {
    link.send({ type: "failed", error: dataOfError(error) });
  } finally {
    call.isOver = true;
  }
}
