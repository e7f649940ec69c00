/** What the kernel and a thread share, and how many items a message holds. */
import { describe, expect, test } from "vitest";
import { BatchSize } from "../../../../kernel-lib/src/run/threads/kernel/items/batch-size";
import { packItems, unpackItems } from "../../../../kernel-lib/src/run/threads/items/item-batch";
import { ItemMemory } from "../../../../kernel-lib/src/run/threads/items/item-memory";

describe("shared memory of a thread and the kernel", () => {
  const sides = (): [ItemMemory, ItemMemory] => {
    const kernel = new ItemMemory();
    return [kernel, new ItemMemory(kernel.shared)];
  };

  test("[R2] an item begins or is taken back, never both", () => {
    const [kernel, thread] = sides();
    for (const at of [0, 1]) kernel.queue(at);
    expect(thread.begin(0)).toBe(true);
    expect([kernel.takeBack(0), kernel.hasBegun(0), kernel.current]).toEqual([false, true, 0]);
    expect(kernel.takeBack(1)).toBe(true);
    expect([thread.begin(1), kernel.hasBegun(1)]).toEqual([false, false]);
    thread.finish(2.5);
    expect([kernel.current, kernel.finished, kernel.busyMs]).toEqual([undefined, 1, 2.5]);
  });

  test("[R2] results arrive in order and whole, however often the memory is full", () => {
    const [kernel, thread] = sides();
    let [written, taken] = [0, 0];
    const valueOf = (at: number): Uint8Array => new Uint8Array((at * 977) % 16_000).fill(at % 251);
    while (taken < 2000) {
      while (thread.write({ at: written, value: valueOf(written), isFanned: written % 2 === 0 })) written++;
      expect(written).toBeGreaterThan(taken);
      for (let n = 0; n < 7 && taken < written; n++) {
        const { at, value, isFanned } = kernel.take() ?? {};
        expect([at, isFanned]).toEqual([taken, taken % 2 === 0]);
        // `toEqual` goes through the bytes one by one.
        expect(Buffer.compare(value ?? Buffer.alloc(0), valueOf(taken))).toBe(0);
        taken++;
      }
    }
  });

  test("[R2] a large result does not go through it", () => {
    const [, thread] = sides();
    expect(thread.write({ at: 0, value: new Uint8Array(100_000), isFanned: false })).toBe(false);
  });
});

describe("items of a message", () => {
  test("[R2] each has its number, its position in the source and its bytes", () => {
    const items = [3, 0, 17].map((length, at) => ({ nth: 40 + at, bytes: new Uint8Array(length).fill(at) }));
    const sent = structuredClone(packItems(5, items));
    expect([...unpackItems(sent)].map(({ at, nth, bytes }) => ({ at, nth, bytes: [...bytes] }))).toEqual(
      items.map(({ nth, bytes }, index) => ({ at: 5 + index, nth, bytes: [...bytes] })),
    );
  });

  const sizeOf = (ms: number, bytes: number): BatchSize => {
    const size = new BatchSize();
    for (let n = 0; n < 30; n++) {
      size.addSize(bytes);
      size.addTime(ms, 1);
    }
    return size;
  };

  test("[R2] one until it is known how long items take, then a few milliseconds of work, and two messages a thread", () => {
    const size = new BatchSize();
    expect([size.count, size.perThread]).toEqual([1, 1]);
    const many = sizeOf(0.01, 10);
    expect([many.count, many.perThread]).toEqual([64, 128]);
    const some = sizeOf(0.9, 10);
    expect([some.count, some.perThread]).toEqual([13, 26]);
    const slow = sizeOf(100, 10);
    expect([slow.count, slow.perThread]).toEqual([1, 1]);
  });

  test("[R2] large items are sent one by one, from the first large one on", () => {
    const size = sizeOf(0.01, 10);
    size.addSize(5_000_000);
    size.addTime(0.01, 1);
    expect([size.count, size.perThread]).toEqual([1, 1]);
  });
});
