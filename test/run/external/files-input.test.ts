/** The files of a folder or glob as an input: what makes the stage stale, what it receives, and what that costs. */
import { readFileSync, renameSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { basename, join } from "node:path";
import { createPipeline, file, files, type Digest, type FileHandle } from "stagebook";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { diffParts } from "../../../kernel-lib/src/key/diff";
import type { KeyPart } from "../../../kernel-lib/src/key/parts";
import type { MatchedFiles } from "../../../kernel-lib/src/run/external/matched-files";
import { InputDigests } from "../../../kernel-lib/src/run/plan/input-digests";
import type { Instance } from "../../../kernel-lib/src/run/state/instances";
import { createNotebookFolder, type NotebookFolder } from "../../rig/kernel/notebook-folder";
import { createScript } from "../script";

let folder: NotebookFolder;
beforeEach(() => {
  folder = createNotebookFolder({ "data/a.csv": "1", "data/b.csv": "2", "data/note.txt": "n" });
});
afterEach(() => folder.remove());

const at = (path: string): string => join(folder.path, path);
const csv = (): ReturnType<typeof files> => files(at("data/*.csv"));
const contents = async (sources: readonly FileHandle[]): Promise<readonly string[]> =>
  Promise.all(sources.map(async (source) => `${basename(source.path)}=${await source.text()}`));

describe("[S9] names and contents of all matching files count", () => {
  const edits: readonly (readonly [string, () => void, RegExp, readonly string[]])[] = [
    ["added", () => folder.write("data/c.csv", "3"), /^file .*data\/c\.csv is new$/, ["a.csv=1", "b.csv=2", "c.csv=3"]],
    ["removed", () => rmSync(at("data/a.csv")), /^file .*data\/a\.csv is gone$/, ["b.csv=2"]],
    ["renamed", () => renameSync(at("data/a.csv"), at("data/z.csv")), /^file .*data\/a\.csv was renamed to .*data\/z\.csv$/, ["b.csv=2", "z.csv=1"]],
    ["changed", () => folder.write("data/b.csv", "4"), /^file .*data\/b\.csv changed$/, ["a.csv=1", "b.csv=4"]],
    ["linked", () => symlinkSync("note.txt", at("data/l.csv")), /^file .*data\/l\.csv is new$/, ["a.csv=1", "b.csv=2", "l.csv=n"]],
  ]; // prettier-ignore
  test.each(edits)("a file is %s", async (_, edit, reason, after) => {
    const { p, log } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => contents(sources));
    expect(await s()).toEqual(["a.csv=1", "b.csv=2"]);
    edit();
    const { status, reasons } = await s.explain();
    expect([status, reasons]).toEqual(["stale", [expect.stringMatching(reason)]]);
    expect(await s()).toEqual(after);
    expect(log()).toEqual(["s running", "s succeeded", "s running", "s succeeded"]);
  });

  test("contents that two files swap are two changes", async () => {
    const { p } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => contents(sources));
    await s();
    folder.write("data/a.csv", "2");
    folder.write("data/b.csv", "1");
    expect((await s.explain()).reasons).toHaveLength(2);
    expect(await s()).toEqual(["a.csv=2", "b.csv=1"]);
  });

  test("of many changes some are named, and the number of the others", async () => {
    const { p } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => sources.length);
    await s();
    for (let nth = 0; nth < 20; nth++) folder.write(`data/n${String(nth).padStart(2, "0")}.csv`, "x");
    const { reasons } = await s.explain();
    expect(reasons).toHaveLength(6);
    expect(reasons[0]).toMatch(/n00\.csv is new/);
    expect(reasons[5]).toMatch(/^and 15 more files of .*data\/\*\.csv$/);
  });

  test("what does not match, or is only touched, changes nothing; an edit back is a hit", async () => {
    const { p, log } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => contents(sources));
    await s();
    folder.write("data/other.txt", "3");
    folder.write("data/sub/deep.csv", "3");
    utimesSync(at("data/a.csv"), new Date(), new Date());
    await s();
    folder.write("data/a.csv", "9");
    await s();
    folder.write("data/a.csv", "1");
    await s();
    expect(log()).toEqual(["s running", "s succeeded", "s cached", "s running", "s succeeded", "s cached"]);
  });

  test("a folder: all files in it, at any depth", async () => {
    const { p } = createScript();
    const s = p.stage("s", { sources: files(at("data")) }, ({ sources }) => contents(sources));
    expect(await s()).toEqual(["a.csv=1", "b.csv=2", "note.txt=n"]);
    folder.write("data/sub/deep.csv", "3");
    expect((await s.explain()).reasons.join()).toMatch(/data\/sub\/deep\.csv is new/);
    expect(await s()).toEqual(["a.csv=1", "b.csv=2", "note.txt=n", "deep.csv=3"]);
  });

  test("the same in a new process, from the store, and the reason still names the file", async () => {
    const open = (): ReturnType<typeof createPipeline> => createPipeline({ store: at("store"), notebook: "n" });
    const define = (p: ReturnType<typeof createPipeline>) =>
      p.stage("s", { sources: csv() }, ({ sources }) => contents(sources));
    await define(open())();
    const again = define(open());
    expect(await again.status()).toBe("fresh");
    folder.write("data/c.csv", "3");
    expect((await define(open()).explain()).reasons).toEqual([expect.stringMatching(/data\/c\.csv is new$/)]);
  });

  test("read by name in the code, without declaring it", async () => {
    const { p } = createScript();
    const sources = csv();
    const s = p.stage("s", () => sources.pattern.length);
    await s();
    folder.write("data/c.csv", "3");
    expect((await s.explain()).reasons).toEqual([expect.stringMatching(/data\/c\.csv is new$/)]);
  });

  test("a file that appears while the stage runs: the result is returned and not stored", async () => {
    const { p } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => {
      folder.write("data/meanwhile.csv", "5");
      return sources.length;
    });
    expect(await s()).toBe(2);
    expect((await s.explain()).reasons.join()).toMatch(/changed while it ran.*meanwhile\.csv is new/);
    expect(await s()).toBe(3);
    expect(await s.status()).toBe("fresh");
  });
});

