/** The items of an `each` in worker threads: its function is shipped once, and each item by itself. */
import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { currentRecorder } from "../../observe";
import { StagebookError } from "../../protocol";
import { v8Codec } from "../../store/codecs/v8-codec";
import type { Entry } from "../../store/store";
import type { CallItem, ExecutionContext, ItemCallOptions } from "../call/call-parts";
import { hasFileItems } from "../call/item-results";
import { itemSeed } from "../call/random";
import type { EngineContext } from "../engine-context";
import { secrets } from "../../secrets/secret-texts";
import type { Instance } from "../state/instances";
import { callInWorker, type CallHost } from "./thread-call";
import { locateCall, describeOutput, readStage, receiveNotification, type CallOwner } from "./host-side";
import type { CallRequest, ItemPayload, KernelRequest, Notification } from "./messages";
import { ship, type Shipped } from "../shipping/ship";

/** Throws `not-shippable`. */
export async function createItemCaller(
  engine: EngineContext,
  instance: Instance,
  execution: ExecutionContext,
  options: ItemCallOptions,
): Promise<CallItem> {
  const { definition } = instance;
  const { cancelToken, inputs } = options;
  // Each item in flight listens to it.
  setMaxListeners(0, cancelToken.signal);
  const payload: ItemPayload = {
    fn: definition.fn,
    codec: definition.codec,
    takesInputs: definition.each?.takesInputs ?? false,
    inputs,
  };
  const ports = {
    scopes: engine.scopes,
    paramValue: (name: string) => engine.params.value(name, instance.overlay),
  };
  const shipped = ship(payload, definition.name, {
    ...ports,
    labels: new Map<unknown, string>([
      [inputs, "inputs"],
      [definition.codec, "codec"],
      [definition.fn, "the stage's function"],
    ]),
  });
  const host = new ItemHost(engine, instance, { execution, activity: options.activity }, shipped);
  const call: Omit<CallRequest, "task"> = {
    shipment: shipped.bytes,
    reuseAs: randomUUID(),
    location: await locateCall(engine, instance, execution),
  };
  // With secrets all bytes go through the kernel, which keeps none that contain one.
  const folder = secrets.isEmpty ? engine.store.threads?.folder : undefined;
  const encode = hasFileItems(definition)
    ? (item: unknown) => ship(item, "item", ports).bytes
    : (item: unknown) => v8Codec.encode(item) as Uint8Array;
  return async (item, nth) => {
    const location = { ...call.location, seed: itemSeed(execution.seed, nth) };
    const task = { kind: "item", item: encode(item), folder } as const;
    const recorder = currentRecorder() ?? execution.recorder;
    const result = await callInWorker({ ...call, location, task }, host, {
      cancelToken,
      recorder,
      memoryBytes: definition.memoryBytes,
      hasPermit: true,
    });
    if (result.kind !== "item") throw new TypeError(`unexpected result of an item in a worker thread: ${result.kind}`);
    const value = v8Codec.decode(result.value);
    return result.isFanned ? (value as readonly unknown[])[Symbol.iterator]() : value;
  };
}

class ItemHost implements CallHost {
  private previous: Entry | undefined;

  constructor(
    private readonly engine: EngineContext,
    private readonly instance: Instance,
    private readonly owner: CallOwner,
    private readonly shipped: Shipped,
  ) {}

  async respond(request: KernelRequest): Promise<unknown> {
    const { engine, instance, owner } = this;
    switch (request.kind) {
      case "stage":
        return readStage(this.shipped, request.at, owner.activity);
      case "previous":
        this.previous = await engine.results.latest(instance);
        return this.previous && describeOutput(engine, this.previous);
      case "blob":
        return this.previous && engine.results.reader(this.previous)(request.ref);
      default:
        throw new StagebookError(
          "internal",
          `an item in a worker thread requested ${request.kind}`,
          "Please report this.",
        );
    }
  }

  notify(notification: Notification): void {
    receiveNotification(notification, this.engine, this.instance, this.owner);
  }
}
