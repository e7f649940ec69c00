/** Single calls in threads, as `each` makes them for its items; and threads with little memory. */
import { afterAll, describe, expect, test } from "vitest";
import type { CellId, Digest, RunId } from "../../../kernel-lib/src/protocol";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";
import { CancelToken } from "../../../kernel-lib/src/async/cancel-token";
import { decodeItem, encodeItem } from "../../../kernel-lib/src/run/threads/items/item-codec";
import { ItemThreads } from "../../../kernel-lib/src/run/threads/kernel/items/item-threads";
import { callInWorker } from "../../../kernel-lib/src/run/threads/kernel/thread-call";
import type { RequestHandler } from "../../../kernel-lib/src/run/threads/kernel/thread-session";
import type { CallRequest, ItemResult, Notification } from "../../../kernel-lib/src/run/threads/messages";
import { ReadRecorder } from "../../../kernel-lib/src/observe";
import { ship } from "../../../kernel-lib/src/run/shipping/ship";
import { Threads } from "../../../kernel-lib/src/run/threads/kernel/threads";
import { v8Codec } from "../../../kernel-lib/src/store/codecs/v8-codec";

const scopes = createLiveScopes(() => undefined);
const threads = new Threads({ count: 2 });
const memoryBytes = 96_000_000;
afterAll(() => threads.close());

const location: CallRequest["location"] = {
  runId: "run" as RunId,
  stage: "items",
  cell: "cell" as CellId,
  source: "script",
  seed: "0".repeat(64) as Digest,
  isSeeded: false,
  logged: [],
  clockAheadMs: 0,
  scratch: "/nowhere",
};

interface Setup {
  readonly inputs?: unknown;
  readonly reuseAs?: string;
  readonly notifications?: Notification[];
  readonly on?: Threads;
}

/** Calls the function for items, one after the other, in one thread. */
async function callAll(fn: unknown, items: readonly unknown[], setup: Setup = {}): Promise<unknown[]> {
  const { inputs, reuseAs, notifications = [], on = threads } = setup;
  const payload = { fn, takesInputs: inputs !== undefined, inputs };
  const { bytes: shipment } = ship(payload, "items", { scopes, paramValue: () => undefined });
  const end = new AbortController();
  const caller = new ItemThreads({
    call: { shipment, location, ...(reuseAs === undefined ? {} : { reuseAs }) },
    task: { areShipped: false, folder: undefined },
    handler: handlerOf(notifications),
    threads: on,
    limitBytes: memoryBytes,
    workers: 1,
    signal: end.signal,
  });
  try {
    const results: unknown[] = [];
    for (const [nth, item] of items.entries()) {
      const bytes = encodeItem(item);
      const { value } = await new Promise<ItemResult>((resolve, reject) =>
        caller.add({ nth, bytes, recorder: new ReadRecorder(), resolve, reject }),
      );
      results.push(decodeItem(value));
    }
    return results;
  } finally {
    end.abort(new Error("over"));
  }
}

async function call(fn: unknown, item?: unknown, setup?: Setup): Promise<unknown> {
  return (await callAll(fn, [item], setup))[0];
}

/** Calls the function as that of a stage without inputs. */
async function callStage(fn: unknown, cancelToken = new CancelToken()): Promise<unknown> {
  const payload = { fn, codec: undefined, frame: undefined, values: [], codecs: [] };
  const { bytes: shipment } = ship(payload, "items", { scopes, paramValue: () => undefined });
  const task = { kind: "stage", writesThere: false, takesInputs: false, inputs: [], extra: "error" } as const;
  const options = { cancelToken, recorder: new ReadRecorder(), threads, memoryBytes };
  const { blobs } = await callInWorker({ shipment, task, location }, handlerOf([]), options);
  return v8Codec.decode(blobs[0]!.bytes);
}