describe("[D6] what the stage receives", () => {
  test("a new list of handles, sorted by path, each like that of file()", async () => {
    folder.write("data/B.csv", '{"n":1}\n{}');
    const { p } = createScript();
    const s = p.stage(
      "s",
      { sources: csv(), nested: { one: [files(at("data/B.csv"))] } },
      async ({ sources, nested }) => {
        const [first] = sources;
        const lines: string[] = [];
        for await (const line of first?.lines() ?? []) lines.push(line);
        return {
          paths: sources.map(({ path }) => path),
          lines,
          bytes: (await sources[1]?.bytes())?.length,
          json: await sources[1]?.json<number>(),
          same: sources.pop()?.path === nested.one[0]?.[0]?.path,
        };
      },
    );
    expect(await s()).toEqual({
      paths: ["B.csv", "a.csv", "b.csv"].map((name) => at(`data/${name}`)),
      lines: ['{"n":1}', "{}"],
      bytes: 1,
      json: 1,
      same: false,
    });
  });

  test("an empty list, with a warning that says why, if nothing matches", async () => {
    const { p, events } = createScript();
    const none = p.stage("none", { sources: files(at("data/*.cvs")) }, ({ sources }) => sources.length);
    const nowhere = p.stage("nowhere", { sources: files(at("dta/*.csv")) }, ({ sources }) => sources.length + 0);
    expect([await none(), await nowhere()]).toEqual([0, 0]);
    const warnings = events.flatMap((event) =>
      event.type === "log:written" && event.record.level === "warn" ? [event.record.message] : [],
    );
    expect(warnings).toEqual([
      expect.stringMatching(/^none: files\(".*data\/\*\.cvs"\) matches no file$/),
      expect.stringMatching(/^nowhere: files\(".*dta\/\*\.csv"\) matches no file: the folder .*\/dta does not exist$/),
    ]);
    folder.write("data/x.cvs", "1");
    expect(await none()).toBe(1);
  });

  test("a folder that cannot be read fails the stage", async () => {
    symlinkSync("loop", at("loop"));
    const { p } = createScript();
    const s = p.stage("s", { sources: files(at("loop/*.csv")) }, ({ sources }) => sources.length);
    await expect(s()).rejects.toMatchObject({ code: "files-unreadable" });
  });

  test.each([[""], [undefined], [["a"]], ["!data/*.csv"]])("files(%j) is refused", (pattern) => {
    expect(() => files(pattern as string)).toThrow(expect.objectContaining({ code: "files-pattern" }) as Error);
  });

  test("file() of a folder is refused, with the advice to use files()", async () => {
    const { p } = createScript();
    const s = p.stage("s", { data: file(at("data")) }, ({ data }) => data.path);
    await expect(s()).rejects.toMatchObject({ code: "file-folder", advice: expect.stringContaining(`files("${at("data")}")`) as string }); // prettier-ignore
  });

  test("exported inputs can be replayed without the files", async () => {
    folder.write("data/sub/c.csv", "3");
    const { p } = createScript();
    const s = p.stage("s", { sources: files(at("data/**/*.csv")) }, ({ sources }) => contents(sources));
    await s.exportInputs(at("exported"));
    rmSync(at("data"), { recursive: true });
    expect(await s.replay(at("exported"))).toEqual(["a.csv=1", "b.csv=2", "c.csv=3"]);
  });

  test("in a worker thread", async () => {
    const { p } = createScript();
    const s = p.stage("s", { sources: csv() }, async ({ sources }) => Promise.all(sources.map((one) => one.text())), { worker: true }); // prettier-ignore
    expect(await s()).toEqual(["1", "2"]);
    folder.write("data/c.csv", "3");
    expect(await s()).toEqual(["1", "2", "3"]);
  });
});

