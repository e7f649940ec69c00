/** Results by what their executions read: files, folders, variables, the time zone; in this thread, in others, and by item. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  existsSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createPipeline, file, type StagebookError } from "../../../kernel-lib/src/index";

let folder = "";
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "stagebook-reads-"))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (now?: () => number) => createPipeline({ store: join(folder, "store"), ...(now ? { now } : {}) });
type Pipeline = ReturnType<typeof open>;

const actions = async (p: Pipeline): Promise<readonly string[]> =>
  (await p.plan()).rows.map(({ stage, action }) => `${stage} ${action}`);
const at = (name: string): string => join(folder, name);

describe("[V9] what an execution read is part of its result", () => {
  test("a file: stale when it changes, current again when it is as before, also in another kernel", async () => {
    const define = (p: Pipeline) => {
      const path = at("a.txt");
      const text = p.stage("text", () => readFileSync(path, "utf8"));
      return { p, size: p.stage("size", { text }, ({ text }) => text.length) };
    };
    writeFileSync(at("a.txt"), "one");
    const { p, size } = define(open());
    expect(await size()).toBe(3);
    expect(await actions(p)).toEqual(["text fresh", "size fresh"]);
    writeFileSync(at("a.txt"), "three");
    expect(await actions(p)).toEqual(["text run", "size maybe"]);
    expect(String(await p.explain("text"))).toMatch(/a\.txt: 3 B → 5 B/);
    expect(await size()).toBe(5);
    writeFileSync(at("a.txt"), "one");
    expect(await actions(p)).toEqual(["text fresh", "size fresh"]);
    const other = define(open());
    expect(await actions(other.p)).toEqual(["text load", "size load"]);
    expect(await other.size()).toBe(3);
    rmSync(at("a.txt"));
    expect(await actions(other.p)).toEqual(["text run", "size maybe"]);
  });

  test("[V2] not what Stagebook itself looks at while items are executed: the file that their function is from", async () => {
    writeFileSync(at("functions.cjs"), "exports.square = (n) => n * n;");
    const { square } = createRequire(at("x.js"))("./functions.cjs") as { readonly square: (n: number) => number };
    const p = open();
    const n = p.param("n", 0);
    const numbers = p.stage("numbers", { n }, ({ n }) => [n, n + 1, n + 2]);
    const squares = p.each("squares", numbers, square, { cacheItems: true, workers: 2 });
    const sum = p.stage("sum", { squares }, async ({ squares }) => (await squares.toArray()).length);
    for (let turn = 0; turn < 12; turn++) {
      n.set(turn);
      expect(await sum()).toBe(3);
    }
    const heads = readdirSync(at("store/heads"), { recursive: true, encoding: "utf8" });
    expect(heads.filter((name) => name.includes("squares")).length).toBeGreaterThan(1);
    expect(heads.filter((name) => name.includes("reads"))).toEqual([]);
  });

  test.each([
    ["the names in a folder", (): unknown => readdirSync(at("d")).length, () => writeFileSync(at("d/new.txt"), "")],
    ["whether a file exists", () => existsSync(at("flag")), () => writeFileSync(at("flag"), "")],
    ["a file's size", () => statSync(at("d/x")).size, () => writeFileSync(at("d/x"), "longer")],
    ["an asynchronous read", async () => (await readFile(at("d/x"))).length, () => writeFileSync(at("d/x"), "longer")],
    ["a variable by a computed name", () => process.env[["STAGEBOOK", "TRIED"].join("_")] ?? "", () => void (process.env.STAGEBOOK_TRIED = "2")], // prettier-ignore
    ["the time zone", () => new Date(0).getHours(), () => void (process.env.TZ = "Asia/Tokyo")],
  ] satisfies readonly (readonly [string, () => unknown, () => void])[])("%s", async (_title, read, change) => {
    mkdirSync(at("d"));
    writeFileSync(at("d/x"), "1");
    process.env.STAGEBOOK_TRIED = "1";
    const zone = process.env.TZ;
    process.env.TZ = "Europe/Berlin";
    try {
      const p = open();
      const stage = p.stage("s", () => read());
      const before = await stage();
      expect(await actions(p)).toEqual(["s fresh"]);
      change();
      expect(await actions(p)).toEqual(["s run"]);
      expect((await stage.explain()).causes[0]?.kind).toBe("read");
      expect(await stage()).not.toEqual(before);
      expect(await actions(p)).toEqual(["s fresh"]);
    } finally {
      delete process.env.STAGEBOOK_TRIED;
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test("which file is read depends on another: each state of both has its own result", async () => {
    writeFileSync(at("list"), "x");
    writeFileSync(at("x"), "1");
    writeFileSync(at("y"), "22");
    const p = open();
    const s = p.stage("s", () => readFileSync(at(readFileSync(at("list"), "utf8")), "utf8"));
    expect(await s()).toBe("1");
    writeFileSync(at("list"), "y");
    expect(await s()).toBe("22");
    writeFileSync(at("x"), "changed");
    expect(await actions(p)).toEqual(["s fresh"]);
    writeFileSync(at("list"), "x");
    expect(await s()).toBe("changed");
    writeFileSync(at("x"), "1");
    expect(await actions(p)).toEqual(["s fresh"]);
    expect(await s()).toBe("1");
  });

  test("in a worker thread", async () => {
    writeFileSync(at("a.txt"), "one");
    const p = open();
    const path = at("a.txt");
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- captured modules of the test are vite's
    const s = p.stage("s", { path }, ({ path }) => (require("node:fs") as { readFileSync: typeof readFileSync }).readFileSync(path, "utf8"), { worker: true }); // prettier-ignore
    expect(await s()).toBe("one");
    expect(await actions(p)).toEqual(["s fresh"]);
    writeFileSync(at("a.txt"), "three");
    expect(await actions(p)).toEqual(["s run"]);
    expect(await s()).toBe("three");
  });

  test("items of an each that are stored one by one: only the item whose file has changed runs again", async () => {
    for (const name of ["a", "b"]) writeFileSync(at(name), name);
    const p = open();
    const ran: string[] = [];
    p.events$.subscribe((event) => event.type === "log:written" && ran.push(event.record.message));
    const s = p.each("s", ["a", "b"], (name, { log }) => (log.info(`read ${name}`), readFileSync(at(name), "utf8")), {
      cacheItems: true,
    });
    expect(await s.toArray()).toEqual(["a", "b"]);
    writeFileSync(at("b"), "B");
    expect(await actions(p)).toEqual(["s run"]);
    expect(await s.toArray()).toEqual(["a", "B"]);
    expect(ran.filter((line) => line.startsWith("read"))).toEqual(["read a", "read b", "read b"]);
    writeFileSync(at("a"), "A");
    expect(await s.toArray()).toEqual(["A", "B"]);
    expect(ran.filter((line) => line.startsWith("read"))).toHaveLength(4);
  });

  test("a failure is retried when a file that it read changes", async () => {
    writeFileSync(at("a.json"), "{");
    const p = open();
    const s = p.stage("s", () => JSON.parse(readFileSync(at("a.json"), "utf8")) as unknown);
    await expect(s()).rejects.toMatchObject({ code: "stage-failed" } satisfies Partial<StagebookError>);
    expect(await s.status()).toBe("failed");
    writeFileSync(at("a.json"), "{}");
    expect(await s.status()).not.toBe("failed");
    expect(await s()).toEqual({});
  });

  test("a file that changes while it is read: the value is returned and not stored", async () => {
    writeFileSync(at("a.txt"), "one");
    const p = open();
    const s = p.stage("s", async ({ log }) => {
      const text = readFileSync(at("a.txt"), "utf8");
      log.info("read");
      await new Promise((resolve) => setTimeout(resolve, 50));
      return text;
    });
    let changes = 0;
    p.events$.subscribe((event) => {
      if (event.type === "log:written" && event.record.message === "read" && changes++ === 0)
        writeFileSync(at("a.txt"), "changed");
    });
    expect(await s()).toBe("one");
    expect(await actions(p)).toEqual(["s run"]);
    expect(await s()).toBe("changed");
    expect(await actions(p)).toEqual(["s fresh"]);
  });

  test("a declared file counts once", async () => {
    writeFileSync(at("a.txt"), "one");
    const p = open();
    const s = p.stage("s", { a: file(at("a.txt")) }, ({ a }) => readFileSync(a.path, "utf8"));
    await s();
    writeFileSync(at("a.txt"), "two");
    expect((await s.explain()).reasons).toHaveLength(1);
    expect((await s.explain()).causes[0]?.kind).toBe("file");
  });
});

describe("[V10] results that are not repeatable", () => {
  test("[V8] are kept, and named wherever the stage is described", async () => {
    const p = open();
    const logged: string[] = [];
    p.events$.subscribe((event) => event.type === "log:written" && logged.push(event.record.message));
    const s = p.stage("s", () => Math.random());
    const first = await s();
    expect(await s()).toBe(first);
    expect((await p.plan()).rows[0]?.notRepeatable?.[0]).toMatch(/Math\.random\(\)/);
    const explained = await s.explain();
    expect(explained.caveats[0]).toMatch(/^not repeatable: Math\.random\(\)/);
    expect(String(explained)).toContain("not repeatable");
    await expect.poll(() => logged.filter((line) => line.includes("s is not repeatable"))).toHaveLength(1);
  });

  test("accepted: no mark", async () => {
    const p = open();
    await p.stage("s", () => Math.random(), { volatile: "accept" })();
    expect((await p.plan()).rows[0]?.notRepeatable).toBeUndefined();
    expect((await p.explain("s")).caveats).toEqual([]);
  });

  test("with a seed Math.random repeats, in a thread too, and another seed gives other numbers", async () => {
    const p = open();
    const draw = async (name: string, seed: number, worker: boolean): Promise<unknown> =>
      p.stage(name, () => [Math.random(), Math.random()], { seed, worker, cache: false, version: "1" })();
    const [a, b, c, d] = [
      await draw("s", 1, false),
      await draw("s", 1, false),
      await draw("s", 1, true),
      await draw("s", 2, false),
    ];
    expect(b).toEqual(a);
    expect(c).toEqual(a);
    expect(d).not.toEqual(a);
    const kept = p.stage("kept", () => Math.random(), { seed: 3 });
    await kept();
    expect((await kept.explain()).caveats).toEqual([]);
  });

  test("a result that is older than maxAge is stale, and computed once more", async () => {
    let now = 1_000_000;
    let runs = 0;
    const p = open(() => now);
    p.events$.subscribe((event) => event.type === "stage:running" && runs++);
    const s = p.stage("s", () => 1, { maxAge: "1 h" });
    const below = p.stage("below", { s }, ({ s }) => s + 1);
    await below();
    now += 3_599_000;
    expect(await s.status()).toBe("fresh");
    now += 2000;
    expect(await s.status()).toBe("stale");
    expect((await s.explain()).causes[0]).toMatchObject({
      kind: "expired",
      text: expect.stringMatching(/^its result is older than 1 h/) as string,
    });
    expect(await below()).toBe(2);
    expect(runs).toBe(3);
    expect(await s.status()).toBe("fresh");
  });

  test.each([["1 hour ago"], [0], [-1], ["h"], [true]])("maxAge %j is refused", (maxAge) => {
    expect(() => open().stage("s", () => 1, { maxAge: maxAge as string })).toThrow(/maxAge/);
  });
});