function handlerOf(notifications: Notification[]): RequestHandler {
  return {
    respond: () => Promise.resolve(undefined),
    notify: (notification) => void notifications.push(notification),
  };
}

describe("single calls", () => {
  test("[R4] arguments and results are copies, and the context logs", async () => {
    const factor = 3;
    const notifications: Notification[] = [];
    const fn = (item: { n: number }, more: Map<string, number>, { log }: { log: { info(text: string): void } }) => {
      log.info("one item");
      return new Float64Array([item.n * factor, more.get("k") ?? 0]);
    };
    expect(await call(fn, { n: 2 }, { inputs: new Map([["k", 1]]), notifications })).toEqual(new Float64Array([6, 1]));
    expect(notifications).toMatchObject([{ kind: "event", event: { type: "log:written", record: { message: "one item", stage: "items" } } }]); // prettier-ignore
  });

  test("[R4] a reused shipment is unpacked once in each thread, any other for each call", async () => {
    const seen: number[] = [];
    const fn = (n: number) => seen.push(n);
    const alone = new Threads({ count: 1 });
    const counts = (reuseAs?: string): Promise<unknown[]> =>
      callAll(fn, [0, 1, 2], { on: alone, ...(reuseAs === undefined ? {} : { reuseAs }) });
    expect(await counts("these items")).toEqual([1, 2, 3]);
    expect(await counts()).toEqual([1, 1, 1]);
    await alone.close();
  });

  test("[Y1] a result that cannot be stored is refused with its path", async () => {
    await expect(call(() => ({ f: () => 1 }))).rejects.toMatchObject({ code: "not-storable", message: expect.stringContaining("value.f") as string }); // prettier-ignore
  });

  test("[R10] a call that waits for a thread is cancelled without having begun", async () => {
    const cancelToken = new CancelToken();
    const busy = [1, 2].map(() => callStage(() => { const from = Date.now(); while (Date.now() - from < 300); return 1; })); // prettier-ignore
    const waiting = callStage(() => 2, cancelToken);
    cancelToken.cancel(new Error("no longer wanted"));
    await expect(waiting).rejects.toThrow("no longer wanted");
    expect(await Promise.all(busy)).toEqual([1, 1]);
  });
});

const isTooLarge = {
  code: "worker-memory",
  message: expect.stringContaining("more than the 96 MB of memory") as string,
  advice: expect.stringContaining('memory: "192 MB"') as string,
};

describe("memory of threads", () => {
  const kinds = {
    "objects in a loop": () => {
      const all: unknown[] = [];
      for (;;) all.push(new Array(10_000).fill(all.length));
    },
    "buffers, with pauses": async () => {
      const all: Buffer[] = [];
      for (;;) {
        all.push(Buffer.alloc(4_000_000, 1));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    "buffers in a loop": () => {
      const all: Buffer[] = [];
      for (;;) {
        all.push(Buffer.alloc(1_000_000, 1));
        const until = Date.now() + 2;
        while (Date.now() < until);
      }
    },
    "one large value after the other": () => {
      const all: unknown[] = [];
      for (;;) all.push(Array.from({ length: 10_000_000 }, () => "x"));
    },
  };
  test.each(Object.entries(kinds))("[R9] %s: a call that uses more than it may fails alone, with its limit and advice", async (_name, greedy) => {
    const other = call(() => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000); return 1; }); // prettier-ignore
    await expect(call(greedy)).rejects.toMatchObject(isTooLarge);
    expect(await other).toBe(1);
    // The next call starts another thread.
    expect(await call(() => 2)).toBe(2);
  }, 60_000); // prettier-ignore

  test("[R9] a call that stays below its limit is not ended, in a loop either", async () => {
    const modest = (): number => {
      let sum = 0;
      const until = Date.now() + 1000;
      while (Date.now() < until) sum += Buffer.alloc(1_000_000, 1).length;
      return sum;
    };
    expect(await call(modest)).toBeGreaterThan(0);
  }, 30_000);
});
