import { expect, test } from "vitest";
import { createScript, gate } from "../script";
import type { StagebookError } from "stagebook";

test("[D8] the shared ancestor of a diamond runs once", async () => {
  const { p, log } = createScript();
  const a = p.stage("a", () => 1);
  const b = p.stage("b", { a }, ({ a }) => a + 1);
  const c = p.stage("c", { a }, ({ a }) => a + 2);
  const d = p.stage("d", { b, c }, ({ b, c }) => b * c);
  expect(await d()).toBe(6);
  expect(
    log()
      .filter((line) => line.endsWith("running"))
      .sort(),
  ).toEqual(["a running", "b running", "c running", "d running"]);
  expect(await d()).toBe(6);
  expect(log()).toEqual(["a cached", "b cached", "c cached", "d cached"]);
});

test("[R1] independent stages are under way at the same time, at most `jobs` of them", async () => {
  const { p } = createScript();
  const gates = [gate(), gate(), gate()];
  let inFlight = 0;
  let most = 0;
  const started = gate();
  const stages = gates.map((each, index) =>
    p.stage(`s${index}`, async () => {
      most = Math.max(most, ++inFlight);
      if (inFlight === 2) started.open();
      await each.opened;
      inFlight--;
      return index;
    }),
  );
  const all = p.stage("all", stages, (values) => values.length);
  const run = all.run({ jobs: 2 });
  await started.opened;
  for (const each of gates) each.open();
  expect(await run).toBe(3);
  expect(most).toBe(2);
});

test("[R9] [Y3] the first error stops what depends on it, lets the rest finish, reaches the caller and fails the run", async () => {
  const { p, events, log } = createScript();
  const bad = p.stage("bad", () => {
    throw new TypeError("no such column");
  });
  const below = p.stage("below", { bad }, () => 1);
  const other = p.stage("other", () => 2);
  p.stage("all", { below, other }, () => 3);
  const error: unknown = await p.run().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "stage-failed", stage: "bad", cause: { message: "no such column" } });
  expect([...log()].sort()).toEqual([
    "all blocked",
    "bad failed",
    "bad running",
    "below blocked",
    "other running",
    "other succeeded",
  ]);
  expect(events.find((event) => event.type === "run:ended")).toMatchObject({
    status: "failed",
    error: { message: "no such column" },
  });
});

test("[S16] a failing stage is not cached, its ancestors are, and a retry runs only it", async () => {
  const { p, log } = createScript();
  const broken = { now: true };
  const a = p.stage("a", () => 1);
  const b = p.stage("b", { a, broken: p.param("broken", true) }, ({ a, broken }) => {
    if (broken) throw new Error("broken");
    return a;
  });
  await expect(b()).rejects.toThrow("broken");
  log();
  await expect(b()).rejects.toThrow("broken");
  expect(log()).toEqual(["a cached", "b running", "b failed"]);
  expect(broken.now).toBe(true);
});

test("[R10] an aborted run ends at once, also when the stage ignores the signal, and stores nothing", async () => {
  const { p, log } = createScript();
  const started = gate();
  const never = gate();
  const slow = p.stage("slow", async () => {
    started.open();
    await never.opened;
    return 1;
  });
  const running = slow();
  await started.opened;
  p.cancel();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  never.open();
  expect(log()).toEqual(["slow running", "slow cancelled"]);
  expect(await slow.status()).toBe("cancelled");
  await expect(slow.load()).rejects.toMatchObject({ code: "no-result" });
});

test("[R10] cancelling one call leaves another caller of the same work its result", async () => {
  const { p } = createScript();
  const started = gate();
  const go = gate();
  let executed = 0;
  const slow = p.stage("slow", async () => {
    executed++;
    started.open();
    await go.opened;
    return 7;
  });
  const first = slow();
  await started.opened;
  const second = slow();
  first.cancel();
  await expect(first).rejects.toMatchObject({ code: "cancelled" });
  go.open();
  expect(await second).toBe(7);
  expect(executed).toBe(2);
});

