/** Items of an `each` in their thread: one after the other, until the kernel ends it. */
import { setImmediate as turn } from "node:timers/promises";
import type { MessagePort } from "node:worker_threads";
import { monotonicNow } from "../../../../async/clock";
import type { MaybePromise } from "../../../../async/maybe-promise";
import { observing, ReadRecorder } from "../../../../observe";
import { createRandom, itemSeed } from "../../../call/random";
import { filesInStream, type FileOutputs } from "../../../external/file-outputs";
import { withinActivity } from "../../../state/activity";
import { itemsOf } from "../../../streams/streams";
import { dataOfError } from "../../error-data";
import { KernelLink } from "../kernel-link";
import type { CallRequest, ForItems, ItemPayload, ItemsTask } from "../../messages";
import { threadContext } from "../context";
import { followTimeZone, payloadOf, readsOf, runningCall, unpackWith, type RunningCall, type Within } from "../parts";
import { decodeItem, encodeItem } from "../../items/item-codec";
import { unpackItems, type ItemBatch, type NumberedItem } from "../../items/item-batch";
import { ItemLink } from "./item-link";
import { ItemMemory } from "../../items/item-memory";

/** The item that is being processed. */
interface CurrentItem {
  readonly at: number;
  readonly link: ItemLink;
  readonly recorder: ReadRecorder;
  readonly call: RunningCall;
}

interface Begun {
  /** What the function returned; a promise of it, or of `Fanned`, unless it is a plain value. */
  readonly returned: unknown;
  readonly files: FileOutputs;
}

type ItemsRequest = CallRequest & { readonly task: ItemsTask };
type Callable = (...args: unknown[]) => unknown;

/** How long items may run one after the other before timers and messages get a turn, in milliseconds. */
const TURN_MS = 10;

/** Resolves when the kernel has no further items. Never rejects. */
export function runItems(port: MessagePort, request: ItemsRequest, within: Within): Promise<void> {
  return new ThreadItems(port, request, within).run();
}

class ThreadItems {
  private readonly link: KernelLink;
  private readonly memory: ItemMemory;
  private readonly batches: ItemBatch[] = [];
  private isOver = false;
  private isPaused = false;
  private wake: () => void = () => undefined;
  private turnAt = monotonicNow();

  constructor(
    port: MessagePort,
    private readonly request: ItemsRequest,
    private readonly within: Within,
  ) {
    this.memory = new ItemMemory(request.task.memory);
    this.link = new KernelLink(port, (message) => this.receive(message));
    this.link.signal.addEventListener("abort", () => this.end(), { once: true });
  }

  async run(): Promise<void> {
    this.link.send({ type: "worked" });
    for (;;) {
      if (this.batches.length === 0) this.link.receiveNow();
      while (!this.isOver && this.batches.length === 0) await this.message();
      const batch = this.batches.shift();
      if (this.isOver || !batch) return;
      await this.work(batch);
      this.link.send({ type: "worked" });
    }
  }

  private async work(batch: ItemBatch): Promise<void> {
    followTimeZone();
    for (const item of unpackItems(batch)) {
      while (!this.isOver && this.isPaused) await this.message();
      if (this.isOver) return;
      if (!this.memory.begin(item.at)) continue;
      const startedAt = monotonicNow();
      await this.process(item);
      const now = monotonicNow();
      this.memory.finish(now - startedAt);
      if (now - this.turnAt > TURN_MS) {
        await turn();
        this.turnAt = monotonicNow();
      }
    }
  }

  /** Sends the kernel the item's result or error. Returns a promise if that takes longer than the function itself. */
  private process(item: NumberedItem): MaybePromise<void> {
    const { location } = this.request;
    const link = new ItemLink(this.link);
    const current = { at: item.at, link, recorder: new ReadRecorder(), call: runningCall(location, link) };
    try {
      const { returned, files } = this.call(item, current);
      if (!isPlain(returned) || files.isUsed || current.recorder.hasReads) return this.later(returned, files, current);
      this.returned(encodeItem(returned), false, current);
    } catch (error) {
      return this.failed(error, current);
    }
    return undefined;
  }

  /** Begins the call. */
  private call({ nth, bytes }: NumberedItem, { link, recorder, call }: CurrentItem): Begun {
    const { request } = this;
    const { location, task } = request;
    return this.within(call, () => {
      const { fn, codec, takesInputs, inputs } = payloadOf(request, link) as ItemPayload;
      const seed = (): ReturnType<typeof itemSeed> => itemSeed(location.seed, nth);
      const { context, files, activity } = threadContext({
        location,
        link,
        task,
        codec,
        inputs,
        random: createRandom(seed),
      });
      const item = task.areShipped ? unpackWith(bytes, () => link) : decodeItem(bytes);
      // In a thread each item has a seed of its own.
      if (location.isSeeded) recorder.random = createRandom(seed);
      const call = fn as Callable;
      return withinActivity(activity, () =>
        observing(recorder, () => {
          const returned = takesInputs ? call(item, inputs, context) : call(item, context);
          // The code of a generator runs while it is read.
          return { returned: isPlain(returned) ? returned : resultOf(returned), files };
        }),
      );
    });
  }

  private async later(returned: unknown, files: FileOutputs, current: CurrentItem): Promise<void> {
    try {
      const result: unknown = await returned;
      const isFanned = result instanceof Fanned;
      if (files.isUsed) throw filesInStream(this.request.location.stage);
      const value = encodeItem(isFanned ? result.list : result);
      await this.sendReads(current);
      this.returned(value, isFanned, current);
    } catch (error) {
      await this.failed(error, current);
    }
  }

  private returned(value: Uint8Array, isFanned: boolean, { at, link, call }: CurrentItem): void {
    call.isOver = true;
    link.end();
    // What it has reported must arrive first.
    if (!link.isUsed && this.memory.write({ at, value, isFanned })) return;
    const own = new Uint8Array(value);
    link.send({ type: "item-returned", at, result: { value: own, isFanned } }, [own.buffer]);
  }

  private async failed(error: unknown, current: CurrentItem): Promise<void> {
    const { at, link, call } = current;
    this.isPaused = true;
    await this.sendReads(current);
    link.send({ type: "item-failed", at, error: dataOfError(error) });
    call.isOver = true;
    link.end();
  }

  private async sendReads({ at, link, recorder }: CurrentItem): Promise<void> {
    const observed = await readsOf(recorder);
    if (observed) link.send({ type: "item-observed", at, observed });
  }

  private receive(message: ForItems): void {
    if (message.type === "items") this.batches.push(message.batch);
    else if (message.type === "resume") this.isPaused = false;
    else this.isOver = true;
    this.wake();
  }

  private end(): void {
    this.isOver = true;
    this.wake();
  }

  /** Resolves at the next message. */
  private message(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }
}

/** The results of a generator. */
class Fanned {
  constructor(readonly list: readonly unknown[]) {}
}

function isPlain(returned: unknown): boolean {
  return returned === null || (typeof returned !== "object" && typeof returned !== "function");
}

async function resultOf(returned: unknown): Promise<unknown> {
  const value = await returned;
  const isFanned = typeof value === "object" && value !== null && "next" in value;
  return isFanned ? new Fanned(await listOf(itemsOf(value))) : value;
}

async function listOf(items: AsyncIterable<unknown> = noItems()): Promise<readonly unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function* noItems(): AsyncGenerator<unknown, void, undefined> {
  // An object with `next` that cannot be iterated has no results, as in the kernel.
}
