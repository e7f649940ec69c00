/** `each` with `worker: true`: its function in threads, item by item. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { file } from "stagebook";
import { createScript } from "../script";

const worker = true;

describe("each in threads", () => {
  test("[R2] [R4] items have the same results as in the kernel: order, inputs, fan-out, random numbers", async () => {
    const { p } = createScript();
    const source = path.join(mkdtempSync(path.join(tmpdir(), "worker-each-")), "factor.txt");
    writeFileSync(source, "10");
    const factor = p.param("factor", { by: 3 });
    const rows = p.stage("rows", () => Array.from({ length: 30 }, (_, n) => ({ n, label: new Map([["n", n]]) })));
    const define = (name: string, inThreads: boolean) => [
      p.each(`${name} scaled`, rows, { factor, src: file(source) }, async (row, { factor, src }, { random }) => [row.n * factor.by * Number(await src.text()), row.label, random()], { worker: inThreads, workers: 4 }), // prettier-ignore
      p.each(`${name} fanned`, rows, function* ({ n }) { yield n; yield -n; }, { worker: inThreads, workers: 3 }), // prettier-ignore
      p.each(`${name} later`, rows, async function* ({ n }) { if (n % 2 === 0) yield { n }; }, { worker: inThreads }), // prettier-ignore
    ];
    const inKernel = await Promise.all(define("a", false).map((stage) => stage.run({ force: true })));
    const inThreads = await Promise.all(define("b", true).map((stage) => stage.run({ force: true })));
    for (const [at, stream] of inThreads.entries())
      expect(await stream.toArray()).toEqual(await inKernel[at]!.toArray());
  });

  test("[R4] it runs outside of the kernel's thread, logs under its name, and the key is the same", async () => {
    const { p, events, log } = createScript();
    const define = (worker: boolean) =>
      p.each("items", [1, 2, 3], (n, { log }) => { log.info(`item ${n}`); return process.getBuiltinModule("node:worker_threads").isMainThread; }, { worker, workers: 2 }); // prettier-ignore
    expect(await define(true).toArray()).toEqual([false, false, false]);
    const lines = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
    expect(lines.map(({ stage, message }) => `${stage} ${message}`).sort()).toEqual(["items item 1", "items item 2", "items item 3"]); // prettier-ignore
    expect(await define(false).toArray()).toEqual([false, false, false]);
    expect(log().at(-1)).toBe("items cached");
  });

  test("[R2] as many items as workers are in flight, more than there are cores", async () => {
    const { p } = createScript();
    const meeting = mkdtempSync(path.join(tmpdir(), "worker-each-"));
    // Each blocks its thread until all eight have come.
    const items = p.each("items", Array.from({ length: 8 }, (_, n) => n), (n) => {
        const fs = process.getBuiltinModule("node:fs");
        fs.writeFileSync(`${meeting}/${n}`, "");
        while (fs.readdirSync(meeting).length < 8) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        return n;
      }, { worker, workers: 8 }); // prettier-ignore
    expect(await items.toArray()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("[R9] an item that throws, crashes its thread or returns a value that cannot be stored fails the stage, with the reason", async () => {
    const { p } = createScript();
    const list = [1, 2, 3];
    const reason = (name: string, fn: (n: number) => unknown) => p.each(name, list, fn, { worker, workers: 2 }).toArray().then(() => undefined, (error: unknown) => error); // prettier-ignore
    expect(await reason("throws", (n) => { if (n === 2) throw new RangeError("two"); return n; })).toMatchObject({ cause: { name: "RangeError", message: "two" } }); // prettier-ignore
    expect(await reason("crashes", (n) => (n === 2 ? process.exit(4) : n))).toMatchObject({ code: "worker-crashed" });
    expect(await reason("gives", () => ({ f: () => 1 }))).toMatchObject({ code: "not-storable" });
    let count = 0;
    expect(await reason("assigns", () => count++)).toMatchObject({ code: "not-shippable", message: expect.stringContaining("`count`") as string }); // prettier-ignore
  });

  test("[R10] stopped, its threads are ended within a second", async () => {
    const { p, log } = createScript();
    const endless = p.each("endless", [1, 2], (_n, { log }) => { log.info("in"); for (;;); }, { worker, workers: 2 }); // prettier-ignore
    let isStopped = false;
    const running = endless.run();
    p.events$.subscribe((event) => {
      if (event.type !== "log:written" || event.record.message !== "in" || isStopped) return;
      isStopped = true;
      running.cancel();
    });
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(log()).toEqual(["endless running", "endless cancelled"]);
  });

  test("[R2] with cacheItems one new item calls the function once", async () => {
    const { p, events } = createScript();
    const list = p.param("list", [1, 2, 3]);
    const items = p.each("items", list, (n, { log }) => { log.info(`item ${n}`); return n * 2; }, { worker, cacheItems: true }); // prettier-ignore
    expect(await items.toArray()).toEqual([2, 4, 6]);
    list.set([1, 2, 3, 4]);
    const before = events.length;
    expect(await items.toArray()).toEqual([2, 4, 6, 8]);
    const called = events.slice(before).flatMap((event) => (event.type === "log:written" && event.record.source === "log" ? [event.record.message] : [])); // prettier-ignore
    expect(called).toEqual(["item 4"]);
  });
});
