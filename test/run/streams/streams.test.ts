import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { from } from "rxjs";
import { describe, expect, test } from "vitest";
import { createScript } from "../script";

const diskStore = (): string => path.join(mkdtempSync(path.join(tmpdir(), "streams-")), "store");

describe.each(["memory", "disk", "none"])("streams in the store %s", (kind) => {
  const open = () => createScript({ store: kind === "disk" ? diskStore() : kind });

  test("[R3] generators, async generators, Node streams and Observables yield items; arrays and texts are plain values", async () => {
    const { p } = open();
    const kinds = {
      generator: p.stage("generator", function* () { yield 1; yield { two: 2 }; }), // prettier-ignore
      asyncGenerator: p.stage("asyncGenerator", async function* () { yield 1; yield { two: 2 }; }), // prettier-ignore
      readable: p.stage("readable", () => Readable.from([1, { two: 2 }])),
      observable: p.stage("observable", () => from([1, { two: 2 }])),
      promised: p.stage("promised", async () => (async function* () { yield 1; yield { two: 2 }; })()), // prettier-ignore
    };
    for (const stage of Object.values(kinds)) expect(await stage.toArray()).toEqual([1, { two: 2 }]);
    expect(await p.stage("array", () => [1, 2])()).toEqual([1, 2]);
    expect(await p.stage("text", () => "ab")()).toBe("ab");
    await expect(p.stage("plain", () => 5 as never).toArray()).rejects.toMatchObject({ code: "not-a-stream" });
  });

  test("[R6] a consumer reads the whole stream, as often as it likes, and may stop in between", async () => {
    const { p } = open();
    const numbers = p.stage("numbers", function* () {
      for (let n = 0; n < 50_000; n++) yield n;
    });
    const sums = p.stage("sums", { numbers }, async ({ numbers }) => {
      let [first, all] = [-1, 0];
      for await (const n of numbers) {
        first = n;
        break;
      }
      for await (const n of numbers) all += n;
      return [first, all, (await numbers.toArray()).length];
    });
    expect(await sums()).toEqual([0, 1_249_975_000, 50_000]);
  });

  test("[R9] a source that fails fails its stage, and nothing of it looks complete", async () => {
    const { p, log } = open();
    const broken = p.stage("broken", async function* () {
      yield 1;
      throw new Error("the line broke");
    });
    await expect(broken()).rejects.toMatchObject({ cause: { message: "the line broke" } });
    expect(log()).toEqual(["broken running", "broken failed"]);
    expect(await broken.history()).toEqual([]);
    await expect(broken.load()).rejects.toMatchObject({ code: "no-result" });
  });
});

test("[C6] [R3] a stored stream is streamed again from the store, and nothing runs", async () => {
  const store = diskStore();
  const define = ({ p }: ReturnType<typeof createScript>) =>
    p.stage("words", async function* () {
      for (let n = 0; n < 20_000; n++) yield { n, word: `word ${n}` };
    });
  await define(createScript({ store }))();
  const again = createScript({ store });
  const words = await define(again)();
  expect(again.log()).toEqual(["words cached"]);
  let count = 0;
  for await (const { n, word } of words) expect([n, word]).toEqual([count, `word ${count++}`]);
  expect(count).toBe(20_000);
});

test("[S8] the digest of a stream is over its items, whatever the chunks: equal items leave what is below fresh", async () => {
  const { p, log } = createScript();
  const define = (big: boolean, version: string) =>
    p.stage("items", function* () { yield "x".repeat(10); if (big) yield 2; }, { version }); // prettier-ignore
  const length = p.stage("length", { items: define(true, "1") }, async ({ items }) => (await items.toArray()).length);
  expect(await length()).toBe(2);
  define(true, "2");
  log();
  expect(await length()).toBe(2);
  expect(log()).toEqual(["items running", "items succeeded", "length unchanged"]);
  define(false, "3");
  expect(await length()).toBe(1);
});

test("[R10] a stream that is stopped asks its source for no more, and leaves nothing that looks complete", async () => {
  const { p, log } = createScript();
  const counts = p.stage("counts", async function* ({ signal }) {
    for (let n = 0; ; n++) {
      if (n === 100) setTimeout(() => running.cancel(), 0);
      if (signal.aborted && n > 100_000) throw new Error("asked for more after it was stopped");
      await new Promise((next) => setImmediate(next));
      yield n;
    }
  });
  const running = counts();
  await expect(running).rejects.toMatchObject({ code: "cancelled" });
  expect(log()).toEqual(["counts running", "counts cancelled"]);
  expect(await counts.history()).toEqual([]);
});

test("[Y1] an item that cannot be stored is refused with its position", async () => {
  const { p } = createScript();
  const bad = p.stage("bad", function* () {
    yield 1;
    yield { f: () => 1 };
  });
  await expect(bad()).rejects.toMatchObject({ code: "not-keyable", message: expect.stringContaining("item 1.f") as string }); // prettier-ignore
});

test("[O6] the items of an open stream are reported as progress", async () => {
  const { p, events } = createScript();
  await p.stage("numbers", function* () {
    for (let n = 0; n < 3; n++) yield n;
  })();
  expect(events.find((event) => event.type === "stage:progress")).toMatchObject({ stage: "numbers", total: null });
});
