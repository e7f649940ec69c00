/** Iterators of stored and live streams in the hands of a user: overlapping calls, and leaving while an item is on its way. */
import { describe, expect, test } from "vitest";
import { ListedItems, type PulledItems } from "../../../kernel-lib/src/async/pulled-items";
import { HeldItems } from "../../../kernel-lib/src/run/streams/held-items";
import { createScript, gate } from "../script";

const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Numbers, of which each comes later. */
const numbers = (count: number): PulledItems =>
  new ListedItems(Array.from({ length: count }, (_, n) => later().then(() => n)));

function refuse(error: unknown): Promise<never> {
  const reason = error as Error;
  return Promise.reject(reason);
}

describe("overlapping calls of next are served one after the other", () => {
  test("[R6] of items that come later", async () => {
    const items = numbers(4);
    const results = await Promise.all(Array.from({ length: 5 }, () => items.next()));
    expect(results.map(({ value }) => value)).toEqual([0, 1, 2, 3, undefined]);
  });

  test("[R6] of a stored stream", async () => {
    const { p } = createScript();
    const source = p.stage("source", function* () {
      for (let n = 0; n < 5; n++) yield n;
    });
    const stream = (await source()) as AsyncIterable<number>;
    const iterator = stream[Symbol.asyncIterator]();
    const results = await Promise.all(Array.from({ length: 6 }, () => iterator.next()));
    expect(results.map(({ value }) => value as unknown)).toEqual([0, 1, 2, 3, 4, undefined]);
  });

  test("[R6] after one that fails, the others are over", async () => {
    const items = new ListedItems([later().then(() => Promise.reject(new Error("lost"))), 2]);
    const results = await Promise.allSettled([items.next(), items.next()]);
    expect(results).toMatchObject([{ status: "rejected" }, { status: "fulfilled", value: { done: true } }]);
  });
});

describe("stored items are held only while they are read", () => {
  test.each([
    ["read to the end", async (items: HeldItems) => void (await items.next(), await items.next(), await items.next())],
    ["left in the middle", async (items: HeldItems) => void (await items.next(), await items.return())],
  ])("[R6] %s", async (_what, act) => {
    let held = 0;
    const items = new HeldItems(0, {
      hold: () => Promise.resolve((held++, () => Promise.resolve(void held--))),
      read: () => numbers(2),
      continueAfter: refuse,
    });
    await act(items);
    expect(held).toBe(0);
  });

  test("[R6] left before the first item has come", async () => {
    const opened = gate();
    let held = 0;
    const items = new HeldItems(0, {
      hold: async () => {
        await opened.opened;
        held++;
        return () => Promise.resolve(void held--);
      },
      read: () => numbers(2),
      continueAfter: refuse,
    });
    const first = Promise.resolve(items.pull());
    await items.leave();
    opened.open();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(held).toBe(0);
  });

  test("[R6] an error after the reader has left makes nothing again", async () => {
    let isAsked = false;
    const lost = gate();
    const items = new HeldItems(0, {
      hold: () => Promise.resolve(() => Promise.resolve()),
      read: () => new ListedItems([lost.opened]),
      continueAfter: (error) => ((isAsked = true), refuse(error)),
    });
    const first = Promise.resolve(items.pull());
    await later();
    await items.leave();
    lost.fail(new Error("lost"));
    await expect(first).resolves.toEqual({ done: true, value: undefined });
    expect(isAsked).toBe(false);
  });
});
