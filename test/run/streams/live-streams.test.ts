/** Consumers of a stream that is still being made. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createScript, gate } from "../script";

const sum = async (items: AsyncIterable<number>): Promise<number> => {
  let all = 0;
  for await (const n of items) all += n;
  return all;
};

test("[R7] a consumer starts on the first item, and its result is kept when the producer has ended", async () => {
  const store = path.join(mkdtempSync(path.join(tmpdir(), "live-")), "store");
  const kernel = (jobs?: number) => {
    const script = createScript({ store });
    const read = gate();
    const waits = { read: read.opened, open: () => read.open() };
    const numbers = script.p.stage("numbers", async function* () {
      yield 1;
      if (jobs === undefined) await waits.read;
      yield 2;
    });
    const total = script.p.stage("total", { numbers }, async ({ numbers }) => {
      let all = 0;
      for await (const n of numbers) {
        waits.open();
        all += n;
      }
      return all;
    });
    return { ...script, numbers, total };
  };
  const first = kernel();
  expect(await first.total()).toBe(3);
  expect(first.log()).toEqual(["numbers running", "total running", "numbers succeeded", "total succeeded"]);
  expect(await first.total.status()).toBe("fresh");
  const again = kernel();
  expect(await again.total()).toBe(3);
  expect(again.log()).toEqual(["numbers cached", "total cached"]);
});

test("[R7] the key is the same whether the consumer read a stream that was being made or one from the store", async () => {
  const keys = await Promise.all(
    [1, 4].map(async (jobs) => {
      const { p, log } = createScript();
      const numbers = p.stage("numbers", function* () { for (let n = 0; n < 100; n++) yield { n }; }); // prettier-ignore
      const drawn = p.each("drawn", numbers, ({ n }, { random }) => n + random(), { workers: 3 });
      const total = p.stage("total", { drawn }, async ({ drawn }, { random }) => {
        let all = random();
        for await (const n of drawn) all += n;
        return all;
      });
      const value = await total.run({ jobs });
      return { value, keys: [...(await drawn.history()), ...(await total.history())].map(({ key }) => key), ran: log().length }; // prettier-ignore
    }),
  );
  expect(keys[0]).toEqual(keys[1]);
});

test("[R5] items in flight never exceed the documented bound, however slow the consumer", async () => {
  const { p } = createScript();
  const counts = { made: 0, taken: 0, most: 0 };
  const made = (): void => void (counts.most = Math.max(counts.most, ++counts.made - counts.taken));
  const taken = (): void => void counts.taken++;
  const source = p.stage("source", async function* () {
    for (let n = 0; n < 2000; n++) {
      made();
      yield n;
    }
  });
  const worked = p.each("worked", source, (n) => n, { workers: 5 });
  const slow = p.stage("slow", { worked }, async ({ worked }) => {
    let all = 0;
    for await (const n of worked) {
      taken();
      if (n % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      all += n;
    }
    return all;
  });
  expect(await slow()).toBe((1999 * 2000) / 2);
  // 128 between two stages, twice the workers inside, and one in each hand.
  expect(counts.most).toBeLessThanOrEqual(128 + 10 + 128 + 4);
  expect(counts.most).toBeGreaterThan(100);
});

test("[R7] [R10] breaking out of a consumer stops the source, and the result is not stored", async () => {
  const { p, log } = createScript();
  const closed = gate();
  const ends = { close: () => closed.open() };
  const endless = p.stage("endless", async function* () {
    try {
      for (let n = 0; ; n++) yield n;
    } finally {
      ends.close();
    }
  });
  const first = p.stage("first", { endless }, async ({ endless }) => {
    for await (const n of endless) if (n === 5) return n;
    return -1;
  });
  expect(await first()).toBe(5);
  await closed.opened;
  expect(log()).toEqual(["endless running", "first running", "endless cancelled", "first succeeded"]);
  expect(await first.history()).toEqual([]);
});

test("[R9] a producer that fails ends what reads it, and its error reaches the caller", async () => {
  const { p, log, events } = createScript();
  const broken = p.stage("broken", async function* () {
    for (let n = 0; n < 300; n++) yield n;
    throw new Error("the line broke");
  });
  const kept = p.each("kept", broken, (n) => n);
  const total = p.stage("total", { kept }, ({ kept }) => sum(kept));
  await expect(total()).rejects.toMatchObject({ stage: "broken", cause: { message: "the line broke" } });
  expect([...log()].sort()).toEqual(["broken failed", "broken running", "kept blocked", "kept running", "total blocked", "total running"]); // prettier-ignore
  expect(events.filter((event) => event.type === "stage:succeeded")).toEqual([]);
});

test("[R5] [R9] a throw under full buffers reaches the caller, and its source is stopped", async () => {
  const { p, log } = createScript();
  const never = new Promise<never>(() => undefined);
  const held = { never };
  const endless = p.stage("endless", async function* () { for (let n = 0; ; n++) yield n; }); // prettier-ignore
  const bad = p.each("bad", endless, async (n) => {
      if (n === 300) throw new Error("300 is bad");
      return n;
    }, { workers: 20 }); // prettier-ignore
  const stuck = p.stage("stuck", { bad }, async ({ bad }) => {
    let taken = 0;
    for await (const _ of bad) if (++taken === 200) await held.never;
  });
  await expect(stuck()).rejects.toMatchObject({ stage: "bad", cause: { message: "300 is bad" } });
  expect(log().filter((line) => !line.endsWith("running")).sort()).toEqual(["bad failed", "endless cancelled", "stuck blocked"]); // prettier-ignore
});

test("[R6] two consumers at different speed read one stream; one may change its items", async () => {
  const { p } = createScript();
  const rows = p.stage("rows", function* () { for (let n = 0; n < 1000; n++) yield { n }; }); // prettier-ignore
  const fast = p.stage("fast", { rows }, async ({ rows }) => {
    let all = 0;
    for await (const row of rows) all += row.n++;
    return all;
  });
  const slow = p.stage("slow", { rows }, async ({ rows }) => {
    let all = 0;
    for await (const row of rows) {
      if (row.n % 100 === 0) await sleep(1);
      all += row.n;
    }
    return all;
  });
  const both = p.stage("both", { fast, slow }, ({ fast, slow }) => [fast, slow]);
  expect(await both()).toEqual([499_500, 499_500]);
  expect((await rows.toArray())[7]).toEqual({ n: 7 });
});

test("[R6] a consumer that first reads a value computed from a stream, and then the stream itself, does not deadlock", async () => {
  const { p } = createScript();
  const numbers = p.stage("numbers", function* () { for (let n = 0; n < 5000; n++) yield n; }); // prettier-ignore
  const doubled = p.each("doubled", numbers, (n) => n * 2);
  const compared = p.stage("compared", { numbers, doubled }, async ({ numbers, doubled }) => {
    const own = numbers[Symbol.asyncIterator]();
    await own.next();
    const all = await sum(doubled);
    let rest = 0;
    for (let next = await own.next(); next.done !== true; next = await own.next()) rest += next.value;
    return [all, rest];
  });
  expect(await compared()).toEqual([24_995_000, 12_497_500]);
});

test("[S8] a producer that runs again and makes equal items leaves its consumers fresh", async () => {
  const { p, log } = createScript();
  const unit = p.param("unit", "m");
  const numbers = p.stage("numbers", { unit }, function* ({ unit }) {
    for (let n = 0; n < 10; n++) yield unit === "km" ? (n * 1000) / 1000 : n;
  });
  const total = p.stage("total", { numbers }, ({ numbers }) => sum(numbers));
  await total();
  unit.set("km");
  log();
  expect(await total()).toBe(45);
  expect(log()).toEqual(["numbers running", "numbers succeeded", "total unchanged"]);
});

test("[R10] a run that is stopped ends producers and consumers, and nothing is stored", async () => {
  const { p, log } = createScript();
  const begun = gate();
  const tell = { begun: () => begun.open() };
  const endless = p.stage("endless", async function* () { for (let n = 0; ; n++) yield n; }); // prettier-ignore
  const worked = p.each("worked", endless, (n) => n, { workers: 3 });
  const stuck = p.stage("stuck", { worked }, async ({ worked }) => {
    for await (const n of worked) {
      if (n < 500) continue;
      tell.begun();
      await new Promise(() => undefined);
    }
  });
  const running = stuck();
  await begun.opened;
  p.cancel();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(log().filter((line) => line.endsWith("cancelled")).sort()).toEqual(["endless cancelled", "stuck cancelled", "worked cancelled"]); // prettier-ignore
  for (const stage of [endless, worked, stuck]) expect(await stage.history()).toEqual([]);
});