describe("[D6] each over files", () => {
  const lists: readonly (readonly [string, () => unknown])[] = [
    ["files()", csv],
    ["a list of file()", () => [file(at("data/a.csv")), file(at("data/b.csv"))]],
  ];
  describe.each(lists)("%s", (_, source) => {
    test.each([{}, { cacheItems: true }, { worker: true }, { worker: true, cacheItems: true }])(
      "%j",
      async (options) => {
        const { p } = createScript();
        const s = p.each("s", source() as FileHandle[], async (one: FileHandle) => [one.path.slice(-5), await one.text()].join("="), options); // prettier-ignore
        expect(await s.toArray()).toEqual(["a.csv=1", "b.csv=2"]);
        folder.write("data/b.csv", "3");
        expect(await s.toArray()).toEqual(["a.csv=1", "b.csv=3"]);
      },
    );
  });

  test("with cacheItems only files that are new or have changed are processed again", async () => {
    const { p } = createScript();
    const processed: string[] = [];
    const note = (name: string): unknown => processed.push(name);
    const s = p.each("s", csv(), async (one) => {
      const name = one.path.slice(-5);
      (globalThis as unknown as { note: typeof note }).note(name);
      return `${name} ${await one.text()}`;
    }, { cacheItems: true }); // prettier-ignore
    (globalThis as unknown as { note: typeof note }).note = note;
    await s.toArray();
    folder.write("data/b.csv", "3");
    folder.write("data/c.csv", "1");
    // Equal content under another name is another item: the function can read the name.
    expect(await s.toArray()).toEqual(["a.csv 1", "b.csv 3", "c.csv 1"]);
    expect(processed).toEqual(["a.csv", "b.csv", "b.csv", "c.csv"]);
  });

  test("the result of a file that changes while it is processed is not kept for its item", async () => {
    const { p } = createScript();
    const s = p.each("s", csv(), async (one) => {
      const path = one.path;
      if (path.endsWith("a.csv")) (globalThis as unknown as { edit(): void }).edit();
      return one.text();
    }, { cacheItems: true }); // prettier-ignore
    (globalThis as unknown as { edit(): void }).edit = () => folder.write("data/a.csv", "7");
    expect(await s.toArray()).toEqual(["7", "2"]);
    (globalThis as unknown as { edit(): void }).edit = () => undefined;
    folder.write("data/a.csv", "1");
    expect(await s.toArray()).toEqual(["1", "2"]);
  });
});

describe("[S9] many files", () => {
  const read = (): number => Number(/^rchar: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);

  test.skipIf(process.platform !== "linux")("a plan with nothing changed reads no content", async () => {
    const old = new Date(Date.now() - 60_000);
    for (let nth = 0; nth < 300; nth++) utimesSync(folder.write(`data/${nth}.csv`, "x".repeat(10_000)), old, old);
    const { p } = createScript();
    const s = p.stage("s", { sources: csv() }, ({ sources }) => sources.length);
    const first = read();
    await s();
    expect(read() - first).toBeGreaterThan(3_000_000);
    // Within two seconds after a change, time stamps do not tell.
    await expect.poll(async () => {
      const before = read();
      expect(await s.status()).toBe("fresh");
      return read() - before;
    }, { timeout: 10_000, interval: 500 }).toBeLessThan(100_000); // prettier-ignore
  });

  test("with more than 10,000 files the reason has their number only, and the key stays small", () => {
    const digests = new InputDigests({} as ConstructorParameters<typeof InputDigests>[0]);
    const part = (count: number): KeyPart => {
      const state = { digest: "0".repeat(64) as Digest, text: "1 B", sizeBytes: 1 };
      const list = Array.from({ length: count }, (_, nth) => ({ path: `data/${nth}.csv`, below: `${nth}.csv`, state }));
      const found: MatchedFiles = { digest: String(count) as Digest, text: `${count} files`, files: list };
      const outside = { files: new Map(), matched: new Map([["data/*.csv", found]]), computed: new Map() };
      const ref = { kind: "files", pattern: "data/*.csv" } as const;
      const digest = digests.digest({} as Instance, ref, "sources", outside, () => undefined);
      if (digest.state !== "known") throw new Error("the digest is not known");
      return digest;
    };
    expect(diffParts([part(9_999)], [part(10_000)])).toEqual([
      { kind: "file", name: "data/9999.csv", text: "file data/9999.csv is new" },
    ]);
    expect(part(10_001).members).toBeUndefined();
    expect(diffParts([part(10_000)], [part(10_001)])).toMatchObject([
      { kind: "file", text: "files data/*.csv: 10000 files → 10001 files" },
    ]);
  });
});
