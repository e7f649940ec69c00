/** The items of an `each` in threads: its function is packed once, each item goes over by itself. */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { digestOf } from "../../key/digest";
import { StagebookError } from "../../protocol";
import { v8Codec } from "../../store/codecs/codec";
import type { Entry } from "../../store/store";
import type { Activity, StageActivity } from "../state/activity";
import type { ExecutionContext } from "../call/call-parts";
import type { EngineContext } from "../engine-context";
import type { Instance } from "../state/instances";
import type { CancelToken } from "../../async/cancel-token";
import { callInWorker, type CallHost } from "./thread-call";
import { locateCall, describeOutput, readStage, receiveNote } from "./host-side";
import type { Ask, CallOrder, ItemCargo, Note } from "./messages";
import { ship, type Shipped } from "../shipping/ship";

/** What the function gives for an item, counted from 0; an iterator where it is a generator. */
export type CallItem = (item: unknown, nth: number) => Promise<unknown>;

export interface ItemsContext {
  readonly run: ExecutionContext;
  readonly activity: Activity & { readonly stage: StageActivity };
  /** Of the body: aborts also when another item fails. */
  readonly stop: CancelToken;
  readonly inputs: unknown;
}

/** Throws `not-shippable`. */
export async function createItemCaller(
  engine: EngineContext,
  instance: Instance,
  context: ItemsContext,
): Promise<CallItem> {
  const { definition } = instance;
  // Each item in flight listens to it.
  setMaxListeners(0, context.stop.signal);
  const cargo: ItemCargo = {
    fn: definition.fn,
    codec: definition.codec,
    takesInputs: definition.each?.takesInputs ?? false,
    inputs: context.inputs,
  };
  const shipped = ship(cargo, definition.name, {
    scopes: engine.scopes,
    paramValue: (name) => engine.params.value(name, instance.overlay),
    labels: new Map<unknown, string>([
      [context.inputs, "inputs"],
      [definition.codec, "codec"],
      [definition.fn, "the stage's function"],
    ]),
  });
  const host = new ItemHost(engine, instance, context, shipped);
  const { run } = context;
  const order: Omit<CallOrder, "work"> = {
    shipment: shipped.bytes,
    reuseAs: randomUUID(),
    place: await locateCall(engine, instance, run),
  };
  const folder = engine.store.threads?.folder;
  return async (item, nth) => {
    const place = { ...order.place, seed: digestOf(`${run.seed} item ${nth}`) };
    const work = { kind: "item", item: v8Codec.encode(item) as Uint8Array, folder } as const;
    const result = await callInWorker({ ...order, place, work }, host, { stop: context.stop, isCounted: true });
    if (result.kind !== "item") throw new TypeError("an item was asked for");
    const value = v8Codec.decode(result.value);
    return result.isFanned ? (value as readonly unknown[])[Symbol.iterator]() : value;
  };
}

class ItemHost implements CallHost {
  private previous: Entry | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly context: ItemsContext,
    private readonly shipped: Shipped,
  ) {}

  async answer(ask: Ask): Promise<unknown> {
    const { engine, instance, context } = this;
    switch (ask.kind) {
      case "stage":
        return readStage(this.shipped, ask.at, context.activity);
      case "previous":
        this.previous = await engine.results.latest(instance);
        return this.previous && describeOutput(engine, this.previous);
      case "blob":
        return this.previous && engine.results.reader(this.previous)(ask.ref);
      default:
        throw new StagebookError("internal", `an item asked for ${ask.kind}`, "Please report this.");
    }
  }

  note(note: Note): void {
    receiveNote(note, this.engine, this.instance, this.context);
  }
}
