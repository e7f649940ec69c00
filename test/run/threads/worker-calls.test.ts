/** Single calls in threads, as `each` makes them for its items; and threads with little memory. */
import { afterAll, describe, expect, test } from "vitest";
import type { CellId, Digest, RunId } from "../../../kernel-lib/src/protocol";
import { createLiveScopes } from "../../../kernel-lib/src/scopes/live-scopes";
import { CancelToken } from "../../../kernel-lib/src/async/cancel-token";
import { callInWorker, type CallHost } from "../../../kernel-lib/src/run/threads/thread-call";
import type { CallRequest, Notification } from "../../../kernel-lib/src/run/threads/messages";
import { ReadRecorder } from "../../../kernel-lib/src/observe";
import { ship } from "../../../kernel-lib/src/run/shipping/ship";
import { Threads } from "../../../kernel-lib/src/run/threads/threads";
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

function requestOf(
  fn: unknown,
  item?: unknown,
  { reuseAs, inputs }: { readonly reuseAs?: string; readonly inputs?: unknown } = {},
): CallRequest {
  const payload = { fn, takesInputs: inputs !== undefined, inputs };
  const { bytes } = ship(payload, "items", { scopes, paramValue: () => undefined });
  const task = { kind: "item", item: v8Codec.encode(item) as Uint8Array } as const;
  return { shipment: bytes, task, location, ...(reuseAs === undefined ? {} : { reuseAs }) };
}

async function call(
  request: CallRequest,
  notifications: Notification[] = [],
  cancelToken = new CancelToken(),
): Promise<unknown> {
  const host: CallHost = {
    respond: () => Promise.resolve(undefined),
    notify: (notification) => void notifications.push(notification),
  };
  const result = await callInWorker(request, host, { cancelToken, recorder: new ReadRecorder(), threads, memoryBytes });
  if (result.kind !== "item") throw new TypeError("expected the result of an item");
  return v8Codec.decode(result.value);
}

describe("single calls", () => {
  test("[R4] arguments and results are copies, and the context logs", async () => {
    const factor = 3;
    const notifications: Notification[] = [];
    const fn = (item: { n: number }, more: Map<string, number>, { log }: { log: { info(text: string): void } }) => {
      log.info("one item");
      return new Float64Array([item.n * factor, more.get("k") ?? 0]);
    };
    expect(await call(requestOf(fn, { n: 2 }, { inputs: new Map([["k", 1]]) }), notifications)).toEqual(
      new Float64Array([6, 1]),
    );
    expect(notifications).toMatchObject([{ kind: "event", event: { type: "log:written", record: { message: "one item", stage: "items" } } }]); // prettier-ignore
  });

  test("[R4] a reused shipment is unpacked once in each thread, any other for each call", async () => {
    const seen: number[] = [];
    const fn = (n: number) => seen.push(n);
    const alone = new Threads({ count: 1 });
    const host: CallHost = { respond: () => Promise.resolve(undefined), notify: () => undefined };
    const counts = async (reuseAs?: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for (let n = 0; n < 3; n++) {
        const result = await callInWorker(requestOf(fn, n, { reuseAs }), host, { cancelToken: new CancelToken(), recorder: new ReadRecorder(), threads: alone }); // prettier-ignore
        found.push(result.kind === "item" && v8Codec.decode(result.value));
      }
      return found;
    };
    expect(await counts("these items")).toEqual([1, 2, 3]);
    expect(await counts()).toEqual([1, 1, 1]);
    await alone.close();
  });

  test("[Y1] a result that cannot be stored is refused with its path", async () => {
    await expect(call(requestOf(() => ({ f: () => 1 })))).rejects.toMatchObject({ code: "not-storable", message: expect.stringContaining("value.f") as string }); // prettier-ignore
  });

  test("[R10] a call that waits for a thread is cancelled without having begun", async () => {
    const cancelToken = new CancelToken();
    const busy = [1, 2].map(() => call(requestOf(() => { const from = Date.now(); while (Date.now() - from < 300); return 1; }))); // prettier-ignore
    const waiting = call(
      requestOf(() => 2),
      [],
      cancelToken,
    );
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
    const other = call(requestOf(() => { const from = Date.now(); while (Date.now() - from < 3000); return 1; })); // prettier-ignore
    await expect(call(requestOf(greedy))).rejects.toMatchObject(isTooLarge);
    expect(await other).toBe(1);
    // The next call starts another thread.
    expect(await call(requestOf(() => 2))).toBe(2);
  }, 60_000); // prettier-ignore

  test("[R9] a call that stays below its limit is not ended, in a loop either", async () => {
    const modest = (): number => {
      let sum = 0;
      const until = Date.now() + 3000;
      while (Date.now() < until) sum += Buffer.alloc(1_000_000, 1).length;
      return sum;
    };
    expect(await call(requestOf(modest))).toBeGreaterThan(0);
  }, 30_000);
});
