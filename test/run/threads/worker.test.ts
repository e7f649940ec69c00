/** Stages in threads: what they read and write, how they end, how they are stopped. What can be shipped: `worker-kinds.test.ts`. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { computed, file, resource } from "stagebook";
import { orHeavy, part } from "../../rig/part";
import { createScript } from "../script";

const folder = (): string => mkdtempSync(path.join(tmpdir(), "worker-"));
const worker = true;

describe.each(part(["disk", "memory", "none"], 1))("threads and the store %s", (kind) => {
  const open = () => createScript({ store: kind === "disk" ? path.join(folder(), "store") : kind });

  test("[R4] inputs of every kind arrive by value, and the output comes back", async () => {
    const { p } = open();
    const source = path.join(folder(), "rows.txt");
    writeFileSync(source, "a\nb\n");
    const limit = p.param("limit", { most: 5 });
    const numbers = p.stage("numbers", () => new Float64Array([1.5, -0, NaN]), { worker });
    const stream = p.stage("stream", function* () { for (let n = 0; n < 5_000; n++) yield { n }; }); // prettier-ignore
    const parts = p.stage("parts", () => ({ left: [1], right: new Map([["k", 2n]]) }));
    const inputs = { numbers, limit, src: file(source), year: computed(() => 2026), stream, deep: [{ right: parts.output("right"), plain: /x/g }] }; // prettier-ignore
    const all = p.stage(
      "all",
      inputs,
      async ({ numbers, limit, src, year, stream, deep }) => {
        let sum = 0;
        for await (const { n } of stream) sum += n;
        const lines: string[] = [];
        for await (const line of src.lines()) lines.push(line);
        return { numbers, limit, text: await src.text(), lines, year, sum, deep };
      },
      { worker },
    );
    expect(await all()).toEqual({
      numbers: new Float64Array([1.5, -0, NaN]),
      limit: { most: 5 },
      text: "a\nb\n",
      lines: ["a", "b"],
      year: 2026,
      sum: (5_000 * 4_999) / 2,
      deep: [{ right: new Map([["k", 2n]]), plain: /x/g }],
    });
  });

  test("[R4] a thread has the time zone that the kernel has now", async () => {
    const zone = process.env.TZ;
    const hours = (): number => new Date(0).getHours();
    try {
      for (const [TZ, expected] of [
        ["UTC", 0],
        ["Asia/Tokyo", 9],
        ["America/New_York", 19],
        ["UTC", 0],
      ] as const) {
        // prettier-ignore
        process.env.TZ = TZ;
        const { p } = open();
        const items = p.each(
          "items",
          p.stage("zones", () => [1, 2]),
          hours,
          { worker },
        );
        expect([await p.stage("hours", hours, { worker })(), await items.toArray()]).toEqual([expected, [expected, expected]]); // prettier-ignore
      }
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test("[R4] a large typed array goes in and comes back as it is", async () => {
    const { p } = open();
    const length = orHeavy(2_000_000, 6_000_000);
    const made = p.stage("made", { length }, ({ length }) => Float64Array.from({ length }, (_, n) => n / 3), {
      worker,
    });
    const sum = p.stage("sum", { made }, ({ made }) => [made.length, made.reduce((all, n) => all + n, 0)], { worker });
    const value = await made();
    expect([value.length, value.at(-1)]).toEqual([length, (length - 1) / 3]);
    expect(await sum()).toEqual([length, value.reduce((all, n) => all + n, 0)]);
  });

  test("[R3] a generator in a thread streams its items into the store", async () => {
    const { p } = open();
    const words = p.stage("words", async function* () { for (let n = 0; n < 10_000; n++) yield `word ${n}`; }, { worker }); // prettier-ignore
    const list = await words.toArray();
    expect([list.length, list[9_999]]).toEqual([10_000, "word 9999"]);
  });

  test("[D12] [C7] [D7] previous output, files and named outputs work in a thread", async () => {
    const { p } = open();
    const define = (version: string) =>
      p.stage(
        "report",
        async ({ previous, fileOut }) => {
          const { writeFileSync } = process.getBuiltinModule("node:fs");
          const before = await previous<{ text: string }>();
          const target = fileOut("report.txt");
          writeFileSync(target, `after ${before?.text ?? "nothing"}`);
          return { text: version, target };
        },
        { worker, version, outputs: ["text", "target"] },
      );
    expect(readFileSync((await define("1")()).target, "utf8")).toBe("after nothing");
    if (kind !== "none") expect(readFileSync((await define("2")()).target, "utf8")).toBe("after 1");
  });

  test("[C9] a codec of the user's own encodes in the thread", async () => {
    const { p } = open();
    class Point {
      constructor(readonly x: number) {}
    }
    const point = {
      name: "point",
      encode: (value: unknown) => Buffer.from(String((value as Point).x)),
      decode: (bytes: Uint8Array) => new Point(Number(Buffer.from(bytes).toString())),
    };
    const a = p.stage("a", () => new Point(7), { worker, codec: point });
    const b = p.stage("b", { a }, ({ a }) => [a instanceof Point, a.x], { worker });
    expect(await a()).toBeInstanceOf(Point);
    expect(await b()).toEqual([true, 7]);
    expect(await p.stage("json", () => ({ n: 1 }), { worker, codec: "json" })()).toEqual({ n: 1 });
    await expect(p.stage("bad", () => new Map(), { worker, codec: "json" })()).rejects.toMatchObject({ code: "not-storable" }); // prettier-ignore
  });

  test("[R4] a stage that keeps nothing runs in a thread too, and hands its value on", async () => {
    const { p } = open();
    const loose = p.stage("loose", () => new Uint8Array(3_000_000).fill(7), { worker, cache: false });
    expect(await p.stage("next", { loose }, ({ loose }) => loose[2_999_999], { worker })()).toBe(7);
  });
});

test("[R4] it runs outside of the kernel's thread, and captured objects are copies", async () => {
  const { p } = createScript();
  const seen: number[] = [1];
  const a = p.stage(
    "a",
    () => {
      seen.push(2);
      return [process.getBuiltinModule("node:worker_threads").isMainThread, seen];
    },
    { worker },
  );
  expect(await a()).toEqual([false, [1, 2]]);
  expect(seen).toEqual([1]);
});

test("[R4] two CPU-bound stages really work at the same time, and the event loop turns meanwhile", async () => {
  const { p } = createScript();
  const meeting = folder();
  // Each is busy until it sees the other: one after the other they would never end.
  const define = (name: string, other: string) =>
    p.stage(
      name,
      () => {
        const { existsSync, writeFileSync } = process.getBuiltinModule("node:fs");
        writeFileSync(`${meeting}/${name}`, "");
        for (let n = 0; ; n++) if (n % 100_000 === 0 && existsSync(`${meeting}/${other}`)) return name;
      },
      { worker },
    );
  const [left, right] = [define("left", "right"), define("right", "left")];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await p.run();
  clearInterval(timer);
  expect([await left(), await right()]).toEqual(["left", "right"]);
  expect(turns).toBeGreaterThan(5);
});

test("[R4] the key is the same with and without worker, and so are random numbers", async () => {
  const { p, log } = createScript();
  const define = (worker: boolean) => p.stage("dice", ({ random }) => [random(), random()], { worker, seed: 5 });
  const inThread = await define(true)();
  expect(await define(false)()).toEqual(inThread);
  expect(log()).toEqual(["dice running", "dice succeeded", "dice cached"]);
  expect(await define(false).run({ force: true })).toEqual(inThread);
});

test("[Y3] errors keep class, name, stack, fields and cause; other thrown values arrive as they are", async () => {
  const { p } = createScript();
  const fails = (name: string, fn: () => unknown) => p.stage(name, fn, { worker })().then(() => undefined, (error: unknown) => (error as Error).cause); // prettier-ignore
  const error = await fails("a", () => {
    const inner = Object.assign(new TypeError("inner"), { code: "E_IN", at: { row: 5 } });
    throw new RangeError("outer", { cause: inner });
  });
  expect(error).toBeInstanceOf(RangeError);
  expect(error).toMatchObject({ message: "outer", cause: { message: "inner", code: "E_IN", at: { row: 5 } } });
  expect((error as Error).cause).toBeInstanceOf(TypeError);
  expect((error as Error).stack).toMatch(/worker\.test\.ts:\d+/);
  expect((error as Error).stack).not.toMatch(/kernel-lib|piscina/);
  class Odd extends Error {
    override name = "Odd";
  }
  expect(await fails("b", () => { throw new Odd("odd"); })).toMatchObject({ name: "Odd", message: "odd" }); // prettier-ignore
  expect(await fails("c", () => { throw { plain: 1 } as unknown as Error; })).toEqual({ plain: 1 }); // prettier-ignore
});

test("[O4] what is logged and printed in a thread is the stage's, with the fields that it names", async () => {
  const { p, events } = createScript();
  const limit = p.param("limit", 5);
  const talks = p.stage(
    "talks",
    { limit },
    ({ limit }, { log, progress }) => {
      log.warn("a", { x: limit });
      console.error("b %d", 1);
      for (const n of progress([1, 2, 3])) void n;
    },
    { worker, logged: ["limit"] },
  );
  await talks();
  const lines = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
  expect(lines.map(({ stage, level, message, fields, source }) => [stage, level, message, fields, source])).toEqual([
    ["talks", "warn", "a", { limit: 5, x: 5 }, "log"],
    ["talks", "error", "b 1", { limit: 5 }, "console"],
  ]);
  expect(events.filter((event) => event.type === "stage:progress").at(-1)).toMatchObject({ done: 3, total: 3 });
});

test("[O4] a rejected promise that nobody awaits is a line of its stage, and fails no stage", async () => {
  const { p, events } = createScript();
  const stray = p.stage("stray", async () => { void Promise.reject(new Error("lost")); await new Promise((go) => setTimeout(go, 10)); return 1; }, { worker }); // prettier-ignore
  expect(await stray()).toBe(1);
  const lines = events.flatMap((event) => (event.type === "log:written" ? [event.record] : []));
  expect(lines).toMatchObject([{ stage: "stray", level: "error", message: expect.stringContaining("Error: lost") as string }]); // prettier-ignore
});

test("[D5] a stage that the function reads by name is requested from the kernel, and runs first", async () => {
  const { p, log } = createScript();
  const limit = p.param("limit", 3);
  const base = p.stage("base", () => [1, 2, 3, 4, 5], { worker });
  const few = p.stage("few", async () => (await base()).slice(0, limit.value), { worker });
  expect(await few()).toEqual([1, 2, 3]);
  expect(log()).toEqual(["base running", "base succeeded", "few running", "few succeeded"]);
  limit.set(2);
  expect(await few()).toEqual([1, 2]);
});

test("[R11] a resource does not cross over, and the error says what to do", async () => {
  const { p } = createScript();
  const db = resource("db", () => ({ query: () => 1 }));
  const a = p.stage("a", { db }, ({ db }) => db.query(), { worker });
  await expect(a()).rejects.toMatchObject({ code: "not-shippable", message: expect.stringContaining('`db` is the resource "db"') as string, advice: expect.stringContaining("inside") as string }); // prettier-ignore
});

describe("inputs that are not what they were", () => {
  test.each([
    ["gone", (blob: string) => rmSync(blob)],
    ["damaged", (blob: string) => { chmodSync(blob, 0o600); writeFileSync(blob, "?".repeat(readFileSync(blob).byteLength)); }], // prettier-ignore
  ])("[C11] a value that is %s is recomputed for a thread, once", async (_what, spoil) => {
    const store = path.join(folder(), "store");
    const define = ({ p }: ReturnType<typeof createScript>) => {
      const large = p.stage("large", () => "x".repeat(200_000));
      return p.stage("size", { large }, ({ large }) => large.length, { worker });
    };
    const first = createScript({ store });
    await first.p.stage("large", () => "x".repeat(200_000))();
    const blobs = readdirSync(path.join(store, "blobs-v1"), { recursive: true, withFileTypes: true }).filter((each) => each.isFile()); // prettier-ignore
    for (const blob of blobs) spoil(path.join(blob.parentPath, blob.name));
    const again = createScript({ store });
    expect(await define(again)()).toBe(200_000);
    expect(again.log().filter((line) => line === "large running")).toHaveLength(1);
  });

  test("[Y4] a stored value that its stage finds invalid is recomputed before a thread reads it", async () => {
    const store = path.join(folder(), "store");
    const bad = createScript({ store });
    await bad.p.stage("rows", () => [1])();
    const { p } = createScript({ store });
    const rows = p.stage("rows", () => [1], { validate: (value: readonly number[]) => value.length === 1 });
    expect(await p.stage("sum", { rows }, ({ rows }) => rows.length, { worker })()).toBe(1);
  });

  test("[Y6] what a stage returns in a thread is validated in the kernel, and hooks are called", async () => {
    const { p, log } = createScript();
    const saved: unknown[] = [];
    const good = p.stage("good", () => [1, 2], { worker, validate: (value) => (value as readonly unknown[]).length === 2, onSave: (value) => saved.push(value) }); // prettier-ignore
    expect(await good()).toEqual([1, 2]);
    expect(saved).toEqual([[1, 2]]);
    const bad = p.stage("bad", () => [1], { worker, validate: (value) => (value as readonly unknown[]).length === 2 });
    await expect(bad()).rejects.toMatchObject({ code: "invalid-output" });
    expect(log().at(-1)).toBe("bad failed");
  });
});

describe("crashes", () => {
  test.each([
    ["process.exit", () => process.exit(3), /called process\.exit, code 3/],
    ["an error of a timer", () => new Promise(() => setTimeout(() => { throw new Error("from a timer"); }, 1)), /from a timer/], // prettier-ignore
  ])("[R9] %s fails its stage alone", async (_what, fn, message) => {
    const { p, log } = createScript();
    p.stage("bad", fn as () => unknown, { worker });
    p.stage("good", () => { const from = Date.now(); while (Date.now() - from < 300); return 1; }, { worker }); // prettier-ignore
    await expect(p.run()).rejects.toMatchObject({ code: "worker-crashed", message: expect.stringMatching(message) as string }); // prettier-ignore
    expect([...log()].sort()).toEqual(["bad failed", "bad running", "good running", "good succeeded"]);
    // The next stage gets a thread as if nothing had been.
    expect(await p.stage("next", () => 5, { worker })()).toBe(5);
  });

  test("[R9] what a stage left behind fails no later stage", async () => {
    const { p } = createScript();
    await p.stage("leaves", () => { setTimeout(() => { throw new Error("late"); }, 30); return 1; }, { worker })(); // prettier-ignore
    const after = ["one", "two"].map((name) => p.stage(name, () => new Promise((done) => setTimeout(() => done(name), 100)), { worker })); // prettier-ignore
    expect(await Promise.all(after.map((stage) => stage()))).toEqual(["one", "two"]);
  });
});

describe("stopping", () => {
  test("[R10] a stage that never looks at its signal is ended within a second, and stores nothing", async () => {
    const { p, log } = createScript();
    const endless = p.stage("endless", ({ log }) => { log.info("in"); for (;;); }, { worker }); // prettier-ignore
    const begun = new Promise<void>((go) => p.events$.subscribe((event) => event.type === "log:written" && go()));
    const running = endless();
    void begun.then(() => running.cancel());
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    expect(log()).toEqual(["endless running", "endless cancelled"]);
    expect(await endless.history()).toEqual([]);
  });

  test("[R10] a stage that listens to its signal tidies up, and its thread lives on", async () => {
    const { p, events } = createScript();
    const polite = p.stage(
      "polite",
      ({ signal, log }) =>
        new Promise((_done, fail) => {
          signal.addEventListener("abort", () => {
            log.info("tidied", { why: (signal.reason as { code: string }).code });
            fail(signal.reason as Error);
          });
          log.info("in");
        }),
      { worker },
    );
    const running = polite();
    p.events$.subscribe((event) => event.type === "log:written" && event.record.message === "in" && running.cancel());
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    const lines = events.flatMap((event) => (event.type === "log:written" ? [[event.record.message, event.record.fields]] : [])); // prettier-ignore
    expect(lines).toContainEqual(["tidied", { why: "cancelled" }]);
  });

  test("[R8] a time limit ends a thread, and another attempt gets a new one", async () => {
    const { p } = createScript();
    const slow = p.stage("slow", () => { for (;;); }, { worker, timeoutMs: 100, retries: 1 }); // prettier-ignore
    await expect(slow()).rejects.toMatchObject({ code: "timeout" });
  });
});
