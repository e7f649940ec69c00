/** The thread's side of a call: unpacks what was shipped, and tells the kernel how the call ended. Of items all; of bodies: `thread-body.ts`. */
import { v8Codec } from "../../store/codecs/codec";
import { withinActivity } from "../state/activity";
import { filesInStream } from "../external/file-outputs";
import { lineWriter } from "../call/stage-lines";
import { itemsOf } from "../streams/streams";
import { dataOfError } from "./error-data";
import { KernelLink } from "./kernel-link";
import type { ExecutionPayload, CallOrder, CallLocation, ItemCargo, ItemTask, Performed } from "./messages";
import { linesOf, threadContext } from "./thread-context";
import type { ThreadTask } from "./threads";
import { unpack } from "../shipping/unpack";

type Callable = (...args: unknown[]) => unknown;

/** Whom an error that nobody caught belongs to. */
export interface RunningCall {
  isOver: boolean;
  /** As a line of its stage. */
  readonly tell: (message: string) => void;
}

const reused = new Map<string, unknown>();
/** Older ones belong to runs that have ended. */
const MAX_REUSED = 16;

/** Does one call and tells the kernel how it ended. Never rejects. `within`: marks everything async as part of the call. */
export async function runCall(
  { port, order }: ThreadTask,
  within: <T>(call: RunningCall, act: () => T) => T,
): Promise<void> {
  const link = new KernelLink(port);
  const printed = lineWriter(linesOf(order.place, link, {}), "console");
  const call: RunningCall = { isOver: false, tell: (message) => printed("error", message) };
  try {
    const { result, transfer } = await within(call, () => perform(order, link));
    link.send({ type: "ended", result }, transfer);
  } catch (error) {
    link.send({ type: "failed", error: dataOfError(error) });
  } finally {
    call.isOver = true;
  }
}

async function perform(order: CallOrder, link: KernelLink): Promise<Performed> {
  const cargo = cargoOf(order, link);
  const { place, work } = order;
  if (work.kind === "item") return performItem(cargo as ItemCargo, work, place, link);
  // Threads for items, of which many start at once, start faster without it.
  const { executeInThread } = await import("./thread-execution");
  return executeInThread(cargo as ExecutionPayload, work, place, link);
}

async function performItem(
  { fn, codec, takesInputs, inputs }: ItemCargo,
  work: ItemTask,
  place: CallLocation,
  link: KernelLink,
): Promise<Performed> {
  const { context, files, activity } = threadContext({ place, link, work, codec, inputs });
  const item = v8Codec.decode(work.item);
  return withinActivity(activity, async () => {
    const call = fn as Callable;
    const returned: unknown = await (takesInputs ? call(item, inputs, context) : call(item, context));
    const isFanned = typeof returned === "object" && returned !== null && "next" in returned;
    const value = isFanned ? await listOf(itemsOf(returned)) : returned;
    if (files.isUsed) throw filesInStream(place.stage);
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
  // An object with `next` that cannot be iterated gives nothing, as in the kernel.
}

function cargoOf({ shipment, reuseAs }: CallOrder, link: KernelLink): unknown {
  const known = reuseAs === undefined ? undefined : reused.get(reuseAs);
  if (known !== undefined) return known;
  const cargo = unpack(shipment, {
    readStage: async (at) => v8Codec.decode((await link.ask({ kind: "stage", at })) as Uint8Array),
  });
  if (reuseAs !== undefined) {
    reused.set(reuseAs, cargo);
    const [oldest] = reused.keys();
    if (reused.size > MAX_REUSED && oldest !== undefined) reused.delete(oldest);
  }
  return cargo;
}
