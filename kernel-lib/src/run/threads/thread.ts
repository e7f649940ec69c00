/** A call in a worker thread: unpacks what was shipped, calls it, and sends the result. Calls of stages: `thread-execution.ts`. */
import { observing, ReadRecorder } from "../../observe";
import { v8Codec } from "../../store/codecs/v8-codec";
import { withinActivity } from "../state/activity";
import { filesInStream } from "../external/file-outputs";
import { createRandom } from "../call/random";
import { lineWriter } from "../call/log/stage-lines";
import { itemsOf } from "../streams/streams";
import { dataOfError } from "./error-data";
import { CallMemory } from "./call-memory";
import { KernelLink } from "./kernel-link";
import type { CallRequest, ExecutionPayload, ItemPayload, ItemTask, TransferredResult } from "./messages";
import { linesOf, threadContext, type CallParts } from "./thread-context";
import type { ThreadTask } from "./threads";
import { unpack } from "../shipping/unpack";

type Callable = (...args: unknown[]) => unknown;

/** The call that an uncaught error belongs to. */
export interface RunningCall {
  isOver: boolean;
  /** Logs an error as a line of its stage. */
  readonly logError: (message: string) => void;
}

const reused = new Map<string, unknown>();
/** Older ones belong to runs that have ended. */
const MAX_REUSED = 16;

/** Makes one call and sends the kernel its result or error. Never rejects. `within`: marks everything async as part of the call. */
export async function runCall(
  { port, call: request, memory }: ThreadTask,
  within: <T>(call: RunningCall, act: () => T) => T,
): Promise<void> {
  const link = new KernelLink(port);
  const printed = lineWriter(linesOf(request.location, link, {}), "console");
  const endReports = new CallMemory(memory).report();
  const call: RunningCall = { isOver: false, logError: (message) => printed("error", message) };
  try {
    const recorder = new ReadRecorder();
    const { result, transfer } = await within(call, () => perform(request, link, recorder)).finally(() =>
      sendReads(recorder, link),
    );
    link.send({ type: "returned", result }, transfer);
  } catch (error) {
    link.send({ type: "failed", error: dataOfError(error) });
  } finally {
    call.isOver = true;
    endReports();
  }
}

async function sendReads(recorder: ReadRecorder, link: KernelLink): Promise<void> {
  const reads = recorder.reads();
  const volatile = recorder.volatile();
  if (reads.length === 0 && volatile.length === 0) return;
  link.send({ type: "observed", observed: { reads, volatile, changed: await recorder.changedSince() } });
}

async function perform(request: CallRequest, link: KernelLink, recorder: ReadRecorder): Promise<TransferredResult> {
  const payload = payloadOf(request, link);
  const { location, task } = request;
  if (task.kind === "item") return callForItem(payload as ItemPayload, task, { location, link, recorder });
  // Threads for items, many of which start at the same time, start faster without it.
  const { executeInThread } = await import("./thread-execution");
  return executeInThread(payload as ExecutionPayload, task, { location, link, recorder });
}

async function callForItem(
  { fn, codec, takesInputs, inputs }: ItemPayload,
  task: ItemTask,
  { location, link, recorder }: CallParts,
): Promise<TransferredResult> {
  const { context, files, activity } = threadContext({ location, link, task, codec, inputs });
  const item = task.item instanceof SharedArrayBuffer ? unpackWith(task.item, link) : v8Codec.decode(task.item);
  return withinActivity(activity, async () => {
    const call = fn as Callable;
    // In a thread each item has a seed of its own.
    if (location.isSeeded) recorder.random = createRandom(() => location.seed);
    const { value, isFanned } = await observing(recorder, async () => {
      const returned: unknown = await (takesInputs ? call(item, inputs, context) : call(item, context));
      const isFanned = typeof returned === "object" && returned !== null && "next" in returned;
      return { value: isFanned ? await listOf(itemsOf(returned)) : returned, isFanned };
    });
    if (files.isUsed) throw filesInStream(location.stage);
    const bytes = new Uint8Array(await v8Codec.encode(value));
    return { result: { kind: "item", value: bytes, isFanned }, transfer: [bytes.buffer] };
  });
}

async function listOf(items: AsyncIterable<unknown> = noItems()): Promise<readonly unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* noItems(): AsyncGenerator<unknown, void, undefined> {
  // An object with `next` that cannot be iterated has no results, as in the kernel.
}

function payloadOf({ shipment, reuseAs }: CallRequest, link: KernelLink): unknown {
  const known = reuseAs === undefined ? undefined : reused.get(reuseAs);
  if (known !== undefined) return known;
  const payload = unpackWith(shipment, link);
  if (reuseAs !== undefined) {
    reused.set(reuseAs, payload);
    const [oldest] = reused.keys();
    if (reused.size > MAX_REUSED && oldest !== undefined) reused.delete(oldest);
  }
  return payload;
}

function unpackWith(shipment: SharedArrayBuffer, link: KernelLink): unknown {
  return unpack(shipment, {
    readStage: async (at) => v8Codec.decode((await link.request({ kind: "stage", at })) as Uint8Array),
  });
}