test("equal code on equal inputs runs once, and both stages end", async () => {
  const { p, log } = createScript();
  const make = (name: string): ReturnType<typeof p.stage<Promise<number>>> =>
    p.stage(name, async () => {
      await Promise.resolve();
      return 42;
    });
  const one = make("one");
  const two = make("two");
  const both = p.stage("both", { one, two }, ({ one, two }) => one + two);
  expect(await both()).toBe(84);
  expect(
    log()
      .filter((line) => /^(one|two) (running|shared|cached)$/.test(line))
      .sort(),
  ).toEqual(["one running", "two shared"]);
});

test('[D6] constant, parameter, stage, resource, callback and file inputs are resolved when the stage runs; 0, "", null and false are values', async () => {
  const { computed, file, resource } = await import("stagebook");
  const { p } = createScript();
  const opened: string[] = [];
  const db = resource("db", () => ({ query: () => (opened.push("query"), 5) }), {
    close: () => void opened.push("closed"),
  });
  const limit = p.param("limit", 3);
  const up = p.stage("up", () => null);
  const out = p.stage(
    "out",
    {
      zero: 0,
      empty: "",
      nothing: null,
      no: false,
      limit,
      up,
      db,
      year: computed(() => 1999),
      self: file(import.meta.filename),
      nested: { list: [limit, 1] },
    },
    async (all) => ({
      zero: all.zero,
      empty: all.empty,
      nothing: all.nothing,
      no: all.no,
      limit: all.limit,
      up: all.up,
      rows: all.db.query(),
      year: all.year,
      lines: (await all.self.text()).length > 0,
      nested: all.nested,
    }),
  );
  expect(await out()).toEqual({
    zero: 0,
    empty: "",
    nothing: null,
    no: false,
    limit: 3,
    up: null,
    rows: 5,
    year: 1999,
    lines: true,
    nested: { list: [3, 1] },
  });
  expect(opened).toEqual(["query", "closed"]);
});

test("a callback's value counts, and is asked for once in a run", async () => {
  const { computed } = await import("stagebook");
  const { p, log } = createScript();
  let asked = 0;
  const day = { now: 1 };
  const today = computed(() => (asked++, day.now));
  const a = p.stage("a", { today }, ({ today }) => today);
  const b = p.stage("b", { today, a }, ({ today, a }) => today + a);
  expect(await b()).toBe(2);
  day.now = 2;
  expect(await b()).toBe(4);
  log();
  asked = 0;
  await b();
  expect(log()).toEqual(["a cached", "b cached"]);
  // Once for the plan before, once for the run.
  expect(asked).toBeLessThanOrEqual(3);
});

test("[P7] [P9] other parameter values for one use, then back", async () => {
  const { p, log } = createScript();
  const limit = p.param("limit", 1);
  const a = p.stage("a", { limit }, ({ limit }) => limit * 10);
  const b = p.stage("b", { a }, ({ a }) => a + 1);
  expect(await b.with({ limit: 5 })()).toBe(51);
  expect(await b()).toBe(11);
  expect(limit.value).toBe(1);
  log();
  expect(await b.with({ limit: 5 })()).toBe(51);
  expect(log()).toEqual(["a cached", "b cached"]);
  expect(() => b.with({ limits: 5 })).toThrow(/parameter "limits" does not exist/);
  expect(() => b.with({ limit: "x" })).toThrow(/must be number/);
});

test("[S15] a cycle is named as a path and nothing runs", async () => {
  const { p, log } = createScript();
  p.stage("a", () => 1);
  const later: { b?: () => Promise<number> } = {};
  const a = p.stage("a", async () => (await later.b?.()) ?? 0);
  later.b = p.stage("b", { a }, ({ a }) => a);
  await expect(a()).rejects.toMatchObject({
    code: "cycle",
    message: expect.stringMatching(/a → b → a|b → a → b/) as string,
  });
  expect(log()).toEqual([]);
});

