/** The items of an `each` in worker threads: its function is shipped once, and the items as they come. */
import { randomUUID } from "node:crypto";
import { currentRecorder } from "../../../../observe";
import { StagebookError } from "../../../../protocol";
import { secrets } from "../../../../secrets/secret-texts";
import type { Entry } from "../../../../store/store";
import type { ExecutionContext, ItemCaller, ItemCallOptions } from "../../../call/call-parts";
import { hasFileItems } from "../../../call/item-results";
import type { EngineContext } from "../../../engine-context";
import { ship, type Shipped } from "../../../shipping/ship";
import type { Instance } from "../../../state/instances";
import { describeOutput, locateCall, readStage, receiveNotification, type CallOwner } from "../kernel-side";
import { memoryLimitOf } from "../memory-limit";
import type { ItemPayload, ItemResult, KernelRequest, Notification } from "../../messages";
import type { RequestHandler } from "../thread-session";
import { sharedThreads } from "../threads";
import { decodeItem, encodeItem } from "../../items/item-codec";
import { ItemThreads } from "./item-threads";

/** Throws `not-shippable`. */
export async function createItemCaller(
  engine: EngineContext,
  instance: Instance,
  execution: ExecutionContext,
  options: ItemCallOptions,
): Promise<ItemCaller> {
  const { definition } = instance;
  const { cancelToken, inputs } = options;
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
  const areShipped = hasFileItems(definition);
  const encode = areShipped ? (item: unknown) => new Uint8Array(ship(item, "item", ports).bytes) : encodeItem;
  const threads = new ItemThreads({
    call: {
      shipment: shipped.bytes,
      reuseAs: randomUUID(),
      location: await locateCall(engine, instance, execution),
    },
    // With secrets all bytes go through the kernel, which keeps none that contain one.
    task: { areShipped, folder: secrets.isEmpty ? engine.store.threads?.folder : undefined },
    handler: new ItemRequests(engine, instance, { execution, activity: options.activity }, shipped),
    threads: sharedThreads(),
    limitBytes: memoryLimitOf(definition.memoryBytes),
    workers: definition.each?.workers ?? 1,
    signal: cancelToken.signal,
  });
  return {
    call: (item, nth) =>
      new Promise((resolve, reject) => {
        const recorder = currentRecorder() ?? execution.recorder;
        const settle = (result: ItemResult): void => {
          try {
            resolve(valueOf(result));
          } catch (error) {
            const reason = error as Error;
            reject(reason);
          }
        };
        threads.add({ nth, bytes: encode(item), recorder, resolve: settle, reject });
      }),
    limit: () => threads.limit,
  };
}

function valueOf({ value, isFanned }: ItemResult): unknown {
  const decoded = decodeItem(value);
  return isFanned ? (decoded as readonly unknown[])[Symbol.iterator]() : decoded;
}

class ItemRequests implements RequestHandler {
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
