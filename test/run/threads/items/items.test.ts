/** Items of an `each` in threads, several in one message: what happens in the middle of one. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { createScript } from "../../script";

const worker = true;
const folder = (): string => mkdtempSync(path.join(tmpdir(), "items-"));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
/** The items that began, in any order. */
const begun = (file: string): number[] => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n").map(Number) : []); // prettier-ignore

describe("several items in one message", () => {
  test("[R2] each item is called once, and results are in order, also when items differ much in time and size", async () => {
    const { p } = createScript();
    const file = path.join(folder(), "begun");
    const items = p.each("items", upTo(3000), (n) => {
        process.getBuiltinModule("node:fs").appendFileSync(file, `${n}\n`);
        if (n % 500 === 7) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
        return n % 400 === 3 ? `${"x".repeat(600_000)}${n}` : n;
      }, { worker, workers: 2 }); // prettier-ignore
    const results = await items.toArray();
    expect(results.map((result) => (typeof result === "string" ? Number(result.slice(600_000)) : result))).toEqual(upTo(3000)); // prettier-ignore
    expect(begun(file).sort((a, b) => a - b)).toEqual(upTo(3000));
  }, 30_000); // prettier-ignore

  test.each([true, false])("[R2] a slow item holds up neither those before it nor those behind it (ordered: %s)", async (ordered) => {
    const { p } = createScript();
    const release = path.join(folder(), "release");
    const slow = 700;
    const items = p.each("items", upTo(1000), (n) => {
        const fs = process.getBuiltinModule("node:fs");
        while (n === slow && !fs.existsSync(release)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
        return n;
      }, { worker, workers: 2, ordered }); // prettier-ignore
    const before = ordered ? slow : 999;
    const reader = p.stage("reader", { items }, async ({ items }) => {
      const seen: number[] = [];
      for await (const item of items) if (seen.push(item) === before) writeFileSync(release, "");
      return seen;
    });
    const seen = await reader();
    expect([...seen].sort((a, b) => a - b)).toEqual(upTo(1000));
    expect(seen.indexOf(slow)).toBe(before);
  }, 30_000); // prettier-ignore

  test("[R9] one that throws fails the stage with its error, and its thread begins no other", async () => {
    const { p } = createScript();
    const file = path.join(folder(), "begun");
    const items = p.each("items", upTo(5000), (n) => {
        process.getBuiltinModule("node:fs").appendFileSync(file, `${n}\n`);
        if (n === 2000) throw new RangeError("no 2000");
        return n;
      }, { worker, workers: 1 }); // prettier-ignore
    await expect(items.toArray()).rejects.toMatchObject({ cause: { name: "RangeError", message: "no 2000" } });
    expect(begun(file)).toEqual(upTo(2001));
  });

  test("[R10] cancelled in the middle, the item that runs sees it, and the others do not begin", async () => {
    const { p, events } = createScript();
    const file = path.join(folder(), "begun");
    const seen = `${file}-cancelled`;
    const items = p.each("items", upTo(5000), async (n, { log, signal }) => {
        process.getBuiltinModule("node:fs").appendFileSync(file, `${n}\n`);
        if (n !== 1000) return n;
        log.info("waits");
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        process.getBuiltinModule("node:fs").writeFileSync(seen, "");
        throw signal.reason;
      }, { worker, workers: 1 }); // prettier-ignore
    const running = items.run();
    const lines = (): string[] =>
      events.flatMap((event) => (event.type === "log:written" ? [event.record.message] : []));
    p.events$.subscribe(() => lines().includes("waits") && running.cancel());
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    await expect.poll(() => existsSync(seen), { timeout: 5000 }).toBe(true);
    expect(begun(file)).toEqual(upTo(1001));
  });

  test("[R9] a thread that dies fails the item that it processed; after a retry no result is lost or double", async () => {
    const { p, log } = createScript();
    const marker = path.join(folder(), "marker");
    const items = p.each("items", upTo(2000), (n) => {
        const fs = process.getBuiltinModule("node:fs");
        if (n === 1500 && !fs.existsSync(marker)) { fs.writeFileSync(marker, ""); process.exit(3); }
        return n;
      }, { worker, workers: 2, retries: 1 }); // prettier-ignore
    expect(await items.toArray()).toEqual(upTo(2000));
    expect(existsSync(marker)).toBe(true);
    expect(log().at(-1)).toBe("items succeeded");
  }, 30_000); // prettier-ignore

  test("[R9] a thread that dies between two items fails none: the others are processed elsewhere, each once", async () => {
    const { p, log } = createScript();
    const file = path.join(folder(), "begun");
    const items = p.each("items", upTo(400), (n) => {
        process.getBuiltinModule("node:fs").appendFileSync(file, `${n}\n`);
        if (n === 100) setTimeout(() => process.exit(3), 1);
        const until = performance.now() + 1;
        while (performance.now() < until);
        return n;
      }, { worker, workers: 2 }); // prettier-ignore
    expect(await items.toArray()).toEqual(upTo(400));
    expect(begun(file).sort((a, b) => a - b)).toEqual(upTo(400));
    expect(log()).toEqual(["items running", "items succeeded"]);
  }, 30_000); // prettier-ignore

  test("[R4] what an item logs arrives before its result", async () => {
    const { p, events } = createScript();
    const items = p.each("items", upTo(300), (n, { log }) => { if (n % 3 === 0) log.info(`item ${n}`); return n; }, { worker, workers: 2 }); // prettier-ignore
    const missing: number[] = [];
    const reader = p.stage("reader", { items }, async ({ items }) => {
      const logged = (n: number): boolean => events.some((event) => event.type === "log:written" && event.record.message === `item ${n}`); // prettier-ignore
      for await (const n of items) if (n % 3 === 0 && !logged(n)) missing.push(n);
    });
    await reader();
    expect(missing).toEqual([]);
  });

  test("[R4] listeners on the signal do not accumulate", async () => {
    const { p, events } = createScript();
    const items = p.each("items", upTo(500), (n, { signal }) => { signal.addEventListener("abort", () => undefined); return n; }, { worker, workers: 1 }); // prettier-ignore
    expect(await items.toArray()).toEqual(upTo(500));
    expect(events.filter((event) => event.type === "log:written")).toEqual([]);
  });
});