test("[Y4] a received value changed by one consumer is unchanged for the next", async () => {
  const { p } = createScript();
  const rows = p.stage("rows", () => [{ n: 1 }]);
  const spoil = p.stage("spoil", { rows }, ({ rows }) => {
    rows[0]!.n = 99;
    return rows.length;
  });
  const use = p.stage("use", { rows, spoil }, ({ rows }) => rows[0]!.n);
  expect(await use()).toBe(1);
  const mine = await rows();
  mine[0]!.n = 5;
  expect((await rows())[0]!.n).toBe(1);
});

test("a value that the stage itself changes while it runs is returned and not stored", async () => {
  const { p, events } = createScript();
  const memo = new Map<string, number>();
  const a = p.stage("a", () => {
    memo.set(`k${memo.size}`, 1);
    return memo.size;
  });
  expect(await a()).toBe(1);
  expect(
    events.some((event) => event.type === "log:written" && /changed while it ran/.test(event.record.message)),
  ).toBe(true);
  expect(await a.status()).toBe("stale");
  expect(await a()).toBe(2);
});

test("[Y1] an output that cannot be kept is refused with its path", async () => {
  const { p } = createScript();
  class Point {
    x = 1;
  }
  const a = p.stage("a", () => ({ list: [1, new Point()] }));
  await expect(a()).rejects.toMatchObject({
    code: "not-storable",
    message: expect.stringContaining("list[1]") as string,
  });
});

test("[Y1] the advice for an output that cannot be kept is a way that works, and no other", async () => {
  const { p } = createScript();
  class Point {
    constructor(readonly x: number) {}
  }
  const codec = {
    name: "point",
    encode: ({ x }: Point) => Uint8Array.of(x),
    decode: ([x = 0]: Uint8Array) => new Point(x),
  };
  const { advice } = (await p
    .stage("a", () => new Point(7))()
    .catch((error: unknown) => error)) as StagebookError;
  expect(advice).toBe("Return plain data, or set a codec that supports it (option `codec`).");
  expect(await p.stage("b", () => new Point(7), { codec })()).toEqual(new Point(7));
  // The value is encoded without a store too: stages downstream need its digest.
  await expect(p.stage("c", () => new Point(7), { cache: false })()).rejects.toMatchObject({ code: "not-storable" });
});

test("random() repeats for the same key and differs for another seed", async () => {
  const { p } = createScript();
  const make = (seed: number): Promise<number[]> =>
    p.stage("r", ({ random }) => [random(), random()], { seed }).run({ force: true });
  const first = await make(1);
  expect(await make(1)).toEqual(first);
  expect(await make(2)).not.toEqual(first);
  expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
});

test("[D12] a stage reads its own earlier output without a cycle", async () => {
  const { p } = createScript();
  const step = p.param("step", 1);
  const count = p.stage("count", { step }, async ({ step }, { previous }) => ((await previous<number>()) ?? 0) + step);
  expect(await count()).toBe(1);
  step.set(10);
  expect(await count()).toBe(11);
});

test("[O5] each stage is planned, then running, then ends once", async () => {
  const { p, events } = createScript();
  const a = p.stage("a", ({ log }) => {
    log.info("working", { step: 1 });
    return 1;
  });
  expect(await a()).toBe(1);
  const own = events.flatMap((event) =>
    ("stage" in event && event.stage === "a") || (event.type === "log:written" && event.record.stage === "a")
      ? [event.type]
      : [],
  );
  expect(own.filter((type) => type !== "stage:defined")).toEqual([
    "stage:planned",
    "stage:running",
    "log:written",
    "stage:succeeded",
  ]);
  expect(events.map((event) => event.seq)).toEqual(events.map((_event, index) => events[0]!.seq + index));
});

test("[O5] a listener that prints the events prints to its own output, and ends", async () => {
  const { p, events } = createScript();
  p.events$.subscribe((event) => event.type.startsWith("stage:") && console.debug(`event ${event.type}`));
  await p.stage("a", () => console.debug("from the stage"))();
  const lines = events.flatMap((event) => (event.type === "log:written" ? [event.record.message] : []));
  expect(lines.filter((line) => /event|from the stage/.test(line))).toEqual(["from the stage"]);
});
